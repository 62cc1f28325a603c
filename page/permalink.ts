/**
 * A permalink: what is checked, in the fragment of the address, which no browser sends to a server.
 *
 * `#s=pmd-sharing&v=0` is a scenario of the list and one of its variants, `#s=invalidate&o=-DUSER=gru`
 * one with other options. `#c=...` is the reader's own C and options, compressed.
 */
import { optionedLink } from "../src/site/site-data.ts";

export type Link =
  | { readonly kind: "shipped"; readonly id: string; readonly variant: number }
  | { readonly kind: "optioned"; readonly id: string; readonly options: string }
  | { readonly kind: "own"; readonly id: string; readonly text: string; readonly options: string };

/** Longer links are cut by some programs, and what is longer is no scenario. */
const LONGEST = 200_000;

export async function linkText(link: Link): Promise<string> {
  switch (link.kind) {
    case "shipped":
      return `#s=${encodeURIComponent(link.id)}&v=${link.variant}`;
    case "optioned":
      return optionedLink(link.id, link.options);
    case "own":
      return `#c=${await packed(JSON.stringify([link.id, link.text, link.options]))}`;
  }
}

/** Undefined: the fragment is empty. Throws an Error in words if it is broken. */
export async function linkFrom(fragment: string): Promise<Link | undefined> {
  const fields = new URLSearchParams(fragment.replace(/^#/, ""));
  const own = fields.get("c");
  if (own !== null) return ownLink(own);
  const id = fields.get("s");
  if (id === null) return undefined;
  const options = fields.get("o");
  if (options !== null) return { kind: "optioned", id, options };
  const variant = Number(fields.get("v") ?? "0");
  if (!Number.isSafeInteger(variant) || variant < 0) throw new Error("the link names no variant of a scenario");
  return { kind: "shipped", id, variant };
}

async function ownLink(text: string): Promise<Link> {
  const broken = new Error("the link is broken: it was cut, or changed on its way");
  const parsed: unknown = await unpacked(text)
    .then((json): unknown => JSON.parse(json))
    .catch(() => {
      throw broken;
    });
  if (!Array.isArray(parsed) || parsed.length !== 3) throw broken;
  const [id, source, options]: unknown[] = parsed;
  if (typeof id !== "string" || typeof source !== "string" || typeof options !== "string") throw broken;
  return { kind: "own", id, text: source, options };
}

async function packed(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

async function unpacked(text: string): Promise<string> {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let found = "";
  // A few bytes may unpack to more than a tab holds.
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    found += decoder.decode(read.value, { stream: true });
    if (found.length > LONGEST) throw new Error("too long");
  }
  return found + decoder.decode();
}
