/**
 * Reads one kernel inline asm (x86-64, AT&T): constraints into operands, template into statements,
 * sections into what they mean.
 *
 * A plan depends on the template and constraints only, so it is made once for each. The linker asks
 * it which symbols matter and where a jump goes; `ir/x86/statements.ts` runs its statements. What
 * is not understood is a plan of kind "unknown", never a throw. Alternatives (patched by CPU
 * features at boot) mean their original text, except paravirt calls, which mean the native
 * instruction.
 */

import type { IrValue } from "../read/module.ts";
import { calledFunction, controlFunction, MACHINE_FUNCTIONS } from "./machine-functions.ts";
import type { AsmArg, AsmOperand, AsmPlan, Statement } from "./parsed-asm.ts";

const REGISTER = /^(?:[er]?(?:([abcd])x|(si|di|bp|sp))|([abcd])l|(sil|dil)|r(\d+)([dwb]?))$/;

/** "rdi" → di/64, "%eax" → a/32. */
export function parseRegister(text: string): { name: string; bits: number } | undefined {
  const m = REGISTER.exec(text);
  if (m === null) return undefined;
  const name = m[1] ?? m[2] ?? m[3] ?? m[4]?.slice(0, 2) ?? m[5] ?? "";
  if (m[5] !== undefined) return { name, bits: m[6] === "d" ? 32 : m[6] === "w" ? 16 : m[6] === "b" ? 8 : 64 };
  if (m[3] !== undefined || m[4] !== undefined) return { name, bits: 8 };
  return { name, bits: text.startsWith("r") ? 64 : text.startsWith("e") ? 32 : 16 };
}

const SINGLE_LETTER: Readonly<Record<string, string>> = { a: "a", b: "b", c: "c", d: "d", S: "si", D: "di" };

export function parseConstraints(text: string): AsmOperand[] | undefined {
  const out: AsmOperand[] = [];
  let arg = 0;
  let result = 0;
  for (const piece of text === "" ? [] : text.split(",")) {
    if (piece.startsWith("~")) continue;
    if (piece.startsWith("!")) {
      out.push({
        kind: "label",
        indirect: false,
        register: undefined,
        flag: undefined,
        tied: undefined,
        arg: undefined,
        result: undefined,
      });
      continue;
    }
    const output = piece.startsWith("=");
    const body = piece.replace(/^=/, "").replace(/^&/, "");
    const indirect = body.startsWith("*");
    const flag = /^\{@cc(\w+)\}$/.exec(body)?.[1];
    const braced = /^\{(\w+)\}$/.exec(body)?.[1];
    const register = braced === undefined ? SINGLE_LETTER[body] : parseRegister(braced)?.name;
    if (braced !== undefined && register === undefined) return undefined;
    const tied = /^\d+$/.test(body) ? Number(body) : undefined;
    out.push({
      kind: output ? "output" : "input",
      indirect,
      register,
      flag,
      tied,
      arg: output && !indirect ? undefined : arg++,
      result: output && !indirect ? result++ : undefined,
    });
  }
  return out;
}

interface Sections {
  /** Text outside all sections. */
  readonly main: string;
  readonly bugTable: string | undefined;
  readonly jumpTable: string | undefined;
  readonly replacement: string | undefined;
  /** Contents of .altinstructions: names the CPU features. */
  readonly features: string | undefined;
}

