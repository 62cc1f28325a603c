// Tells V8 to optimise JavaScript later. A check runs a second's worth of it, most of it once: optimising as early as the V8 of Node 20 does takes both
// processors for longer than it saves (docs/decisions.md). Later ones wait by themselves and do not know the flag. What runs long is WebAssembly, and not concerned.
import { setFlagsFromString } from "node:v8";

if (process.versions.v8.startsWith("11.")) setFlagsFromString("--interrupt-budget=500000");
