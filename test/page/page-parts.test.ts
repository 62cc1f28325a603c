/** Parts of the page that need no browser: options as they are typed, permalinks, clang's words. */
import { describe, expect, it } from "vitest";
import { complaintsOf } from "../../page/complaints.ts";
import { over, parseOptions, partDefines, scenarioOptions } from "../../page/own-options.ts";
import { type Link, linkFrom, linkText } from "../../page/permalink.ts";

describe("options", () => {
  it("are those of the command line that mean something in a browser", () => {
    expect(parseOptions(" -DFIX=0 -D NV=2 --kernel 4.19 --preemptions=2 --max-states 100 --cpus 3")).toEqual({
      defines: ["FIX=0", "NV=2", "NCPU=3"],
      kernel: "4.19",
      preemptions: 2,
      maxStates: 100,
    });
    expect(parseOptions("-DA -DB=x=y -DA=2").defines).toEqual(["B=x=y", "A=2"]);
    expect(parseOptions("").defines).toEqual([]);
  });

  it.each([
    ["--tree 6.1", "--tree is not for the page"],
    ["-D", "-D lacks its value"],
    ["-D1", "NAME or NAME=VALUE is expected"],
    ["--preemptions two", "a whole number is expected"],
    ["x.c", "x.c is not for the page"],
  ])("refuse %s in words", (line, words) => expect(() => parseOptions(line)).toThrow(words));

  it("stand in comments near the top, too, and what is typed wins", () => {
    const text = "// SPDX\n/*\n * shootdown: -DFIX=1 --kernel 4.19\n */\n// shootdown: -DNV=2\nint x; // shootdown: -DX\n";
    expect(scenarioOptions(text)).toMatchObject({ defines: ["FIX=1", "NV=2"], kernel: "4.19" });
    expect(over(scenarioOptions(text), parseOptions("-DFIX=0"))).toMatchObject({ defines: ["NV=2", "FIX=0"], kernel: "4.19" });
    expect(scenarioOptions(`${"\n".repeat(50)}// shootdown: -DLATE`).defines).toEqual([]);
  });

  it("that give a parameter its value are no macros", () => {
    expect(partDefines("SD_PARAM(int, USER, 0);\n", ["USER=kvm", "FIX=1", "USER_NOT=2"])).toEqual({
      macros: ["FIX=1", "USER_NOT=2"],
      parameters: { USER: "kvm" },
    });
    expect(partDefines("SD_PARAM(int, ON, 0);", ["ON"]).parameters).toEqual({ ON: "1" });
  });
});

describe("a permalink", () => {
  const links: Link[] = [
    { kind: "shipped", id: "pmd-sharing", variant: 1 },
    { kind: "optioned", id: "invalidate", options: "-DUSER=gru -DDESIGN=1 --max-states 5" },
    { kind: "own", id: "move", text: "// \u00fcml\u00e4ute & <b>\n".repeat(300), options: "-DFIX=0" },
  ];
  it.each(links)("leads back: $kind", async (link) => {
    const fragment = await linkText(link);
    expect(fragment).toMatch(/^#[\w=&.%-]+$/);
    expect(await linkFrom(fragment)).toEqual(link);
  });

  it("is short for what repeats, and none for nothing", async () => {
    expect((await linkText(links[2]!)).length).toBeLessThan(400);
    expect(await linkFrom("")).toBeUndefined();
    expect(await linkFrom("#")).toBeUndefined();
  });

  it("that is broken is refused in words", async () => {
    const whole = await linkText(links[2]!);
    const inOne = await linkText({ kind: "own", id: "x", text: "y".repeat(300_000), options: "" });
    for (const fragment of [whole.slice(0, -9), "#c=", "#c=%%%", "#c=AAAA", inOne, `${whole}!`])
      await expect(linkFrom(fragment)).rejects.toThrow("the link is broken");
    await expect(linkFrom("#s=x&v=-1")).rejects.toThrow("names no variant");
    await expect(linkFrom("#s=x&v=1.5")).rejects.toThrow("names no variant");
  });
});

describe("what clang says", () => {
  it("is a complaint about its line, if it is of this file", () => {
    const stderr =
      "a.c:3:9: error: expected ';'\n    3 | x\nb.h:1:1: error: not here\na.c:7:1: warning: unused\na.c:9:2: fatal error: 'x.h' file not found\n";
    expect(complaintsOf(stderr, "a.c")).toEqual([
      { line: 3, column: 9, severity: "error", message: "expected ';'" },
      { line: 7, column: 1, severity: "warning", message: "unused" },
      { line: 9, column: 2, severity: "error", message: "'x.h' file not found" },
    ]);
  });
});
