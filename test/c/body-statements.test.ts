/** Statements of a body: kinds, ranges, and what is inside what. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { listsOf, type Statement, statementsIn } from "../../src/c/body-statements.ts";
import { outlineOf } from "../../src/c/outline.ts";

function parsed(body: string): { text: string; statements: Statement[]; said: (one: Statement) => string } {
  const text = `void f(void)\n{\n${body}\n}`;
  const { tokens, functions } = outlineOf(text);
  const f = functions[0]!;
  return {
    text,
    statements: statementsIn(f.code, f.from, f.to),
    said: (one) => text.slice(tokens[one.from]!.at, tokens[one.to - 1]!.end).replace(/\s+/g, " "),
  };
}

const kinds = (body: string): string[] => parsed(body).statements.map((s) => s.kind);

it("tells calls, stores, declarations and jumps apart", () => {
  expect(kinds("f(a); x->a = 1; y++; struct s *p = f(); pte_t pte; a_t *q, r; return 1; goto out; ; out: break;")).toEqual([
    "call",
    "store",
    "store",
    "declaration",
    "declaration",
    "declaration",
    "return",
    "jump",
    "empty",
    "label",
    "jump",
  ]);
});

it("keeps if and else together, and loops with their bodies, of macros too", () => {
  const { statements, said } = parsed(
    "if (a) b(); else if (c) { d(); } else e(); list_for_each_entry(p, &l, n) { f(p); } do g(); while (h); for (;;) i();",
  );
  expect(statements.map((s) => s.kind)).toEqual(["if", "loop", "loop", "loop"]);
  expect(said(statements[0]!)).toBe("if (a) b(); else if (c) { d(); } else e();");
  expect(said(statements[1]!)).toBe("list_for_each_entry(p, &l, n) { f(p); }");
  expect(said(statements[2]!)).toBe("do g(); while (h);");
  const calls = [...listsOf(statements)].flat().filter((s) => s.kind === "call");
  expect(calls.map(said)).toEqual(["b();", "d();", "e();", "f(p);", "g();", "i();"]);
});

it("has the conditions of if, while and do, and none of for and switch", () => {
  const { statements, text } = parsed(
    "if (a && b) c(); while (d) e(); do f(); while (g); for (h; i; j) k(); switch (l) { case 1: m(); break; }",
  );
  const { tokens } = outlineOf(text);
  const said = statements.map(({ condition }) =>
    condition === undefined
      ? ""
      : tokens
          .slice(...condition)
          .map((t) => t.text)
          .join(" "),
  );
  expect(said).toEqual(["a && b", "d", "g", "", ""]);
});

it("marks what has a directive in it or before it", () => {
  const { statements } = parsed("a();\n#ifdef X\nb();\n#endif\nc();\nif (d) {\n#ifdef Y\ne();\n#endif\n}");
  expect(statements.map((s) => [s.kind, s.directive])).toEqual([
    ["call", false],
    ["call", true],
    ["call", true],
    ["if", true],
  ]);
});

it("takes any body: statements follow each other and lie in it", () => {
  const piece = fc.constantFrom(
    "if",
    "(",
    ")",
    "{",
    "}",
    ";",
    "else",
    "do",
    "while",
    "x",
    "=",
    "f(x);",
    "case 1:",
    "return",
    "#if A\n",
    "#endif\n",
    "*",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const { functions } = outlineOf(`void f(void)\n{\n${pieces.join(" ")}\n}`);
      for (const f of functions.filter((one) => !one.isMacro)) {
        for (const list of listsOf(statementsIn(f.code, f.from, f.to))) {
          let before = 0;
          for (const one of list) {
            expect(one.from).toBeGreaterThanOrEqual(before);
            expect(one.to).toBeGreaterThanOrEqual(one.from);
            expect(one.to).toBeLessThanOrEqual(f.code.tokens.length);
            before = one.to;
          }
        }
      }
    }),
    { numRuns: 2000 },
  );
});

it("takes a body that is nested as deeply as a file is long", () => {
  const n = 20_000;
  for (const body of [`${"{".repeat(n)}${"}".repeat(n)}`, "if (x) ".repeat(n), "do ".repeat(n), "f(x) ".repeat(n)]) {
    expect(() => parsed(body)).not.toThrow();
  }
});
