/**
 * The examples in the pages: ```c title=NAME is a file of the reader's, and ```console holds `$ shootdown ...` commands with what they print.
 */

export interface Fence {
  readonly language: string;
  readonly title: string | undefined;
  readonly body: string;
  /** Where the body stands in the page. */
  readonly at: number;
}

export function fences(text: string): Fence[] {
  return [...text.matchAll(/^```(\w*)(?:[ \t]+title=(\S+))?[ \t]*\n([\s\S]*?)^```[ \t]*$/gm)].map((m) => ({
    language: m[1] ?? "",
    title: m[2],
    body: m[3] ?? "",
    at: m.index + m[0].indexOf("\n") + 1,
  }));
}

export interface Command {
  readonly line: string;
  readonly output: string;
}

export function commandsOf(body: string): Command[] {
  return body
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf("\n");
      return { line: part.slice(0, end), output: part.slice(end + 1) };
    });
}

/** What is the same on every machine and in every run. */
export function steady(output: string): string {
  return (
    output
      .replace(/^[\d,]+ states?, [\s\S]*?(?=^bounds:)/gm, "COUNTS\n")
      .replace(/\([\d,]+ shared words?\)/g, "(N shared words)")
      // Lines of the model kernel move with each change of it.
      .replace(/(\b\w+|(?<=[|(] *)):\d+\b/g, "$1:N")
      // Whichever clang there is.
      .replace(/, (?:bundled|clang) \d[^\n,]*$/gm, ", CLANG")
      .replace(/^chance that a state was missed: .*$/gm, "CHANCE")
      .replace(/\b[\d.,]+ (s|ms|min|KiB|MiB|GiB|states\/s)\b/g, "N $1")
      .trim()
  );
}
