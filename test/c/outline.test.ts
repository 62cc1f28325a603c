/** Functions, macros and brackets of C text, where a preprocessor would have chosen. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conditionsAt } from "../../src/c/brackets.ts";
import { argumentsOf, callsIn, countedIn, textOfRange } from "../../src/c/expressions-in.ts";
import { functionAt, outlineOf } from "../../src/c/outline.ts";

const named = (text: string): [string, number][] => outlineOf(text).functions.map((f) => [f.name, f.line]);

describe("functions", () => {
  it("are found behind attributes, in front of them, and over lines", () => {
    const text = `
static __always_inline int __attribute__((noinline))
first(struct a *a, int (*f)(int))
	__acquires(&lock) __releases(x)
{ return f(1); }
SYSCALL_DEFINE2(second, int, a, int, b) { }
struct s { int (*member)(void); } object = { .member = third };
int declared(void);
enum { A = (1) };
void last(void) { if (x) { y(); } }
`;
    expect(named(text)).toEqual([
      ["first", 3],
      ["SYSCALL_DEFINE2", 6],
      ["last", 10],
    ]);
  });

  it("are both there where branches of an #if define one each, and share a body that follows", () => {
    const text = `
#ifdef A
int f(int a)
{
	one();
#else
int f(void)
{
	two();
#endif
	three();
}
int g(void) { }
`;
    const { functions, tokens } = outlineOf(text);
    expect(functions.map((f) => f.name)).toContain("g");
    const f = functions.find((one) => one.name === "f")!;
    expect(callsIn(f.code, f.from, f.to).map((c) => c.name)).toContain("three");
    expect(tokens[f.to]!.text).toBe("}");
  });

  it("go on behind a branch that opens what it does not close", () => {
    const text = "void f(void) {\n#ifdef A\n if (a) {\n#else\n if (b) {\n#endif\n c();\n }\n}\nvoid g(void) { }";
    expect(named(text).map(([name]) => name)).toEqual(["f", "g"]);
  });

  it("have macros among them, with the lines of their calls", () => {
    const [macro] = outlineOf("\n#define LOCK(x) do { \\\n\tspin_lock(&(x)->lock); \\\n} while (0)\n").functions;
    expect(macro).toMatchObject({ name: "LOCK", line: 2, isMacro: true });
    expect(callsIn(macro!.code, macro!.from, macro!.to)).toMatchObject([{ name: "spin_lock", line: 3 }]);
  });

  it("are told which one a place lies in", () => {
    const outline = outlineOf("void f(void) { a; }\nvoid g(void) { b; }");
    const at = outline.tokens.findIndex((t) => t.text === "b");
    expect(functionAt(outline, at)?.name).toBe("g");
    expect(functionAt(outline, 0)).toBeUndefined();
  });
});

describe("a body", () => {
  const body = (text: string) => {
    const outline = outlineOf(`void f(void) { ${text} }`);
    return { ...outline, f: outline.functions[0]! };
  };

  it("has calls with their arguments, those through members marked", () => {
    const { f, text, tokens } = body("g(a, h(b, c)); x->op(d); if (i) return sizeof(e);");
    const calls = callsIn(f.code, f.from, f.to);
    expect(calls.map((c) => [c.name, c.member])).toEqual([
      ["g", false],
      ["h", false],
      ["op", true],
    ]);
    expect(argumentsOf(f.code, calls[0]!).map(([from, to]) => textOfRange(text, tokens, from, to))).toEqual(["a", "h(b, c)"]);
  });

  it("counts members up and down in every form, and no locals", () => {
    const { f } = body("x->a++; --x->b; if (y) x.c += 1; x->d = x->d - 1; atomic_inc(&x->e); atomic_sub(2, &x->f); i++; g(&x->h);");
    expect(countedIn(f.code, f.from, f.to).map((c) => [c.name, c.by])).toEqual([
      ["a", "up"],
      ["b", "down"],
      ["c", "up"],
      ["d", "down"],
      ["e", "up"],
      ["f", "down"],
    ]);
  });

  it("takes what follows a condition for a prefix", () => {
    const { f } = body("if (p->x)\n\t--p->count;");
    expect(countedIn(f.code, f.from, f.to).map((c) => [c.name, c.by])).toEqual([["count", "down"]]);
  });
});

it("says under which conditions a place stands", () => {
  const text = "#if A /* a */\n#ifndef B\n#else\nx;\n#endif\n#elif C\ny;\n#else\nz;\n#endif\nw;";
  const { tokens } = outlineOf(text);
  const at = (name: string): string[] =>
    conditionsAt(
      tokens,
      tokens.findIndex((t) => t.text === name),
    );
  expect(at("x")).toEqual(["A", "not (!defined(B))"]);
  expect(at("y")).toEqual(["not (A), and C"]);
  expect(at("w")).toEqual([]);
});

it("takes any text", () => {
  const piece = fc.constantFrom(
    "f",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ";",
    "=",
    "#if A\n",
    "\n#else\n",
    "\n#endif\n",
    "struct s",
    "static",
    ",",
    "#define M(x) {\n",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const outline = outlineOf(pieces.join(" "));
      for (const f of outline.functions) {
        expect(f.to).toBeGreaterThanOrEqual(f.from);
        callsIn(f.code, f.from, f.to);
        countedIn(f.code, f.from, f.to);
      }
      outline.partners.forEach((partner, i) => {
        if (partner > i) expect("({[").toContain(outline.tokens[i]!.text);
      });
    }),
    { numRuns: 2000 },
  );
});