function splitSections(template: string): Sections {
  const clean = template
    .replace(/\/\*.*?\*\//gs, " ")
    .split("\n")
    .map((line) => line.replace(/#.*$/, ""))
    .join("\n");
  const parts: Record<string, string> = { main: "" };
  const stack: string[] = ["main"];
  for (const raw of clean.split(/[\n;]/)) {
    const line = raw.replace(/\s+/g, " ").trim();
    if (line === "") continue;
    const push = /^(?:\d+: ?)?\.(?:pushsection|section) "?([\w.]+)/.exec(line);
    if (push !== null) {
      stack.push(push[1] ?? "");
      continue;
    }
    if (/^\.(?:popsection|previous)\b/.test(line)) {
      stack.pop();
      continue;
    }
    const section = stack.at(-1) ?? "main";
    parts[section] = `${parts[section] ?? ""}${line}\n`;
  }
  return {
    main: parts.main ?? "",
    bugTable: parts.__bug_table,
    jumpTable: parts.__jump_table,
    replacement: parts[".altinstr_replacement"],
    features: parts[".altinstructions"],
  };
}

const NOISE = /^\.(?:balign|align|skip|global|globl|quad|long|word|short|org|hidden|type|size|set|p2align|reloc)\b/;

/**
 * Lines of code: labels and directives gone. `.byte 0x0f, 0x0b` is ud2; other bytes stay, to be
 * refused.
 */
function codeLines(text: string): string[] {
  const out: string[] = [];
  for (const raw of text.split("\n")) {
    let line = raw.trim();
    while (/^(?:\d+|[.\w]+):/.test(line)) line = line.replace(/^(?:\d+|[.\w]+):\s*/, "");
    if (line === "" || NOISE.test(line)) continue;
    if (/^\.byte 0x0f ?, ?0x(?:0b|ff|b9)$/.test(line) || /^ud[01]\b/.test(line)) line = "ud2";
    if (/^\.byte 0x0f ?, ?0x01 ?, ?0xc[ab]$/.test(line)) line = "nop"; // clac, stac
    if (/^\.byte 0x0f ?, ?0x1f\b/.test(line) || /^\.byte 0x66 ?, ?0x66 ?, ?0x66\b/.test(line)) line = "nop";
    // hweight before assemblers knew popcnt: from the second operand, in (r)di, to the first, in
    // (r)ax.
    if (/^\.byte 0xf3 ?, ?0x48 ?, ?0x0f ?, ?0xb8 ?, ?0xc7$/.test(line)) line = "popcntq $1, $0";
    if (/^\.byte 0xf3 ?, ?0x0f ?, ?0xb8 ?, ?0xc7$/.test(line)) line = "popcntl $1, $0";
    out.push(line);
  }
  return out;
}

function parseArg(text: string): AsmArg {
  const gs = text.startsWith("%gs:") || text.startsWith("%%gs:");
  let t = gs ? text.replace(/^%%?gs:/, "") : text;
  const star = t.startsWith("*");
  if (star) t = t.slice(1);
  const paren = /^\((.*)\)$/.exec(t);
  const inner = paren?.[1] ?? t;
  const operand = /^\$(?:(\d+)|\{(\d+)(?::(\w+))?\})$/.exec(inner);
  if (operand !== null) {
    const index = Number(operand[1] ?? operand[2]);
    return { kind: "operand", index, gs, deref: paren !== null, star };
  }
  const number = /^\$\$(-?(?:0x[\da-f]+|\d+))$/i.exec(t);
  if (number?.[1] !== undefined) {
    const negative = number[1].startsWith("-");
    return { kind: "immediate", value: negative ? -BigInt(number[1].slice(1)) : BigInt(number[1]) };
  }
  const register = /^%(\w+)$/.exec(inner);
  const known = register?.[1] === undefined ? undefined : parseRegister(register[1]);
  if (known !== undefined) return { kind: "register", name: known.name, bits: known.bits, deref: paren !== null };
  return { kind: "text", text: t };
}

/** Splits at commas outside parentheses and braces. */
function splitArgs(text: string): string[] {
  const out: string[] = [];
  let depth = 0;
  let at = "";
  for (const c of text) {
    if (c === "(" || c === "{") depth++;
    if (c === ")" || c === "}") depth--;
    if (c === "," && depth === 0) {
      out.push(at.trim());
      at = "";
    } else at += c;
  }
  if (at.trim() !== "") out.push(at.trim());
  return out;
}

function parseStatements(lines: readonly string[]): Statement[] {
  const out: Statement[] = [];
  let lock = false;
  for (const line of lines) {
    let rest = line;
    for (;;) {
      const prefix = /^(lock|rep|repe|repne|notrack|ds|cs|data16|rex64)(?:\s+|$)/.exec(rest);
      if (prefix === null) break;
      if (prefix[1] === "lock") lock = true;
      rest = rest.slice(prefix[0].length);
    }
    if (rest === "") continue;
    const m = /^(\S+)\s*(.*)$/.exec(rest);
    out.push({ mnemonic: m?.[1] ?? rest, lock, args: splitArgs(m?.[2] ?? "").map(parseArg), text: line });
    lock = false;
  }
  return out;
}

/** Which text runs: see the head of this file. */
function chooseText(s: Sections): string {
  if (s.replacement === undefined) return s.main;
  const pieces = s.replacement.split(/(?:^|\n)\s*(?:66|77)\d{2,}:/).filter((t) => codeLines(t).length > 0);
  const first = pieces[0]?.replace(/(?:^|\n)\s*(?:66|77)\d{2,}:[\s\S]*$/, "") ?? "";
  const original = codeLines(s.main).join("; ");
  const paravirt = /\bcall \*/.test(original) && /1 << 15|8\*32\+ ?16/.test(s.features ?? "");
  const popcnt = /^call __sw_hweight/.test(original);
  return paravirt || popcnt ? first : s.main;
}

function labelIndex(operands: readonly AsmOperand[], operand: number): number | undefined {
  if (operands[operand]?.kind !== "label") return undefined;
  return operands.slice(0, operand).filter((o) => o.kind === "label").length;
}

function jumpPlan(s: Sections, operands: readonly AsmOperand[], template: string): AsmPlan | undefined {
  if (s.jumpTable !== undefined) {
    const target = /\$\{(\d+):l\}/.exec(s.jumpTable);
    const label = target?.[1] === undefined ? undefined : labelIndex(operands, Number(target[1]));
    const key = /\$\{(\d+):c\}(?: ?\+ ?\$\{(\d+):c\})?/.exec(s.jumpTable);
    const keyArg = key?.[1] === undefined ? undefined : operands[Number(key[1])]?.arg;
    if (label === undefined || keyArg === undefined) return undefined;
    const jumps = /\bjmp\b|0xe9/.test(s.main) && !/objtool NOPs/.test(template);
    return {
      kind: "key",
      key: keyArg,
      branch: key?.[2] === undefined ? undefined : operands[Number(key[2])]?.arg,
      label,
      initiallyTaken: jumps,
    };
  }
  // static_cpu_has: the first replacement is for "always" and goes where the feature is absent.
  const jump = /\bjmp \$\{(\d+):l\}/.exec(s.replacement ?? "");
  if (jump?.[1] !== undefined) return { kind: "jump", label: labelIndex(operands, Number(jump[1])) };
  if (codeLines(s.main).length === 0) return { kind: "jump", label: undefined };
  return undefined;
}

function codePlan(s: Sections, operands: readonly AsmOperand[]): AsmPlan {
  // `1: cmpxchg …; jnz 1b` on per-CPU data: nothing comes between the load before it and the exchange.
  const lines = codeLines(chooseText(s)).filter(
    (line, n, all) => !(/^jnz \d+b$/.test(line) && /^cmpxchg\w? .*%gs:/.test(all[n - 1] ?? "")),
  );
  const bug = s.bugTable !== undefined && lines.length === 1 && lines[0] === "ud2";
  const statements = bug ? [bugStatement(s.bugTable ?? "")] : parseStatements(lines);
  const functions = new Set<string>();
  const calledOperands: number[] = [];
  const indirectCalls: number[] = [];
  const used = new Set<number>();
  for (const o of operands) {
    // Register inputs are read by what is called or moved; an unused `i` or `m` operand is not.
    if (o.kind === "input" && o.arg !== undefined && !o.indirect && (o.register !== undefined || o.tied !== undefined)) used.add(o.arg);
  }
  for (const st of statements) {
    if (bug) {
      functions.add("__sd_bug");
      functions.add("__sd_warn");
    }
    const machine = MACHINE_FUNCTIONS[st.mnemonic] ?? controlFunction(st) ?? calledFunction(st);
    if (machine !== undefined) functions.add(machine);
    for (const [n, a] of st.args.entries()) {
      if (a.kind !== "operand") continue;
      const arg = operands[a.index]?.arg;
      if (arg === undefined) continue;
      if (st.mnemonic === "call" && n === 0 && !a.star && !operands[a.index]?.indirect) {
        calledOperands.push(arg);
        continue;
      }
      if (st.mnemonic === "call") indirectCalls.push(arg);
      used.add(arg);
      if (a.gs) functions.add("__sd_percpu_offset");
    }
  }
  return { kind: "code", operands, statements, functions: [...functions], calledOperands, indirectCalls, usedArgs: [...used] };
}

/**
 * `ud2` with its bug-table entry, as the pseudo statement "bug file, line, flags" (each an operand,
 * or absent as an empty text).
 */
function bugStatement(table: string): Statement {
  const refs = (directive: RegExp): string[] =>
    table
      .split("\n")
      .filter((line) => directive.test(line))
      .flatMap((line) => [...line.matchAll(/\$\{(\d+):c\}/g)].map((m) => m[1] ?? ""));
  const operand = (index: string | undefined): AsmArg =>
    index === undefined ? { kind: "text", text: "" } : { kind: "operand", index: Number(index), gs: false, deref: false, star: false };
  // The newest kernels put a format before the file; without file names there are only flags.
  const file = refs(/\.(?:long|quad) /).at(-1);
  const words = refs(/\.word /);
  const [line, flags] = file === undefined ? [undefined, words[0]] : words;
  return { mnemonic: "bug", lock: false, args: [operand(file), operand(line), operand(flags)], text: "ud2" };
}

const cache = new Map<string, AsmPlan>();

export function planAsm(asm: IrValue & { kind: "asm" }): AsmPlan {
  const id = `${asm.constraints}\n${asm.template}`;
  const known = cache.get(id);
  if (known !== undefined) return known;
  const plan = makePlan(asm.template, asm.constraints);
  cache.set(id, plan);
  return plan;
}

function makePlan(template: string, constraints: string): AsmPlan {
  const operands = parseConstraints(constraints);
  if (operands === undefined) return { kind: "unknown", why: `constraints "${constraints}"` };
  const sections = splitSections(template);
  if (operands.some((o) => o.kind === "label") || sections.jumpTable !== undefined) {
    const jump = jumpPlan(sections, operands, template);
    if (jump !== undefined) return jump;
    // An access with an exception table: it never faults here, so its label is never taken.
    const code = codePlan(sections, operands);
    return /\bj\w+ /.test(sections.main) ? { kind: "unknown", why: "a jump" } : code;
  }
  return codePlan(sections, operands);
}
