/** The few colours of a report. With `plain` the text is the same, letter for letter. */

type Paint = (text: string) => string;

export interface Palette {
  readonly bad: Paint;
  readonly good: Paint;
  readonly doubt: Paint;
  readonly strong: Paint;
  readonly faint: Paint;
  readonly name: Paint;
}

const same: Paint = (text) => text;
export const plain: Palette = { bad: same, good: same, doubt: same, strong: same, faint: same, name: same };

/** From the colours of picocolors, or anything shaped like it. */
export function paletteOf(colors: Readonly<Record<"red" | "green" | "yellow" | "bold" | "dim" | "cyan", Paint>>): Palette {
  return { bad: colors.red, good: colors.green, doubt: colors.yellow, strong: colors.bold, faint: colors.dim, name: colors.cyan };
}
