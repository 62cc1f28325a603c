/**
 * clang in the browser: the package @yowasp/clang, which lies beside the page and is fetched when it
 * is first needed (a hundred megabytes; the browser keeps it). Files are given, none is read.
 */
import { ROOT } from "../src/site/site-data.ts";
import type { CompileRequest, FromCompiler } from "./messages.ts";

type Tree = { [name: string]: Tree | string };

interface Clang {
  readonly commands: {
    readonly clang: (
      args: readonly string[] | undefined,
      files: Tree,
      options: {
        stdout?: (bytes: Uint8Array | null) => void;
        stderr?: (bytes: Uint8Array | null) => void;
        decodeASCII?: boolean;
        fetchProgress?: (event: { doneLength: number; totalLength: number }) => void;
      },
    ) => Promise<unknown>;
  };
  readonly Exit: abstract new () => Error;
}

const say = (message: FromCompiler): void => postMessage(message);
let loading: Promise<Clang> | undefined;

addEventListener("message", ({ data }: MessageEvent<CompileRequest>) => void compile(data));

async function load(): Promise<Clang> {
  const url = new URL("../clang/bundle.js", location.href).href;
  const clang = (await import(/* @vite-ignore */ url)) as Clang;
  await clang.commands.clang(
    undefined,
    {},
    { fetchProgress: ({ doneLength: done, totalLength: total }) => say({ say: "loading", done, total }) },
  );
  return clang;
}

async function compile({ id, files, source, args }: CompileRequest): Promise<void> {
  try {
    loading ??= load();
    const { commands, Exit } = await loading;
    const ir = collector();
    const errors = collector();
    const end = (ok: boolean): void => say({ say: "compiled", id, ok, ir: ir.text(), stderr: errors.text() });
    try {
      await commands.clang([...args, "-o", "-", `${ROOT}/${source}`], treeOf(files), {
        stdout: ir.add,
        stderr: errors.add,
        decodeASCII: false,
      });
      end(true);
    } catch (error) {
      if (!(error instanceof Exit)) throw error;
      end(false);
    }
  } catch (error) {
    // What could not be loaded may be there the next time.
    loading = undefined;
    say({ say: "failed", id, message: error instanceof Error ? error.message : String(error) });
  }
}

function treeOf(files: Readonly<Record<string, string>>): Tree {
  const root: Tree = {};
  for (const [path, text] of Object.entries(files)) {
    const parts = `${ROOT}/${path}`.split("/").filter((part) => part !== "");
    const name = parts.pop() ?? "";
    let folder = root;
    for (const part of parts) {
      const below = folder[part];
      const next: Tree = typeof below === "object" ? below : {};
      folder[part] = next;
      folder = next;
    }
    folder[name] = text;
  }
  return root;
}

function collector(): { readonly add: (bytes: Uint8Array | null) => void; readonly text: () => string } {
  const decoder = new TextDecoder();
  let text = "";
  return {
    // The bytes are a view of memory that the next write reuses.
    add: (bytes) => {
      if (bytes !== null) text += decoder.decode(bytes, { stream: true });
    },
    text: () => text + decoder.decode(),
  };
}
