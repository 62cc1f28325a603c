/**
 * Every code that a diagnostic may carry: what it means and what to do. `shootdown explain CODE` prints an entry, and
 * docs/diagnostics.md is this list (a test holds them equal).
 *
 * A code keeps its meaning for ever: it may be retired, never reused.
 */

export interface CatalogueEntry {
  readonly title: string;
  /** What it means, in a paragraph. */
  readonly meaning: string;
  readonly advice: string;
}

export const GROUPS = [
  { prefix: "SD1", title: "Compiling C" },
  { prefix: "SD2", title: "Reading and linking LLVM IR" },
  { prefix: "SD3", title: "The scenario and its run" },
  { prefix: "SD4", title: "The command line" },
] as const;

export const CATALOGUE: Readonly<Record<string, CatalogueEntry>> = {
  SD101: {
    title: "The C does not compile",
    meaning: "clang rejected the file. Its own messages follow as it printed them.",
    advice:
      "Correct the C. Scenarios are compiled freestanding (-nostdinc): what they may include is under kernel/include, and folders that you add with -I.",
  },
  SD102: {
    title: "A source file cannot be read",
    meaning: "A file that was named does not exist, is a folder, or may not be read.",
    advice: "Paths are taken from the current folder; with --tree, files that do not exist there are looked for in the tree.",
  },
  SD103: {
    title: "No usable C compiler",
    meaning: "Neither a system clang (15 or newer) nor the bundled one was found, or the one named with --cc is not usable.",
    advice: "Install clang, or run `npm ci` to have the bundled one; `--cc bundled` asks for that one.",
  },
  SD104: {
    title: "clang failed without naming an error",
    meaning: "clang ended with a failure status, but its output holds no error about the C: it crashed, or was ended by a signal.",
    advice: "Read its output; try another clang with --cc, or `--cc bundled`.",
  },
  SD105: {
    title: "The tree has no configured headers",
    meaning: "A real kernel's files compile only with the headers that its build generates.",
    advice: "Run `make defconfig prepare` in the tree, or name installed headers with --headers DIR (Debian: linux-headers-VERSION-amd64).",
  },
  SD301: {
    title: "A scenario's own options are wrong",
    meaning: "A `// shootdown:` line near the top of a scenario gives the options that it is to be checked with. This one cannot be read.",
    advice: "It takes the options of `shootdown check`, for example `// shootdown: --kernel 4.19 -DNCPU=3`.",
  },
  SD401: {
    title: "The command line is wrong",
    meaning: "An option or argument is unknown, lacks its value, or has a value that is not allowed.",
    advice: "`shootdown check --help` lists the options, with examples.",
  },
  SD402: {
    title: "A report cannot be written",
    meaning: "The file named with an output option could not be created or written.",
    advice: "Name a file in a folder that exists and may be written.",
  },
  SD403: {
    title: "No such diagnostic",
    meaning: "`shootdown explain` was asked about a code that is not in the catalogue.",
    advice: "`shootdown explain` without a code lists them all.",
  },
};
