/**
 * TLBs as sets against TLBs as events: small programs that change page-table entries beside threads in user mode, checked as they are and with
 * -DSD_TLB_NAIVE, where a TLB is one entry that fills and is evicted as an operation of its own. Both must find a violation, or neither.
 *
 * There is no explorer here: what the machine does is C on top of the engine, and the naive TLB is its plainest form.
 */

import { type Dice, dice } from "./dice.ts";
import type { Compiler } from "./engine.ts";

/** One line each; `v` is the page that is meant. */
export type TlbOp = "clear" | "clear-flush" | "protect" | "restore" | "flush" | "flush-all" | "copy" | "free" | "lock" | "unlock";

export interface TlbProgram {
  readonly ops: readonly TlbOp[];
  /** Of each thread in user mode: what it does, over and over or once; on the mm's pages 0 and 1. */
  readonly users: readonly { readonly once: boolean; readonly accesses: readonly { readonly write: boolean; readonly page: 0 | 1 }[] }[];
  readonly pages: 1 | 2;
  readonly file: boolean;
  /** The thread that changes entries runs in the mm too. */
  readonly inside: boolean;
}

const ORDERS: readonly (readonly [number, readonly TlbOp[]])[] = [
  // Moves the page.
  [4, ["lock", "clear", "flush", "copy", "unlock", "free"]],
  // Takes it away.
  [3, ["lock", "clear-flush", "unlock", "free"]],
  [2, ["lock", "clear", "unlock", "flush", "free"]],
  // Looks at it while nobody writes.
  [3, ["lock", "protect", "flush", "restore", "flush", "unlock"]],
  [2, ["lock", "clear", "flush", "restore", "unlock"]],
];

export function generateTlb(seed: number, index: number): TlbProgram {
  const d = dice(seed, index, 0x71b);
  const ops = [...d.weighted(ORDERS)];
  // As it should be, or with a flush that is missing, too early or too late.
  for (let changes = d.roll(3); changes > 0; changes--) {
    const at = ops.findIndex((op) => op === "flush" || op === "clear-flush");
    const where = d.roll(ops.length);
    if (at < 0 || d.once(4)) ops.splice(where, 0, d.pick(["flush", "flush-all"] as const));
    else if (ops[at] === "clear-flush") ops[at] = "clear";
    else {
      ops.splice(at, 1);
      if (d.once(2)) ops.splice(where, 0, d.once(4) ? "flush-all" : "flush");
    }
  }
  const pages = d.once(3) ? 2 : 1;
  return {
    ops,
    users: Array.from({ length: d.once(5) ? 2 : 1 }, () => userOf(d, pages)),
    pages,
    file: d.once(4),
    inside: d.once(2),
  };
}

function userOf(d: Dice, pages: 1 | 2): TlbProgram["users"][number] {
  const page = (): 0 | 1 => (pages === 2 && d.once(3) ? 1 : 0);
  return { once: d.once(2), accesses: Array.from({ length: 1 + d.roll(2) }, () => ({ write: d.roll(3) > 0, page: page() })) };
}

export const TLB_PRELUDE = "#include <linux/highmem.h>\n#include <shootdown/scenario.h>\n";

const LINES: Readonly<Record<TlbOp, string>> = {
  lock: "spin_lock(ptl);",
  unlock: "spin_unlock(ptl);",
  clear: "entry = ptep_get_and_clear(mm, addr, ptep);",
  "clear-flush": "entry = ptep_clear_flush(vma, addr, ptep);",
  protect: "entry = ptep_get(ptep); ptep_set_wrprotect(mm, addr, ptep);",
  restore: "set_pte_at(mm, addr, ptep, entry);",
  flush: "flush_tlb_page(vma, addr);",
  "flush-all": "flush_tlb_mm(mm);",
  copy: "new = alloc_page(GFP_ATOMIC); copy_highpage(new, old); atomic_inc(&new->_mapcount); set_pte_at(mm, addr, ptep, pte_mkdirty(mk_pte(new, vma->vm_page_prot)));",
  free: "page_remove_rmap(old, false); put_page(old);",
};

