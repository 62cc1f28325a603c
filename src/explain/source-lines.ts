/** The text of source lines, for rows and races. */
import { NOWHERE } from "./story.ts";

export function sourceReader(read: ((file: string) => string | undefined) | undefined): (file: string, line: number) => string {
  const files = new Map<string, readonly string[]>();
  return (file, line) => {
    if (read === undefined || file === "" || file === NOWHERE.file) return "";
    const lines = files.get(file) ?? read(file)?.split("\n") ?? [];
    files.set(file, lines);
    return lines[line - 1]?.trim() ?? "";
  };
}
