/**
 * Paths as text, where no file system is at hand: positions in debug information are compared,
 * joined and shortened by what they spell.
 *
 * Folders are parted by "/", as clang writes them; a drive letter or a backslash at the beginning
 * also makes a path a full one.
 */

/** The path says by itself which file it means, whatever the current folder. */
export const isFullPath = (path: string): boolean => /^(?:[A-Za-z]:)?[\\/]/.test(path);

/** The folder that a file lies in: "/" or "." where the path names none. */
export function folderOf(path: string): string {
  const end = path.replace(/\/+$/, "").lastIndexOf("/");
  if (end < 0) return path.startsWith("/") ? "/" : ".";
  return path.slice(0, end).replace(/\/+$/, "") || "/";
}

/** `path` as seen from `folder`, with every "." and ".." that can be resolved resolved. */
export function joinPath(folder: string, path: string): string {
  const whole = `${folder}/${path}`;
  const rooted = whole.startsWith("/");
  const parts: string[] = [];
  for (const part of whole.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (!rooted) parts.push("..");
  }
  return `${rooted ? "/" : ""}${parts.join("/")}` || ".";
}
