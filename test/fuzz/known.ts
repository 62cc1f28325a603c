/**
 * Kinds of differences that the checker of today is known to show (shrunk examples: found/). Each is a fault to mend, here or there; then its line
 * goes, and the test holds the checker to it.
 */
export const KNOWN_KINDS: readonly { readonly kind: RegExp; readonly why: string }[] = [
  { kind: /^missed race/, why: "found/race-*.c: only some of the accesses that race with a plain one are named" },
  { kind: /^wrong model-limit|^wrong too-many-choices/, why: "found/daemon-chooses.c: a daemon that chooses and does nothing else" },
  { kind: /^not the same \(full \/ full, interpreter\)/, why: "the same: the interpreter sees no limit there" },
  {
    kind: /^TLBs: sets of translations lost-write, naive none/,
    why: "found/tlb-after-fault.c: a translation that was missed is used later",
  },
];
