/** `npm run test:trees`: the kernel's own code, from the trees that SHOOTDOWN_TREE_6_1 and SHOOTDOWN_TREE_6_12 name. */
import { defineConfig } from "vitest/config";
import whole from "./vitest.config.ts";

export default defineConfig({ test: { ...whole.test, include: ["test/**/*.tree.test.ts"], exclude: [] } });
