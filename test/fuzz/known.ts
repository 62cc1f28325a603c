/**
 * Kinds of differences that the checker of today is known to show. Each is a fault to mend; then its line goes, and the test holds the checker to it.
 */
export const KNOWN_KINDS: readonly { readonly kind: RegExp; readonly why: string }[] = [
  {
    kind: /^(wrong|missed) endless-loop \(|^wrong endless-loop/,
    why: "a daemon's loop over memory that is not shared is taken for one that never ends",
  },
  { kind: /^wrong too-many-choices/, why: "the same, where the loop chooses" },
  { kind: /^missed race/, why: "races under different locks, and with accesses in sections" },
  {
    kind: /^not the same \(/,
    why: "the step cache at --merge none gives another answer where a thread waits; the interpreter where loops are given up",
  },
  { kind: /^missed deadlock/, why: "the same, and with assumptions" },
  { kind: /^preemptions of the shortest/, why: "the shortest schedule of an endless loop has one preemption too many" },
  { kind: /^missed outcome/, why: "struct copies are one access" },
];
