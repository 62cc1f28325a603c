/** What the search in WebAssembly exports to its host (search-globals.ts says what each is). */
import type { WasmGlobal } from "../wasm/web-assembly.ts";

export interface SearchExports {
  readonly "search.start": (waiting: number) => void;
  readonly "search.run": (transitions: number) => number;
  readonly "search.push": (last: number, preemptions: number, waiting: number, key: bigint) => void;
  readonly arenaEnd: WasmGlobal<number>;
  readonly "search.top": WasmGlobal<number>;
  readonly "search.states": WasmGlobal<number>;
  readonly "search.transitions": WasmGlobal<bigint>;
  readonly "search.deepest": WasmGlobal<number>;
  readonly "search.assumed": WasmGlobal<number>;
  readonly "search.ended": WasmGlobal<number>;
  readonly "search.cut": WasmGlobal<number>;
  readonly "search.limit": WasmGlobal<number>;
  readonly "search.maxStates": WasmGlobal<number>;
  readonly "search.pending": WasmGlobal<number>;
  readonly "search.threads": WasmGlobal<number>;
  readonly "search.workers": WasmGlobal<number>;
  readonly "search.inFinal": WasmGlobal<number>;
  readonly "search.visitor": WasmGlobal<number>;
  readonly "search.looked": WasmGlobal<number>;
}
