// `npm test`, `npm run test:quick` and `npm run test:trees`: installs and builds if needed, then runs the tests; arguments go to vitest.

import { join } from "node:path";
import { prepare, root, run } from "./prepare.js";

prepare();
process.exit(run(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), "run", ...process.argv.slice(2)], { allow: [0, 1] }));
