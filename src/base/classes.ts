/**
 * Every class of violation that the model or the engine reports: what it means and where to look.
 * `shootdown explain CLASS` prints an entry, and the table in docs/verdicts.md names them all (a
 * test holds them equal). A scenario's own classes, from __sd_fail, are not here.
 */

export interface ViolationClass {
  readonly raisedBy: "machine" | "final check" | "locks" | "notifiers" | "kernel code" | "engine";
  readonly meaning: string;
  /** What to look at in the story. */
  readonly advice: string;
}

const entry = (raisedBy: ViolationClass["raisedBy"], meaning: string, advice: string): ViolationClass => ({ raisedBy, meaning, advice });

const ENGINE_MEMORY =
  "The story says when the object was freed, if it was. KASAN reports the same in a running kernel, if the schedule happens there.";

export const CLASSES: Readonly<Record<string, ViolationClass>> = {
  "lost-write": entry(
    "machine",
    "A store went to a page whose contents were already copied elsewhere, or the only copy of the last store was freed. The next read of that address sees older contents.",
    "The last lines of the story name the stale translation that the store used, and the flush or callback that did not reach it. The cure is to invalidate before the copy is made, or to check again before a translation is installed.",
  ),
  "stale-read": entry(
    "machine",
    "A load did not see the last store to that address: it went to an older copy.",
    "The story says where the last store went, and names the stale translation that the load used.",
  ),
  "freed-page-access": entry(
    "machine",
    "An access, or a copy, reached a page that is free. In a running kernel the page would soon be allocated again.",
    "Look for the free, and for the translation that outlived it: the flush or callback must come before the last reference is dropped.",
  ),
  "foreign-page-access": entry(
    "machine",
    "An access reached a page that holds something else: it was freed and allocated again.",
    "As for freed-page-access.",
  ),
  "poisoned-page-access": entry(
    "machine",
    "An access reached a page whose memory failed, after memory_failure() had reported that the page was contained.",
    "The story names the translation that the access used, and the flush or callback that did not reach it. An address that was mapped to such a page must give an error (SIGBUS) from then on.",
  ),
  "stale-pcid": entry(
    "machine",
    "A CPU loaded page tables under a PCID for which it has translations of other page tables, and did not flush them.",
    "An ASID that goes to another address space is loaded with a flush: without bit 63 of CR3.",
  ),
  "stale-permission": entry(
    "machine",
    "A store succeeded at an address that a system call had made read-only, after the call had returned.",
    "The story says through which old translation the store went; the flush must come before the call returns.",
  ),
  "freed-table-walk": entry(
    "machine",
    "A hardware walk went through a page table that is free.",
    "Tables must be freed after a flush, and after walkers without locks have left (RCU, or an IPI that waits for them).",
  ),
  "bad-count": entry(
    "final check",
    "When all threads have ended, a reference count or mapcount does not match the entries and users that there are.",
    "The closing sentence lists the steps that changed the count; one of them is missing its counterpart.",
  ),
  leak: entry(
    "final check",
    "When all threads have ended, a page has more references than users: it will never be freed.",
    "The closing sentence lists the steps that changed the count. A loop thread that is inside kernel code at the end needs sd_enter_kernel() and sd_leave_kernel() around it.",
  ),
  "bad-page": entry(
    "machine",
    "A page was freed while it was mapped or locked.",
    "Look for the code that freed it, and for the entry or lock that was left.",
  ),
  "migration-entry-left": entry(
    "final check",
    "An entry still says that its page is being migrated, and no migration is under way: faults there wait for ever.",
    "Some return path of the migration does not put the entries back.",
  ),
  "bad-entry": entry("final check", "An entry is of no known kind: faults there never end.", "Look for the last store to it."),
  "lock-leak": entry(
    "locks",
    "A thread ended and still holds a lock, or is still in atomic context; or a page is locked when all have ended.",
    "The closing sentence says which lock, and where it was taken.",
  ),
  "bad-unlock": entry(
    "locks",
    "A lock was released that was not held, or by a thread that does not hold it.",
    "Look for the missing lock, or the second unlock.",
  ),
  "lock-not-held": entry(
    "locks",
    "An assertion that a lock is held failed (lockdep_assert_held and the like).",
    "Look for the caller that does not take it.",
  ),
  "notifier-unpaired": entry(
    "notifiers",
    "A range start has no end, or an end no start: a subscriber that counts them waits for ever.",
    "Look at the return paths between the two, and at what happens if a callback fails.",
  ),
  "sleep-in-atomic": entry(
    "locks",
    "Something that may sleep was called where sleeping is not allowed: under a spinlock, with interrupts or preemption off, inside RCU, or in a callback that was told not to block.",
    "Move the call out, or use what does not sleep (GFP_ATOMIC, a trylock).",
  ),
  "ipi-irqs-off": entry(
    "machine",
    "Other CPUs' TLBs are flushed with interrupts off. Two CPUs that do so at once wait for each other.",
    "Flush after interrupts are back on.",
  ),
  deadlock: entry(
    "engine",
    "From here on no thread that has to end can ever go on, whatever looping threads do. The last lines say what each thread waits for, and which thread holds it.",
    "Take the locks in one order, or do not wait for others while holding what they need.",
  ),
  "use-after-free": entry("engine", "An access to memory that was freed.", ENGINE_MEMORY),
  "out-of-bounds": entry("engine", "An access to memory that belongs to no object, usually just past the end of one.", ENGINE_MEMORY),
  "null-dereference": entry(
    "engine",
    "An access through a null pointer, or close to one.",
    "Look for the store that set the pointer, or for the one that is missing.",
  ),
  "endless-loop": entry(
    "engine",
    "Threads are in loops that nothing can end: no schedule that goes on from here comes to the end of any of them.",
    "Something must write what the loop waits for. A thread that is meant to run for ever is made with sd_loop_thread().",
  ),
  "double-free": entry("machine", "An object or page was freed twice.", "The story says where it was freed first."),
  "bug-on": entry("kernel code", "A BUG_ON, VM_BUG_ON or BUG of the kernel code fired.", "The closing sentence gives the condition."),
  "warn-on": entry("kernel code", "A WARN_ON of the kernel code fired.", "The closing sentence gives the condition."),
  segfault: entry(
    "machine",
    "An access that no VMA allows.",
    "Either the scenario accesses what it did not map, or the code under check took the mapping away too early.",
  ),
  sigbus: entry("machine", "A fault that should have succeeded failed.", "Look at what the fault handler saw."),
  "use-after-return": entry(
    "engine",
    "An access to a local variable of a function that has returned, or of a block that was left.",
    "Look for the code that kept its address, and for the wait that is missing.",
  ),
  uninitialised: entry(
    "engine",
    "A branch, an address or a call depends on memory that was allocated and never written.",
    "Write it before it is read, or allocate it with __GFP_ZERO.",
  ),
  "wild-call": entry("engine", "A call through a pointer that points to no function.", "Look for the store that set the pointer."),
  "write-to-constant": entry("engine", "A store to a variable that is const.", "Look for the cast that takes const away."),
};

/** "lost-write" however it is spelt. */
export function classNamed(text: string): string | undefined {
  const name = text.toLowerCase().replaceAll(/[ _]+/g, "-");
  return name in CLASSES ? name : undefined;
}
