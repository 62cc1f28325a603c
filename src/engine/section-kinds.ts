/**
 * The kinds of atomic sections, as kernel/include/shootdown.h numbers them, and what each claims:
 * how it moves past operations of other threads (docs/soundness.md), and what it does to a lock. A
 * claim that a pass refutes makes the section a non-mover.
 */
export interface SectionKind {
  readonly name: string;
  /**
   * `right`: may be moved behind what other threads do next; `left`: before what they did; `both`;
   * `none`.
   */
  readonly mover: "none" | "right" | "left" | "both";
  readonly lock?: { readonly does: "acquire" | "release"; readonly mode: "exclusive" | "shared" };
}

/** By number. */
export const SECTIONS: readonly SectionKind[] = [
  { name: "SD_STEP", mover: "none" },
  { name: "SD_ACQUIRE", mover: "right", lock: { does: "acquire", mode: "exclusive" } },
  { name: "SD_ACQUIRE_SHARED", mover: "right", lock: { does: "acquire", mode: "shared" } },
  { name: "SD_RELEASE", mover: "left", lock: { does: "release", mode: "exclusive" } },
  { name: "SD_RELEASE_SHARED", mover: "left", lock: { does: "release", mode: "shared" } },
  { name: "SD_LOCAL", mover: "both" },
  { name: "SD_ALLOC", mover: "right" },
];

/** Sections that are no operation of their step as long as their claim holds. */
export const isSilent = (kind: number): boolean => {
  const section = SECTIONS[kind];
  return section !== undefined && section.mover !== "none" && section.lock === undefined;
};
