/** Which call ends what another began, by their names: locks, and sections that are like them. */

const PAIRS: readonly (readonly [RegExp, (name: string) => RegExp])[] = [
  [/^(?!.*(?:unlock|trylock|_init|_held))(\w*?)lock(_\w+)?$/, (name) => new RegExp(`^${stem(name)}unlock(?:_\\w+)?$`)],
  [/^down_(read|write)(?:_\w+)?$/, (name) => new RegExp(`^up_${/^down_(read|write)/.exec(name)![1]}$`)],
  [/^down(?:_interruptible|_killable)?$/, () => /^up$/],
  [/^\w+_begin$/, (name) => new RegExp(`^${name.slice(0, -"begin".length)}end$`)],
  [/^\w+_start$/, (name) => new RegExp(`^${name.slice(0, -"start".length)}end$`)],
  [/^(?:preempt|local_irq|local_bh)_disable$/, (name) => new RegExp(`^${name.replace("disable", "enable")}$`)],
  [/^local_irq_save$/, () => /^local_irq_restore$/],
];

/** "spin_" of spin_lock_irqsave. */
const stem = (name: string): string => /^(\w*?)lock(?:_\w+)?$/.exec(name)?.[1] ?? "";

/** What releases it; undefined if it takes nothing. */
export function unlockOf(name: string): RegExp | undefined {
  const pair = PAIRS.find(([pattern]) => pattern.test(name));
  return pair?.[1](name);
}
