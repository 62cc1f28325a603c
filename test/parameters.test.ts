/** Parameters (SD_PARAM): -D gives them values without making another program of it, and a value that does not fit is a fault of the input. */
import { describe, expect, it } from "vitest";
import { InputFault } from "../src/base/diagnostics.ts";
import { checked, essence, inputsFrom, programFrom, verdictFrom } from "./scenario.ts";

const FILE = ["test/scenarios/parameters.c"];
const kind = async (...defines: string[]): Promise<string> => (await verdictFrom(FILE, { defines })).kind;

describe("a parameter", () => {
  it("has the value of its declaration, or the one of -D", async () => {
    expect(await kind()).toBe("none");
    expect(await kind("HOW=torn")).toBe("violation");
    expect(await kind("HOW=0")).toBe("violation");
    expect(await kind("HOW=torn", "COUNT=1")).toBe("none");
    expect(await kind("START=0x7", "LIMIT=100")).toBe("none");
    expect(await kind("START=-3", "LIMIT=-3")).toBe("violation");
    // -D without a value is 1.
    expect(await kind("HOW=torn", "COUNT")).toBe("none");
  });

  it("makes no other program", async () => {
    const [a, b] = await Promise.all([inputsFrom(FILE, { defines: ["COUNT=2"] }), inputsFrom(FILE, { defines: ["COUNT=3"] })]);
    expect(a.code).toBe(b.code);
    expect(a.key).not.toBe(b.key);
  });

  it("is the same to both engines", async () => {
    for (const defines of [
      ["HOW=torn", "COUNT=3"],
      ["START=4", "COUNT=3"],
    ]) {
      const program = await programFrom(FILE, { defines });
      expect(essence(await checked(program, { engine: "interpreter" }))).toEqual(essence(await checked(program)));
    }
  });

  it.each([
    ["HOW=half", /half is no value of the parameter HOW.*it may be torn, whole/],
    ["START=256", /256 is no value of the parameter START.*a number of 1 byte is/],
    ["COUNT=many", /many is no value of the parameter COUNT.*a number of 4 bytes is/],
  ])("does not take %s", async (define, says) => {
    const error = await verdictFrom(FILE, { defines: [define] }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputFault);
    const [d] = (error as InputFault).diagnostics;
    expect(`${d?.message} ${d?.help}`).toMatch(says);
    expect(d).toMatchObject({ code: "SD306", file: expect.stringMatching("test/scenarios/parameters.c$") });
  });
});
