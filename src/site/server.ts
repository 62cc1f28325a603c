/**
 * Gives the page to a browser on this machine, and to nobody else: it listens on 127.0.0.1, answers
 * only requests that name this machine as their host (so that a page from elsewhere cannot reach it
 * by a name of its own), and gives the files that were there when it began.
 *
 * The headers isolate the page, and allow it its own scripts, WebAssembly and workers, nothing else.
 */
import { createReadStream, existsSync, readdirSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { fault } from "../base/diagnostics.ts";
import { packageRoot } from "../host/paths.ts";

const HOST = "127.0.0.1";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

const HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
};

/** Names of what these paths hold change with it, or hold for one version of the package. */
const LASTING = /^\/(?:assets|data\/[0-9a-f]+\.gzip|clang)/;

export interface Serving {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** `port` 0: any that is free. `page`: the folder that the page was built into. */
export async function serveSite(port: number, page: string = join(packageRoot, "dist/web")): Promise<Serving> {
  const files = filesBelow(page, "/");
  for (const [path, file] of filesBelow(clangDir(), "/clang/")) files.set(path, file);
  const index = files.get("/index.html");
  if (index === undefined || !files.has("/data/site.json"))
    throw fault({ code: "SD406", message: "the page is not there", help: "in a checkout, `npm run site` builds it" });
  files.set("/", index);
  const server = createServer((request, response) => answer(request, response, files, portOf(server)));
  await listening(server, port);
  return {
    url: `http://localhost:${portOf(server)}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The package with clang; without it what is edited cannot be compiled, and all else works. */
function clangDir(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve("@yowasp/clang"));
  } catch {
    return "";
  }
}

function filesBelow(dir: string, prefix: string): Map<string, string> {
  const found = new Map<string, string>();
  if (dir === "" || !existsSync(dir)) return found;
  for (const name of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
    const file = join(dir, name);
    if (statSync(file).isFile()) found.set(`${prefix}${name.replaceAll("\\", "/")}`, file);
  }
  return found;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "it is taken" : error.code === "EACCES" ? "it may not be used" : error.message;
      reject(fault({ code: "SD406", message: `port ${port} cannot be listened on: ${why}`, help: "name another one with --port" }));
    });
    server.listen(port, HOST, resolve);
  });
}

function answer(request: IncomingMessage, response: ServerResponse, files: ReadonlyMap<string, string>, port: number): void {
  const refuse = (status: number, text: string): void => {
    response.writeHead(status, { ...HEADERS, "Content-Type": "text/plain; charset=utf-8" }).end(`${text}\n`);
  };
  const hosts = ["localhost", HOST].map((host) => `${host}:${port}`);
  if (!hosts.includes(request.headers.host ?? "")) return refuse(421, "this is not the host that was asked for");
  if (request.method !== "GET" && request.method !== "HEAD") return refuse(405, "only GET and HEAD");
  const path = (request.url ?? "/").replace(/[?#].*$/s, "");
  const file = files.get(path);
  if (file === undefined) return refuse(404, "no such file");
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) return refuse(404, "the file is gone");
  response.writeHead(200, {
    ...HEADERS,
    "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
    "Content-Length": size,
    "Cache-Control": LASTING.test(path) ? "private, max-age=31536000, immutable" : "no-cache",
  });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  // A reader that goes away is no fault.
  createReadStream(file)
    .on("error", () => response.destroy())
    .pipe(response);
}
