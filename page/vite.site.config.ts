/** The page as static files that lie anywhere: dist/web. Its data is made by `dist/site/precompile-site.js`. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  logLevel: "warn",
  publicDir: false,
  worker: { format: "es" },
  build: {
    target: "es2022",
    outDir: fileURLToPath(new URL("../dist/web", import.meta.url)),
    emptyOutDir: true,
    // No inline script: the content security policy allows none.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
});
