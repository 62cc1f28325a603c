/**
 * The options of a scenario in the page: a line such as `-DFIX=0 --kernel 4.19`, typed or in a
 * comment `// shootdown:` of the C. Only those that mean something in a browser; others are refused
 * by name. What is typed wins over the comment, option by option.
 */

export interface PageOptions {
  readonly defines: readonly string[];
  readonly kernel: string | undefined;
  readonly preemptions: number | undefined;
  readonly maxStates: number | undefined;
}

const NONE: PageOptions = { defines: [], kernel: undefined, preemptions: undefined, maxStates: undefined };
const HEAD_LINES = 40;

export const defineName = (define: string): string => /^[A-Za-z_]\w*/.exec(define)?.[0] ?? define;

/** Throws an Error in words if the line asks for what it may not, or for nothing that is known. */
export function parseOptions(line: string): PageOptions {
  const words = line
    .trim()
    .split(/\s+/)
    .filter((word) => word !== "");
  let found = NONE;
  while (words.length > 0) {
    const word = words.shift()!;
    const [name = "", attached] = word.startsWith("--")
      ? word.split(/=(.*)/s)
      : [word.slice(0, 2), word.length > 2 ? word.slice(2) : undefined];
    const value = (): string => {
      const text = attached ?? words.shift();
      if (text === undefined) throw new Error(`${name} lacks its value`);
      return text;
    };
    switch (name) {
      case "-D":
      case "--define":
        found = { ...found, defines: joined(found.defines, [defineOf(value())]) };
        break;
      case "--cpus":
        found = { ...found, defines: joined(found.defines, [`NCPU=${count(name, value())}`]) };
        break;
      case "--kernel":
        found = { ...found, kernel: value() };
        break;
      case "--preemptions":
        found = { ...found, preemptions: count(name, value()) };
        break;
      case "--max-states":
        found = { ...found, maxStates: Math.max(1, count(name, value())) };
        break;
      default:
        throw new Error(`${word} is not for the page: it knows -D, --cpus, --kernel, --preemptions and --max-states`);
    }
  }
  return found;
}

function defineOf(text: string): string {
  if (!/^[A-Za-z_]\w*(=.*)?$/s.test(text)) throw new Error(`-D ${text}: NAME or NAME=VALUE is expected`);
  return text;
}

function count(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${name} ${text}: a whole number is expected`);
  return Number(text);
}

function joined(before: readonly string[], after: readonly string[]): string[] {
  const names = new Set(after.map(defineName));
  return [...before.filter((define) => !names.has(defineName(define))), ...after];
}

/** Of the comments in the first lines. */
export function scenarioOptions(text: string): PageOptions {
  const lines = text.split("\n", HEAD_LINES).flatMap((line) => /^\s*(?:\/\/|\/\*|\*)\s*shootdown:(.*?)(?:\*\/)?\s*$/.exec(line)?.[1] ?? []);
  return lines.map(parseOptions).reduce(over, NONE);
}

/** `upper` wins. */
export const over = (lower: PageOptions, upper: PageOptions): PageOptions => ({
  defines: joined(lower.defines, upper.defines),
  kernel: upper.kernel ?? lower.kernel,
  preemptions: upper.preemptions ?? lower.preemptions,
  maxStates: upper.maxStates ?? lower.maxStates,
});

const DECLARATION = /^[ \t]*SD_PARAM[ \t]*\([^,()]+,\s*([A-Za-z_]\w*)\s*,/gm;

/** A -D of a parameter is a first value of a global, and no macro. */
export function partDefines(
  text: string,
  defines: readonly string[],
): { readonly macros: readonly string[]; readonly parameters: Readonly<Record<string, string>> } {
  const declared = new Set([...text.matchAll(DECLARATION)].map((match) => match[1]!));
  const isParameter = (define: string): boolean => declared.has(defineName(define));
  const values = defines.filter(isParameter).map((define): [string, string] => {
    const at = define.indexOf("=");
    return [defineName(define), at < 0 ? "1" : define.slice(at + 1)];
  });
  return { macros: defines.filter((define) => !isParameter(define)), parameters: Object.fromEntries(values) };
}
