/**
 * `shootdown explain CODE` or `CLASS`: an entry of the catalogue of diagnostics, or of the classes
 * of violations, or the list of both.
 */
import { CATALOGUE, GROUPS } from "../base/catalogue.ts";
import { CLASSES, classNamed } from "../base/classes.ts";
import { fault } from "../base/diagnostics.ts";
import { similar } from "../base/similar.ts";
import type { Colours } from "../report/diagnostic-text.ts";

export function explainCode(code: string | undefined, c: Colours): string {
  if (code === undefined) return list(c);
  const wanted = code.toUpperCase();
  const entry = CATALOGUE[wanted];
  if (entry !== undefined) return `${c.bold(`${wanted}: ${entry.title}`)}\n\n${wrapped(entry.meaning)}\n\n${wrapped(entry.advice)}\n`;
  const name = classNamed(code);
  const klass = name === undefined ? undefined : CLASSES[name];
  if (klass !== undefined) {
    const title = `${name}: a violation, raised by ${article(klass.raisedBy)}`;
    return `${c.bold(title)}\n\n${wrapped(klass.meaning)}\n\n${wrapped(klass.advice)}\n`;
  }
  const meant = similar(wanted, Object.keys(CATALOGUE)) ?? similar(code.toLowerCase(), Object.keys(CLASSES));
  throw fault({
    code: "SD403",
    message: `there is no diagnostic or class of violations ${code}`,
    help: meant === undefined ? "`shootdown explain` lists them all" : `did you mean ${meant}? \`shootdown explain\` lists them all`,
  });
}

const article = (by: string): string => (by === "kernel code" || by === "locks" || by === "notifiers" ? by : `the ${by}`);

function list(c: Colours): string {
  const groups = GROUPS.map((group) => {
    const entries = Object.entries(CATALOGUE).filter(([code]) => code.startsWith(group.prefix));
    return [c.bold(group.title), ...entries.map(([code, entry]) => `  ${code}  ${entry.title}`)].join("\n");
  });
  const classes = [c.bold("Classes of violations"), ...Object.keys(CLASSES).map((name) => `  ${name}`)].join("\n");
  return `${[...groups, classes].join("\n\n")}\n`;
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
