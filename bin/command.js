// The command on a Node that is new enough. Whatever goes wrong on the way, the exit status is never one that reads as a verdict.

import "./v8.js";

const INTERNAL = 70;

process.on("uncaughtException", (error) => {
  process.stderr.write(`shootdown: internal error, sorry: this is a fault of shootdown, not of your input.\n${error?.stack ?? error}\n`);
  process.exit(INTERNAL);
});

let supervise;
try {
  ({ supervise } = await import("../dist/cli/supervise.js"));
} catch (error) {
  process.stderr.write(`shootdown: cannot start: ${error.message}\nIn a checkout, run \`npm ci\` and \`npm run build\` first.\n`);
  process.exit(INTERNAL);
}
process.exit(await supervise(process.argv.slice(2)));
