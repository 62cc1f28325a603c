#!/usr/bin/env node
// The command, as far as any Node can read it: an old one is told which is needed, in words. What runs is in command.js.

var version = process.versions.node.split(".").map(Number);
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  process.stderr.write("shootdown needs Node 20.19 or newer; this is " + process.versions.node + "\n");
  process.exit(70);
} else {
  // Until whoever obeys them better is loaded (dist/cli/supervise.js).
  ["SIGINT", "SIGTERM", "SIGHUP"].forEach((signal) => {
    process.on(signal, () => {
      process.stderr.write("shootdown: stopped by the user, before anything was decided\n");
      process.exit(3);
    });
  });
  // biome-ignore lint/security/noGlobalEval: Node 8 and older cannot even parse a dynamic import
  eval('import("./command.js")');
}
