// Tells V8 to optimise later, as a check runs a second's worth of code, most of it once.
// JavaScript: the V8 of Node 20 optimises it so early that both processors work for longer than that saves; later ones wait by themselves and do not know the flag.
// WebAssembly: what V8 is still optimising when the check is over, the process waits for: half a second with a kernel tree's functions. What runs long is optimised a
// tenth of a second later (docs/decisions.md).
import { setFlagsFromString } from "node:v8";

setFlagsFromString("--wasm-tiering-budget=20000000");
if (process.versions.v8.startsWith("11.")) setFlagsFromString("--interrupt-budget=500000");
