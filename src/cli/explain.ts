/** `shootdown explain CODE`: an entry of the catalogue, or the list of them. */
import { CATALOGUE, GROUPS } from "../base/catalogue.ts";
import { fault } from "../base/diagnostics.ts";
import type { Colours } from "../report/diagnostics.ts";

export function explainCode(code: string | undefined, c: Colours): string {
  if (code === undefined) return list(c);
  const wanted = code.toUpperCase();
  const entry = CATALOGUE[wanted];
  if (entry === undefined)
    throw fault({ code: "SD403", message: `there is no diagnostic ${code}`, help: "`shootdown explain` lists them all" });
  return `${c.bold(`${wanted}: ${entry.title}`)}\n\n${wrapped(entry.meaning)}\n\n${wrapped(entry.advice)}\n`;
}

function list(c: Colours): string {
  const groups = GROUPS.map((group) => {
    const entries = Object.entries(CATALOGUE).filter(([code]) => code.startsWith(group.prefix));
    return [c.bold(group.title), ...entries.map(([code, entry]) => `  ${code}  ${entry.title}`)].join("\n");
  });
  return `${groups.join("\n\n")}\n`;
}

function wrapped(text: string, width = 80): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join("\n");
}
