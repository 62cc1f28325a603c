/** What is said of a harness that was written: what each callback reaches, what is missing, and how to go on. */
import type { Owner, ReachedName } from "./reached-by.ts";
import type { CallbackReach, WrittenHarness } from "./write-harness.ts";

/** Names of functions that are listed in one line. */
const MOST_NAMES = 10;

export function harnessSummary({ command, callbacks, placed, beside, refused, standIns, marks }: WrittenHarness, name: string): string {
  const lines = [`${name} is written: it compiles, with ${marks} lines marked FILL.`, ""];
  for (const one of callbacks) lines.push(...callbackLines(one));
  if (standIns.length > 0) lines.push(`Nobody defines these, the harness does, and as yet they do nothing: ${listed(standIns)}`);
  for (const { ops, container } of placed)
    if (container === undefined) lines.push(`${ops.name} is not registered: its callbacks do not say which object has the notifier`);
  if (beside.length > 0) lines.push(`Linked beside it, for what the callbacks call: ${beside.join(", ")}`);
  for (const { file, why } of refused) lines.push(`${file} would define what is missing, and cannot be linked: ${why}`);
  lines.push("", "Check it, then fill in the lines, and check it again:", `    ${command}`);
  return `${lines.join("\n")}\n`;
}

const listed = (names: readonly string[]): string => {
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
  return `${names
    .slice(0, MOST_NAMES)
    .map((name) => `${name}()`)
    .join(", ")}${more}`;
};

const OWNERS: readonly (readonly [Owner, string])[] = [
  ["driver", "of the file"],
  ["tree", "of other files of the tree"],
  ["runtime", "of the runtime"],
  ["nobody", "of nobody"],
];

function callbackLines({ ops, member, function: name, reached }: CallbackReach): string[] {
  if (reached.length === 0) return [`${ops}.${member}: ${name}() is not in what is linked`];
  const of = (owner: Owner): ReachedName[] => reached.filter((one) => one.owner === owner);
  const counts = OWNERS.flatMap(([owner, said]) => (of(owner).length === 0 ? [] : [`${of(owner).length} ${said}`]));
  const missing = of("nobody").map((one) => one.name);
  return [
    `${ops}.${member}: ${name}() reaches ${reached.length} functions: ${counts.join(", ")}`,
    ...(missing.length === 0 ? [] : [`    nobody defines ${listed(missing)}: to reach one ends the run`]),
  ];
}
