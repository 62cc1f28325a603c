/**
 * Stand-ins, as LLVM IR, for functions that nobody defines: each ends the run when it is reached,
 * with its name and a class of its own.
 *
 * So leaving a function out can never make a verdict say "none" wrongly: either no schedule reaches
 * it, or the run says so.
 */
const FAIL = "declare void @__sd_fail(ptr, ptr, i64, i64, i64)";
const CLASS = "model-limit";

/**
 * `declarations` are lines of IR, as clang prints them, one for each name: `declare dso_local i32
 * @f(ptr noundef, i64 noundef) #1`.
 */
export function standIns(declarations: ReadonlyMap<string, string>): string {
  const strings: string[] = [`@.class = private unnamed_addr constant ${bytes(CLASS)}`];
  const functions: string[] = [];
  for (const [name, line] of declarations) {
    const text = `nothing defines ${name}(), which is reached: kernel/own has no stand-in for it, and its file is not among those that are followed`;
    const symbol = functions.length;
    strings.push(`@.text.${symbol} = private unnamed_addr constant ${bytes(text)}`);
    functions.push(
      `${headOf(line)} {`,
      `  call void @__sd_fail(ptr @.class, ptr @.text.${symbol}, i64 0, i64 0, i64 0)`,
      "  unreachable",
      "}",
    );
  }
  return [...strings, FAIL, ...functions, ""].join("\n");
}

/** `define ...` of a declaration: its attribute groups and metadata belong to another module. */
function headOf(declaration: string): string {
  const end = declaration.lastIndexOf(")");
  return `${declaration
    .slice(0, end + 1)
    .replace(/^declare/, "define")
    .replace(/ !\w+(?: !\d+)?/g, "")}`;
}

function bytes(text: string): string {
  const data = Buffer.from(`${text}\0`, "utf8");
  const escaped = [...data].map((b) =>
    b >= 0x20 && b < 0x7f && b !== 0x22 && b !== 0x5c ? String.fromCharCode(b) : `\\${b.toString(16).padStart(2, "0").toUpperCase()}`,
  );
  return `[${data.length} x i8] c"${escaped.join("")}"`;
}

/** The lines of a module's text that declare functions, by name. */
export function declarationsIn(text: string): ReadonlyMap<string, string> {
  const found = [...text.matchAll(/^declare [^@\n]*@([\w$.]+)\([^\n]*/gm)];
  return new Map(found.map(([line, name = ""]) => [name, line]));
}

/** A module's text with its variables alone: each function is only declared. */
export function variablesOnly(text: string): string {
  return text.replace(/^define [^\n]*\{\n[\s\S]*?^\}$/gm, (body) => {
    const head = body.slice(0, body.indexOf("\n"));
    const open = head.indexOf("(", head.indexOf("@"));
    let depth = 0;
    let end = open;
    for (; end < head.length; end++) {
      if (head[end] === "(") depth++;
      if (head[end] === ")" && --depth === 0) break;
    }
    const parameters = head.slice(open, end + 1).replace(/ %[\w.]+(?=[,)])/g, "");
    return `${head.slice(0, open).replace(/^define (?:(?:internal|weak|weak_odr|linkonce|linkonce_odr) )?/, "declare ")}${parameters}`;
  });
}
