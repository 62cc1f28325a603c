/** KTAP, JUnit and SARIF: each is what its format's grammar allows, and no undecided case passes. */
import { describe, expect, it } from "vitest";
import { junitXml } from "../../src/report/junit.ts";
import { ktapText } from "../../src/report/ktap.ts";
import { type CaseOutcome, type ReportedCase, statusOfCase } from "../../src/report/reported-case.ts";
import { verdictSarif } from "../../src/report/verdict-sarif.ts";
import { inconclusive, none, racing, violation } from "./fixture.ts";
import { type KtapTest, ktapTests, xmlTree } from "./format-readers.ts";
import { sarifFaults } from "./sarif-schema.ts";

const of = (name: string, outcome: CaseOutcome, suite = ""): ReportedCase => ({ suite, name, file: `${name}.c`, outcome });
const verdict = (v: typeof none, expected = false): CaseOutcome => ({ kind: "verdict", verdict: v, expected });

const CASES: readonly ReportedCase[] = [
  of("good", verdict(none)),
  of("bad #1 <&\"'>", verdict(violation)),
  of("open", verdict(inconclusive)),
  of("late", verdict({ ...inconclusive, kind: "inconclusive", reason: "at --timeout 5" })),
  of("known", verdict(violation, true)),
  of("refused", {
    kind: "fault",
    diagnostics: [{ code: "SD101", message: "no C", file: "refused.c", line: 3, verbatim: "a\n\u0007b ]]>", help: "do" }],
  }),
  of("racing", verdict(racing)),
  of("left", { kind: "not-run", why: "interrupted before" }),
];
const SUITES: readonly ReportedCase[] = [
  of("as shipped", { kind: "said", text: "none", good: true, wanted: "none", seconds: 1 }, "Linux 6.1: a"),
  of("undone", { kind: "said", text: "none", good: false, wanted: "lost-write", seconds: 2 }, "Linux 6.1: a"),
  of("as shipped", { kind: "said", text: "inconclusive", good: false, wanted: "none", seconds: 3 }, "Linux 6.12: a"),
];

it("nothing that was not decided has passed", () => {
  expect([...CASES, ...SUITES].map((one) => statusOfCase(one).status)).toEqual([
    "passed",
    "failed",
    "error",
    "error",
    "passed",
    "error",
    "passed",
    "skipped",
    "passed",
    "failed",
    "error",
  ]);
});

describe("KTAP", () => {
  const results = (tests: readonly KtapTest[]): string[] => tests.map((t) => `${t.ok ? "ok" : "not ok"} ${t.directive}`.trim());

  it("is what the kernel's page describes: version, plan, numbered results, directives", () => {
    const tests = ktapTests(ktapText(CASES));
    expect(results(tests)).toEqual(["ok", "not ok", "not ok ERROR", "not ok TIMEOUT", "ok", "not ok ERROR", "ok", "ok SKIP"]);
    expect(tests[1]!.name).toBe("bad no. 1 <&\"'>");
    expect(tests[1]!.diagnostics.join("\n")).toContain("lost write");
  });

  it("has suites as tests with subtests, which fail with them", () => {
    const tests = ktapTests(ktapText(SUITES));
    expect(results(tests)).toEqual(["not ok", "not ok"]);
    expect(tests.map((t) => results(t.subtests))).toEqual([["ok", "not ok"], ["not ok ERROR"]]);
  });

  it("is read by a reader that notices", () => {
    const good = ktapText(CASES);
    expect(() => ktapTests(good.replace("1..8", "1..9"))).toThrow("plan");
    expect(() => ktapTests(good.replace("not ok 2", "not ok 3"))).toThrow("number");
    expect(() => ktapTests(good.replace("KTAP version 1\n", ""))).toThrow("version");
    expect(() => ktapTests(`${good}what\n`)).toThrow("no line of KTAP");
  });
});

