/**
 * Breaks text into lines at spaces; a word that is longer than a line is cut where it must be.
 * Widths count characters.
 */

export function wrap(text: string, width: number, hanging = 0): string[] {
  const lines: string[] = [];
  let line = "";
  const room = (): number => Math.max(width - (lines.length > 0 ? hanging : 0), 1);
  const push = (): void => {
    lines.push(`${lines.length > 0 ? " ".repeat(hanging) : ""}${line}`);
    line = "";
  };
  for (let word of text.split(/\s+/).filter((w) => w !== "")) {
    if (line !== "" && line.length + 1 + word.length > room()) push();
    while (word.length > room() && line === "") {
      const cut = cutAt(word, room());
      line = word.slice(0, cut);
      word = word.slice(cut);
      push();
    }
    if (word !== "") line = line === "" ? word : `${line} ${word}`;
  }
  if (line !== "" || lines.length === 0) push();
  return lines;
}

/** After a dot, an arrow or a bracket if one is near, else after an underscore. */
function cutAt(word: string, width: number): number {
  const head = word.slice(0, width);
  const joint = Math.max(head.lastIndexOf("."), head.lastIndexOf(">"), head.lastIndexOf("]")) + 1;
  if (joint > width / 3) return joint;
  const underscore = head.lastIndexOf("_") + 1;
  return underscore > width / 3 ? underscore : width;
}
