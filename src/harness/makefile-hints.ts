/**
 * What the Makefiles of a driver say of how it is built: folders of headers, and the options of the
 * kernel's that its file depends on.
 *
 * Read as text: assignments of variables in the same Makefile are followed, conditions are not. A
 * folder that does not exist is left out.
 */
import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { textOf } from "../host/files.ts";

export interface MakefileHints {
  /** Below the tree. */
  readonly folders: readonly string[];
  /** "CONFIG_DRM_NOUVEAU_SVM", innermost first. */
  readonly options: readonly string[];
}

export function makefileHints(tree: string, driver: string): MakefileHints {
  const folders = new Set<string>();
  const options = new Set<string>();
  let object = `${posix.basename(driver, ".c")}.o`;
  for (let folder = posix.dirname(driver); folder !== "." && folder !== "/"; folder = posix.dirname(folder)) {
    const text = ["Kbuild", "Makefile"]
      .map((name) => textOf(join(tree, folder, name)) ?? "")
      .join("\n")
      .replace(/\\\r?\n/g, " ");
    for (const dir of includedIn(text, folder)) if (existsSync(join(tree, dir))) folders.add(dir);
    // `nouveau-$(CONFIG_X) += svm.o`, `obj-$(CONFIG_Y) += nouveau.o`, `obj-$(CONFIG_Z) += nouveau/`
    for (let more = true; more; ) {
      more = false;
      for (const [, target = "", option = "", list = ""] of text.matchAll(/^([\w.-]+)-\$\((CONFIG_\w+)\)\s*[:+]?=(.*)$/gm)) {
        if (!list.split(/\s+/).some((one) => one === object) || options.has(option)) continue;
        options.add(option);
        if (target !== "obj") object = `${target}.o`;
        more = target !== "obj";
      }
      const part = [...text.matchAll(/^([\w.-]+)-(?:y|objs)\s*[:+]?=(.*)$/gm)].find(
        ([, target, list = ""]) => target !== "obj" && list.split(/\s+/).includes(object),
      );
      if (part !== undefined && `${part[1]}.o` !== object) {
        object = `${part[1]}.o`;
        more = true;
      }
    }
    object = `${posix.basename(folder)}/`;
  }
  return { folders: [...folders], options: [...options] };
}

function includedIn(text: string, folder: string): string[] {
  const set = new Map([...text.matchAll(/^(\w+)\s*[:?]?=\s*(\S+)\s*$/gm)].map(([, name = "", value = ""]) => [name, value]));
  const expand = (path: string, depth = 0): string =>
    path.replace(/\$[({](\w+)[)}]/g, (whole, name: string) => {
      if (name === "src") return folder;
      if (name === "srctree") return ".";
      const value = set.get(name);
      return value === undefined || depth > 4 ? whole : expand(value, depth + 1);
    });
  return [...text.matchAll(/^(?:subdir-)?(?:ccflags-y|ccflags-\$\(\w+\)|CFLAGS_\S+|EXTRA_CFLAGS)\s*[:+]?=(.*)$/gm)].flatMap(
    ([, flags = ""]) =>
      [...flags.matchAll(/-I\s*(\S+)/g)].map(([, path = ""]) => posix.normalize(expand(path))).filter((path) => !path.includes("$")),
  );
}
