/**
 * `shootdown completion SHELL`: a script that completes commands, options, their choices, and what
 * `explain` and `report` take.
 */
import type { Command } from "commander";
import { CATALOGUE } from "../base/catalogue.ts";
import { CLASSES } from "../base/classes.ts";
import { type Surface, type SurfaceOption, surfaceOf } from "./surface.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

export function completion(program: Command, shell: Shell, reports: readonly string[]): string {
  const surface = surfaceOf(program);
  const words = wordsOf(reports);
  switch (shell) {
    case "bash":
      return bash(surface, words);
    case "zsh":
      return zsh(surface, words);
    case "fish":
      return fish(surface, words);
  }
}

/** What a command takes besides options and C files. */
const wordsOf = (reports: readonly string[]): Readonly<Record<string, readonly string[]>> => ({
  explain: [...Object.keys(CATALOGUE), ...Object.keys(CLASSES)],
  report: reports,
  completion: SHELLS,
});

const flags = (options: readonly SurfaceOption[]): string[] =>
  options.flatMap((o) => [...(o.short === undefined ? [] : [o.short]), o.long]);

function bash({ options, commands }: Surface, words: Readonly<Record<string, readonly string[]>>): string {
  const cases = commands.map((c) => {
    const choices = c.options
      .filter((o) => o.choices.length > 0)
      .map(
        (o) =>
          `      ${[...(o.short === undefined ? [] : [o.short]), o.long].join("|")}) COMPREPLY=($(compgen -W "${o.choices.join(" ")}" -- "$cur")); return ;;`,
      );
    const own = words[c.name] ?? [];
    return [
      `    ${c.name})`,
      ...(choices.length > 0 ? ['      case "$prev" in', ...choices, "      esac"] : []),
      `      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "${flags(c.options).join(" ")}" -- "$cur"))`,
      own.length > 0
        ? `      else COMPREPLY=($(compgen -W "${own.join(" ")}" -- "$cur")); fi ;;`
        : '      else COMPREPLY=($(compgen -f -X "!*.c" -- "$cur") $(compgen -d -- "$cur")); fi ;;',
    ].join("\n");
  });
  return `# eval "$(shootdown completion bash)"
_shootdown() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "${[...commands.map((c) => c.name), ...flags(options)].join(" ")}" -- "$cur"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
}
complete -o filenames -F _shootdown shootdown
`;
}

/** In single quotes, as all three shells take it. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function zsh({ commands }: Surface, words: Readonly<Record<string, readonly string[]>>): string {
  const plain = (text: string): string =>
    text
      .replaceAll(/[[\]:]/g, " ")
      .replaceAll(/ +/g, " ")
      .trim();
  const spec = (o: SurfaceOption): string[] => {
    const value = o.value === "" ? "" : `:value:${o.choices.length > 0 ? `(${o.choices.join(" ")})` : "_files"}`;
    return [...(o.short === undefined ? [] : [o.short]), o.long].map((flag) => quoted(`*${flag}[${plain(o.description)}]${value}`));
  };
  const cases = commands.map((c) => {
    const own = words[c.name];
    const rest = own === undefined ? quoted('*:file:_files -g "*.c"') : quoted(`*:word:(${own.join(" ")})`);
    return `    ${c.name}) _arguments ${[...c.options.flatMap(spec), rest].join(" \\\n      ")} ;;`;
  });
  return `#compdef shootdown
# eval "$(shootdown completion zsh)"
_shootdown() {
  if (( CURRENT == 2 )); then
    local -a commands=(${commands.map((c) => quoted(`${c.name}:${plain(c.description)}`)).join(" ")})
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
(( $+functions[compdef] )) && compdef _shootdown shootdown
`;
}

function fish({ options, commands }: Surface, words: Readonly<Record<string, readonly string[]>>): string {
  const line = (condition: string, o: SurfaceOption): string =>
    [
      `complete -c shootdown -n ${quoted(condition)}`,
      ...(o.short === undefined ? [] : [`-s ${o.short.slice(1)}`]),
      `-l ${o.long.slice(2)}`,
      ...(o.value.startsWith("<") ? ["-r"] : []),
      ...(o.choices.length > 0 ? [`-f -a ${quoted(o.choices.join(" "))}`] : []),
      `-d ${quoted(o.description)}`,
    ].join(" ");
  const first = "__fish_use_subcommand";
  const inside = (name: string): string => `__fish_seen_subcommand_from ${name}`;
  return [
    "# shootdown completion fish | source",
    ...commands.map((c) => `complete -c shootdown -f -n ${first} -a ${c.name} -d ${quoted(c.description)}`),
    ...options.map((o) => line(first, o)),
    ...commands.flatMap((c) => [
      ...c.options.map((o) => line(inside(c.name), o)),
      ...(words[c.name] === undefined
        ? []
        : [`complete -c shootdown -f -n ${quoted(inside(c.name))} -a ${quoted((words[c.name] ?? []).join(" "))}`]),
    ]),
    "",
  ].join("\n");
}
