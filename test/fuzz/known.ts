/**
 * Kinds of differences that the checker of today is known to show (shrunk examples: found/). Each is a fault to mend, here or there; then its line
 * goes, and the test holds the checker to it.
 */
export const KNOWN_KINDS: readonly { readonly kind: RegExp; readonly why: string }[] = [
  { kind: /^missed deadlock \(full/, why: "found/busy-daemon-waits.c: a daemon that enters the kernel and waits there at once" },
  { kind: /^missed race/, why: "found/race-in-section.c: of a word that a section touches twice, only the last access is looked at" },
  { kind: /^wrong model-limit/, why: "found/daemon-chooses.c: a daemon that chooses and does nothing else" },
  { kind: /^not the same \(full \/ full, interpreter\)/, why: "the same: the interpreter sees no limit there" },
  {
    kind: /^TLBs: sets of translations lost-write, naive none/,
    why: "found/tlb-after-fault.c: a translation that was missed is used later",
  },
];
