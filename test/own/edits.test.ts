/** Changes of copies: replacements that must be exact, and patches read as such. */
import { describe, expect, it } from "vitest";
import { InputFault } from "../../src/base/diagnostics.ts";
import { edited, editsOfPatch } from "../../src/own/edits.ts";

const TEXT = "a\nif (x)\n\tflush();\nb\nif (x)\n\tdrop();\n";

describe("a replacement", () => {
  it("takes a text that is there once", () => {
    expect(edited(TEXT, { file: "mm/x.c", replacements: [{ text: "\tflush();", by: "\t;" }] })).toBe(TEXT.replace("flush()", ""));
  });

  it.each(["nowhere", "if (x)"])("refuses %j, which is not there exactly once", (text) => {
    expect(() => edited(TEXT, { file: "mm/x.c", replacements: [{ text, by: "" }] })).toThrow(InputFault);
  });

  it("takes the nearest of several if a line is given", () => {
    expect(edited(TEXT, { file: "mm/x.c", replacements: [{ text: "if (x)", by: "if (y)", near: 5 }] })).toBe(
      "a\nif (x)\n\tflush();\nb\nif (y)\n\tdrop();\n",
    );
  });
});

describe("a patch", () => {
  const mail = [
    "Subject: [PATCH] mm: x",
    "",
    "- this line is no change",
    "---",
    "--- a/mm/x.c",
    "+++ b/mm/x.c",
    "@@ -1,4 +1,3 @@ int f(void)",
    " a",
    "-if (x)",
    "-\tflush();",
    "+flush();",
    " b",
    "-- ",
    "2.43",
  ].join("\n");

  it("becomes replacements of its hunks", () => {
    const [edit] = editsOfPatch(mail);
    expect(edit?.file).toBe("mm/x.c");
    expect(edited(TEXT, edit!)).toBe("a\nflush();\nb\nif (x)\n\tdrop();\n");
  });

  it("without a line that says where an insertion belongs is refused", () => {
    const bare = "--- a/mm/x.c\n+++ b/mm/x.c\n@@ -5,0 +6,1 @@\n+\tflush();\n";
    expect(() => editsOfPatch(bare)).toThrow(InputFault);
  });
  it("of a header, or of nothing, is refused", () => {
    expect(() => editsOfPatch(mail.replaceAll("mm/x.c", "include/linux/mm.h"))).toThrow(InputFault);
    expect(() => editsOfPatch("no patch")).toThrow(InputFault);
  });
});
