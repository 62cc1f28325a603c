/** Files that are made for clang: several processes at a time, and none sees a part of one. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, expect, it } from "vitest";
import { generatedFile } from "../../src/host/generated-file.ts";

const dir = mkdtempSync(join(tmpdir(), "shootdown-generated-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it("is not written again as it is, and mended if it was damaged", () => {
  const path = generatedFile(join(dir, "a/b.h"), "text\n");
  utimesSync(path, 1, 1);
  expect(generatedFile(path, "text\n")).toBe(path);
  expect(statSync(path).mtimeMs).toBe(1000);
  writeFileSync(path, "te");
  generatedFile(path, "text\n");
  expect(readFileSync(path, "utf8")).toBe("text\n");
  expect(readdirSync(join(dir, "a"))).toEqual(["b.h"]);
});

it("is whole for whoever reads while others write", async () => {
  const path = join(dir, "large.h");
  const text = "x".repeat(1_000_000);
  const seen = new SharedArrayBuffer(4);
  const parts = new Int32Array(seen);
  // A reader beside the writer: no length but that of nothing and of all.
  const reader = new Worker(
    `const { workerData: [path, seen] } = require("node:worker_threads"); const { readFileSync } = require("node:fs");
     const parts = new Int32Array(seen); const end = Date.now() + 500;
     while (Date.now() < end) { try { if (readFileSync(path).length !== 1000000) Atomics.add(parts, 0, 1); } catch {} }`,
    { eval: true, workerData: [path, seen] },
  );
  const over = new Promise((resolve) => reader.once("exit", resolve));
  let ended = false;
  void over.then(() => {
    ended = true;
  });
  while (!ended) {
    rmSync(path, { force: true });
    for (let i = 0; i < 5; i++) generatedFile(path, text);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(Atomics.load(parts, 0)).toBe(0);
});
