/** Who defines what a callback reaches. */
import { expect, it } from "vitest";
import { reachedBy } from "../../src/harness/reached-by.ts";
import { parseModule } from "../../src/ir/read/parse.ts";

const unit = (source: string, text: string) => ({ source, module: parseModule(text, source) });

const UNITS = [
  unit(
    "driver.c",
    `
define internal void @callback() {
  call void @helper()
  call void @kept()
  ret void
}
define internal void @helper() {
  call void @gone()
  ret void
}
define void @elsewhere() {
  ret void
}
declare void @kept()
declare void @gone()
`,
  ),
  unit(
    "tree.c",
    "define weak void @kept() {\n  ret void\n}\ndefine internal void @helper() {\n  call void @elsewhere()\n  ret void\n}\ndeclare void @elsewhere()\n",
  ),
  unit("runtime.c", "define void @kept() {\n  ret void\n}\n"),
  unit("stand-ins.ll", "define void @gone() {\n  unreachable\n}\n"),
];

it("follows calls and mentions to the definition that is linked", () => {
  const reached = reachedBy("callback", UNITS, ({ source }) =>
    source === "driver.c" ? "driver" : source === "tree.c" ? "tree" : source === "runtime.c" ? "runtime" : "nobody",
  );
  expect(Object.fromEntries(reached.map(({ name, owner }) => [name, owner]))).toEqual({
    callback: "driver",
    helper: "driver",
    kept: "runtime",
    gone: "nobody",
  });
  expect(reachedBy("absent", UNITS, () => "tree")).toEqual([]);
});
