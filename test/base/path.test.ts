import { posix } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { folderOf, isFullPath, joinPath } from "../../src/base/path.ts";

const path = fc.array(fc.constantFrom("/", "a", "b.c", ".", "..", "//"), { maxLength: 8 }).map((parts) => parts.join(""));

const once = (text: string): string => text.replace(/\/+/g, "/");

describe("paths as text", () => {
  it("are what the file system of Unix takes them for", () => {
    fc.assert(
      fc.property(path, path, (a, b) => {
        expect(once(folderOf(a))).toBe(once(posix.dirname(once(a))));
        expect(isFullPath(a)).toBe(posix.isAbsolute(a));
        if (a !== "" && b !== "") expect(joinPath(a, b).replace(/\/$/, "")).toBe(posix.join(a, b).replace(/\/$/, ""));
      }),
      { numRuns: 2000 },
    );
  });

  it("are full with a drive's letter, too", () => {
    expect(isFullPath("C:\\linux\\mm.c")).toBe(true);
    expect(isFullPath("C:mm.c")).toBe(false);
  });
});
