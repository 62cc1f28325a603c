#!/usr/bin/env node
// The command, as far as any Node can read it: an old one is told which is needed, in words. What runs is in command.js.

var version = process.versions.node.split(".").map(Number);
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  process.stderr.write("shootdown needs Node 20.19 or newer; this is " + process.versions.node + "\n");
  process.exit(70);
} else {
  // biome-ignore lint/security/noGlobalEval: Node 8 and older cannot even parse a dynamic import
  eval('import("./command.js")');
}
