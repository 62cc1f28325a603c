/** The script of pages by themselves, as one classic script without imports: dist/page/viewer.js. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  logLevel: "warn",
  publicDir: false,
  build: {
    target: "es2022",
    outDir: fileURLToPath(new URL("../dist/page", import.meta.url)),
    emptyOutDir: false,
    lib: { entry: "viewer-alone.ts", formats: ["iife"], name: "shootdownViewer", fileName: () => "viewer.js" },
  },
});