export function printTlb(program: TlbProgram, prefix = ""): { readonly text: string; readonly scenario: string } {
  const user = (u: TlbProgram["users"][number], i: number): string => {
    const lines = u.accesses.map(
      ({ write, page }) => `\tsd_user_${write ? "write" : "read"}(${prefix}va${page === 1 ? " + PAGE_SIZE" : ""});\n`,
    );
    return `static void ${prefix}user${i}(void *unused)\n{\n${lines.join("")}}\n`;
  };
  const run = (u: TlbProgram["users"][number], i: number): string =>
    u.once ? `\tsd_cpu_run(${i}, mm, "user${i}", ${prefix}user${i}, NULL);\n` : `\tsd_user(${i}, mm, ${prefix}user${i}, NULL);\n`;
  const text = `unsigned long ${prefix}va;
${program.users.map(user).join("")}static void ${prefix}change(void *arg)
{
	struct mm_struct *mm = arg;
	unsigned long addr = ${prefix}va;
	struct vm_area_struct *vma = find_vma(mm, addr);
	pmd_t *pmd = mm_find_pmd(mm, addr);
	spinlock_t *ptl = pte_lockptr(mm, pmd);
	pte_t *ptep = pte_offset_map(pmd, addr), entry = ptep_get(ptep);
	struct page *new, *old = pte_page(entry);

${program.ops.map((op) => `\t${LINES[op]}\n`).join("")}	(void)new;
	(void)old;
}
void ${prefix}scenario(void)
{
	struct mm_struct *mm = sd_mm("A");
	struct file *file = ${program.file ? `sd_file("file", ${program.pages})` : "NULL"};

	${prefix}va = sd_mmap(mm, file, ${program.pages});
	sd_populate(mm, ${prefix}va);
${program.pages === 2 ? `\tsd_populate(mm, ${prefix}va + PAGE_SIZE);\n` : ""}${program.users.map(run).join("")}	sd_cpu_run(${program.users.length}, ${program.inside ? "mm" : "NULL"}, "change", ${prefix}change, mm);
}
`;
  return { text, scenario: `${prefix}scenario` };
}

/** For each: "both none" or "both violation", "undecided" (too much to do), or what each said. */
export async function tlbAnswers(compiler: Compiler, programs: readonly TlbProgram[]): Promise<readonly string[]> {
  const pieces = programs.map((program, i) => ({ ...printTlb(program, `p${i}_`), final: undefined, statements: new Map() }));
  const batch = { prelude: TLB_PRELUDE, kernel: "4.19", defines: [] } as const;
  const sets = await compiler.compilePieces(pieces, batch);
  const naive = await compiler.compilePieces(pieces, { ...batch, defines: ["SD_TLB_NAIVE"] });
  const answers: string[] = [];
  for (let i = 0; i < programs.length; i++) {
    const [one, other] = [await sets[i]!.check(SETTING, []), await naive[i]!.check(SETTING, [])];
    if (one.kind === "inconclusive" || other.kind === "inconclusive") answers.push("undecided");
    else answers.push(one.kind === other.kind ? `both ${one.kind}` : `sets of translations ${one.klass}, naive ${other.klass}`);
  }
  return answers;
}

const SETTING = { merging: "full", engine: "compiled", remember: true, reference: false, preemptions: undefined, searches: 1 } as const;

/** With one operation, access or thread less. */
export function* smallerTlb(program: TlbProgram): Generator<TlbProgram> {
  for (let i = 0; i < program.ops.length; i++) yield { ...program, ops: program.ops.filter((_, k) => k !== i) };
  if (program.users.length > 1)
    for (let i = 0; i < program.users.length; i++) yield { ...program, users: program.users.filter((_, k) => k !== i) };
  for (const [i, user] of program.users.entries())
    if (user.accesses.length > 1)
      for (let k = 0; k < user.accesses.length; k++)
        yield {
          ...program,
          users: program.users.map((u, n) => (n === i ? { ...u, accesses: u.accesses.filter((_, m) => m !== k) } : u)),
        };
  if (program.pages === 2 && program.users.every((u) => u.accesses.every((a) => a.page === 0))) yield { ...program, pages: 1 };
  if (program.file) yield { ...program, file: false };
}
