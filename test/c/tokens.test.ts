/** C text as tokens: nothing of it is lost, and any text is taken. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { tokenCovering, tokensOf } from "../../src/c/tokens.ts";

const words = (text: string): string[] => tokensOf(text).map((t) => t.text);

it("leaves out comments and keeps strings and characters whole", () => {
  expect(words(`a /* b "c" */ + "d /* e */ \\" f" // g 'h\n'\\'' i`)).toEqual(["a", "+", `"d /* e */ \\" f"`, `'\\''`, "i"]);
});

it("makes a directive one token, with its continuation lines and the comments in it", () => {
  const tokens = tokensOf(`#define F(x) \\\n\tg(x) /* over\nlines */ h\nint a;\n  # if 0\nx # y`);
  expect(tokens.map((t) => [t.kind, t.line])).toEqual([
    ["directive", 1],
    ["identifier", 4],
    ["identifier", 4],
    ["punctuator", 4],
    ["directive", 5],
    ["identifier", 6],
    ["punctuator", 6],
    ["identifier", 6],
  ]);
});

it("does not take an apostrophe of an #error for a character", () => {
  expect(words(`#error don't\nint b;`)).toEqual(["#error don't", "int", "b", ";"]);
});

it("takes the longest punctuator, and numbers with signs in them", () => {
  expect(words("a->b+++c<<=0x1fUL+1.5e-3...")).toEqual(["a", "->", "b", "++", "+", "c", "<<=", "0x1fUL", "+", "1.5e-3..."]);
});

it("counts lines behind spliced lines, strings and comments", () => {
  expect(tokensOf(`"a\\\nb" /*\n*/ c // d\\\n e\nf`).map((t) => [t.text.at(-1), t.line])).toEqual([
    [`"`, 1],
    ["c", 3],
    ["f", 5],
  ]);
});

it("takes any text: tokens do not overlap, each is what stands there, and lines are right", () => {
  const piece = fc.constantFrom(
    "a",
    " ",
    "\n",
    "\\\n",
    '"',
    "'",
    "/*",
    "*/",
    "//",
    "#",
    "#define X(y) ",
    "{",
    "}",
    "(",
    ")",
    "0x1",
    "->",
    "é",
    "\r\n",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join("");
      let before = 0;
      for (const token of tokensOf(text)) {
        expect(token.at).toBeGreaterThanOrEqual(before);
        expect(token.end).toBeGreaterThan(token.at);
        expect(text.slice(token.at, token.end)).toBe(token.text);
        expect(token.line).toBe(text.slice(0, token.at).split("\n").length);
        before = token.end;
      }
    }),
    { numRuns: 2000 },
  );
});

it("finds the token that covers a place", () => {
  const tokens = tokensOf("ab /* c */ de");
  expect([0, 1, 2, 5, 11, 12, 13].map((at) => tokenCovering(tokens, at))).toEqual([0, 0, undefined, undefined, 1, 1, undefined]);
});