describe("JUnit", () => {
  /** As Jenkins and GitLab read it: elements, their attributes ("!" if they must be there), and what they contain. */
  const GRAMMAR: Readonly<Record<string, { attributes: string; within: string }>> = {
    testsuites: { attributes: "name tests failures errors time", within: "testsuite" },
    testsuite: { attributes: "name! tests! failures errors skipped time", within: "testcase" },
    testcase: { attributes: "name! classname time file", within: "failure error skipped system-out" },
    failure: { attributes: "message type", within: "#text" },
    error: { attributes: "message type", within: "#text" },
    skipped: { attributes: "message", within: "" },
    "system-out": { attributes: "", within: "#text" },
  };

  function faults(element: ReturnType<typeof xmlTree>): string[] {
    const rule = GRAMMAR[element.name];
    if (rule === undefined) return [`no element ${element.name}`];
    const allowed = rule.attributes.split(" ").filter((a) => a !== "");
    const given = Object.keys(element.attributes);
    return [
      ...given.filter((a) => !allowed.some((one) => one.replace("!", "") === a)).map((a) => `${element.name} has no ${a}`),
      ...allowed.filter((a) => a.endsWith("!") && !given.includes(a.slice(0, -1))).map((a) => `${element.name} lacks ${a}`),
      ...element.children.flatMap((child) =>
        rule.within.split(" ").includes(child.name) ? faults(child) : [`${child.name} in ${element.name}`],
      ),
    ];
  }

  it.each([
    ["checks", CASES],
    ["suites", SUITES],
  ])("of %s has the elements and attributes that are known, and totals that are right", (_, cases) => {
    const tree = xmlTree(junitXml(cases, "shootdown"));
    expect(tree.name).toBe("testsuites");
    expect(faults(tree)).toEqual([]);
    for (const suite of tree.children) {
      const count = (name: string): string => String(suite.children.filter((c) => c.children.some((one) => one.name === name)).length);
      expect(suite.attributes).toMatchObject({ failures: count("failure"), errors: count("error"), skipped: count("skipped") });
      expect(suite.attributes.tests).toBe(String(suite.children.length));
    }
  });

  it("keeps the text, whatever characters it has, but for those that XML does not have", () => {
    const [suite] = xmlTree(junitXml(CASES, "shootdown")).children;
    const named = (name: string) => suite!.children.find((c) => c.attributes.name === name)!;
    expect(named("bad #1 <&\"'>").children[0]).toMatchObject({ name: "failure", attributes: { type: "lost-write" } });
    expect(named("refused").children[0]!.text).toContain("b ]]>");
    expect(junitXml(CASES, "x")).not.toContain("\u0007");
  });
});

describe("SARIF", () => {
  const log = (cases: readonly ReportedCase[]) => verdictSarif(cases, { version: "0.1.0", command: "shootdown check", exitCode: 1 });

  it("is valid against the schema of 2.1.0", () => {
    for (const cases of [CASES, SUITES, []]) expect(sarifFaults(log(cases))).toEqual([]);
    expect(sarifFaults({ ...log([]), runs: [{ results: [{ message: {} }] }] })).not.toEqual([]);
  });

  it("has a result for each violation that is news, and for each race", () => {
    const { results = [], invocations, tool } = log(CASES).runs[0]!;
    expect(results.map((r) => [r.ruleId, r.level])).toEqual([
      ["lost-write", "error"],
      ["data-race", "note"],
    ]);
    expect(tool.driver.rules!.map((r) => r.id)).toEqual(["lost-write", "data-race"]);
    expect(invocations![0]!.executionSuccessful).toBe(false);
    expect(log([CASES[0]!]).runs[0]!.invocations![0]!.executionSuccessful).toBe(true);
    expect(log(SUITES).runs[0]!.results!.map((r) => r.message.text)).toEqual(["Linux 6.1: a undone: none; expected lost-write"]);
  });

  it("has the schedule as one flow in the order of time, and as a flow for each thread", () => {
    const [schedule, threads] = log(CASES).runs[0]!.results![0]!.codeFlows!;
    const order = (flow: typeof schedule, thread: number): (number | undefined)[] =>
      flow!.threadFlows[thread]!.locations.map((l) => l.executionOrder);
    const all = order(schedule, 0);
    expect(all).toEqual(all.map((_, i) => i + 1));
    expect(threads!.threadFlows.map((t) => t.id)).toEqual(["migrate", "process B"]);
    expect([...order(threads, 0), ...order(threads, 1)].sort((a, b) => a! - b!)).toEqual(all);
    expect(schedule!.threadFlows[0]!.locations.at(-1)).toMatchObject({
      kinds: ["danger"],
      importance: "essential",
      location: { physicalLocation: { region: { startLine: 12 } } },
    });
    expect(schedule!.threadFlows[0]!.locations[0]!.location!.message!.text).toMatch(/^CPU1 \(process B\): maps/);
  });
});
