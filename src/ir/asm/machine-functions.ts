/**
 * Which C function a statement of assembly calls: one that it names, or one of the kernel under
 * check that stands for an instruction with an effect outside memory.
 */

import type { Statement } from "./parsed-asm.ts";

/**
 * The C functions that stand for instructions with an effect outside memory. The model kernel
 * defines them.
 */
export const MACHINE_FUNCTIONS: Readonly<Record<string, string>> = {
  cli: "__sd_irq_disable",
  sti: "__sd_irq_enable",
  pushf: "__sd_irq_save_flags",
  pushfq: "__sd_irq_save_flags",
  popf: "__sd_irq_restore_flags",
  popfq: "__sd_irq_restore_flags",
  invlpg: "__sd_invlpg",
  invpcid: "__sd_invpcid",
  rdtsc: "__sd_rdtsc",
  wrmsr: "__sd_wrmsr",
  movsb: "__sd_rep_movsb",
};

/** `__sd_write_cr3` and the like, if the statement moves to or from a control register. */
export function controlFunction(s: Statement): string | undefined {
  if (!/^mov[ql]?$/.test(s.mnemonic)) return undefined;
  const [from, to] = s.args;
  const read = from?.kind === "text" ? /^%%?(cr\d)$/.exec(from.text) : null;
  if (read !== null) return `__sd_read_${read[1]}`;
  const write = to?.kind === "text" ? /^%%?(cr\d)$/.exec(to.text) : null;
  return write === null ? undefined : `__sd_write_${write[1]}`;
}

/**
 * The plain function behind `call NAME`, with user-access helpers and static-call trampolines
 * named.
 */
export function calledFunction(s: Statement): string | undefined {
  const target = s.args[0];
  if (s.mnemonic !== "call" || target?.kind !== "text") return undefined;
  if (/^__get_user_/.test(target.text)) return "__sd_get_user";
  if (/^__put_user_/.test(target.text)) return "__sd_put_user";
  return /^[A-Za-z_]\w*$/.test(target.text) ? target.text : undefined;
}
