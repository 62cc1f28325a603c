/** Programs of the fuzzer on several machines: each number is one machine's. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { nextOwn } from "./session.ts";

it("deals out each number once, in whole groups", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 16 }), (of, together) => {
      const last = 12 * together * of;
      const numbers = Array.from({ length: of }, (_, i) => {
        const own: number[] = [];
        for (let next = 0; next < last; next++) {
          next = nextOwn(next, together, { index: i + 1, of });
          if (next < last) own.push(next);
        }
        for (const n of own) expect(Math.floor(n / together) % of).toBe(i);
        return own;
      });
      expect(numbers.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: last }, (_, i) => i));
    }),
  );
});
