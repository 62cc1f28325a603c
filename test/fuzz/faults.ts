/**
 * Faults to plant in a copy of the sources, so that one can see whether the fuzzer finds them: `npm run fuzz -- --fault NAME`. Each leaves a rule out.
 *
 * A fault is a text and what comes in its place. The text must be there once: when the code changes, so does the fault.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Fault {
  readonly name: string;
  readonly what: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const FAULTS: readonly Fault[] = [
  {
    name: "claims-believed",
    what: "a section that claims to commute is believed whatever it touches",
    file: "src/engine/tracking.ts",
    find: `  const refute = procedure(builder, [], () => refuteObject(g.claim.sub(1).shr(2)));
`,
    replace: `  const refute = procedure(builder, [], () => {});
`,
  },
  {
    name: "locks-believed",
    what: "a lock protects, though two threads have held it at once",
    file: "src/engine/section.ts",
    find: `  const noteBroken = procedure(builder, ["i32"], (object) => {
`,
    replace: `  const noteBroken = procedure(builder, ["i32"], (object) => {
    when(1, () => give());
`,
  },
  {
    name: "freeing-unshared",
    what: "freeing is no write to what is freed",
    file: "src/engine/liveness.ts",
    find: `        () => when(g.tracking, () => accesses.trackWrite(word)),
`,
    replace: `        () => {},
`,
  },
  {
    name: "final-unseen",
    what: "what the final check reads is not noted",
    file: "src/engine/tracking.ts",
    find: `      when(g.tracking.eq(TRACKING.finalCheck), () => {
`,
    replace: `      when(g.tracking.eq(TRACKING.finalCheck), () => give());
      when(0, () => {
`,
  },
  {
    name: "blocked-preempts",
    what: "a switch away from a thread that waits counts as a preemption",
    file: "src/engine/search-loop.ts",
    find: `      when(outcome.eq(BLOCKED), back);`,
    replace: `      when(outcome.eq(BLOCKED), () => {
        when(thread.eq(last), () => setFlag(FLAG.lastEnabled));
        back();
      });`,
  },
  {
    name: "waits-in-the-middle",
    what: "what may have to wait need not begin a step",
    file: "src/compile/engine-calls.ts",
    find: `      if (place.guarded && !mayExtend(Number(kind.imm))) {
        // What may`,
    replace: `      if (place.guarded && place.segment < 0) {
        // What may`,
  },
  {
    name: "marked-after-all",
    what: "an access to a shared word leaves the step as if nothing had been done",
    file: "src/engine/checked-access.ts",
    find: `    g.post.set(1);
    increase(g.ops);`,
    replace: `    increase(g.ops);`,
  },
  {
    name: "grace-period-short",
    what: "a grace period of the model kernel waits for nobody",
    file: "kernel/locking/srcu.c",
    find: `	if (ssp->waits[me])
		__sd_block();`,
    replace: `	if (ssp->waits[me] == ~0UL)
		__sd_block();`,
  },
  {
    name: "stack-for-ever",
    what: "a local variable stays alive when its function has returned",
    file: "src/engine/local-variables.ts",
    find: `        setLive(address, i32(RETURNED));`,
    replace: `        setLive(address, i32(LIVE));`,
  },
  {
    name: "memory-all-written",
    what: "kmalloc gives memory that counts as written",
    file: "kernel/locking/slab.c",
    find: `			if (!(flags & __GFP_ZERO))
				__sd_uninit`,
    replace: `			if (flags == ~0U)
				__sd_uninit`,
  },
  {
    name: "cpu-for-all",
    what: "a thread runs on a CPU that another holds with preemption off",
    file: "src/engine/step.ts",
    find: `            status.set(BLOCKED);
            done();
`,
    replace: ``,
  },
  {
    name: "races-in-the-middle",
    what: "a plain access that races need not begin a step",
    file: "src/engine/checked-access.ts",
    find: `    when(plain && mergesMovers(merging) ? g.ops : g.post, () => give(1));`,
    replace: `    when(g.post, () => give(1));`,
  },
  {
    name: "plain-at-once",
    what: "plain accesses to shared memory, those of copies among them, are no scheduling points",
    file: "src/program/points.ts",
    find: `instr.order === "marked" || options.merging === "none" || options.racyAccesses.has(instr.access);`,
    replace: `instr.order === "marked" || options.merging === "none";`,
  },
  {
    name: "irqs-no-region",
    what: "a region with interrupts off is no RCU reader",
    file: "kernel/locking/context.c",
    find: `	sd_atomic_region_begins();
	current->irqs_off = 1;`,
    replace: `	current->irqs_off = 1;`,
  },
  {
    name: "newborn-for-ever",
    what: "what a step made live may be reached by others unseen after that step has shown something",
    file: "src/engine/tracking.ts",
    find: `      when(g.post.isZero(), () => when(bornEpoch`,
    replace: `      when(1, () => when(bornEpoch`,
  },
  {
    name: "assumptions-unseen",
    what: "an assumption does not end the step before it",
    file: "src/compile/engine-calls.ts",
    find: `        // What others could see before the assumption is looked at, they may see.
        c.getGlobal(globals.ops).if();`,
    replace: `        c.i32(0).if();`,
  },
  {
    name: "choices-wait",
    what: "a step that has chosen may go on to a guard that has to wait",
    file: "src/compile/engine-calls.ts",
    find: `c.getGlobal(globals.ops).getGlobal(globals.choices).op("i32.or").if();`,
    replace: `c.getGlobal(globals.ops).if();`,
  },
  {
    name: "stuck-unasked",
    what: "a busy daemon that waits for ever is no deadlock",
    file: "src/explore/stuck.ts",
    find: `    return edges === undefined ? undefined : DEADLOCK;
`,
    replace: `    return edges === undefined || stuck.size > 0 ? undefined : DEADLOCK;
`,
  },
  {
    name: "circles-unasked",
    what: "a loop that changes memory in each round counts as going on",
    file: "src/engine/search-loop.ts",
    find: `when(nonZero(state.waiting).and(state.flags.and(FLAG.cameBack | FLAG.ends).eq(FLAG.cameBack)), () => {`,
    replace: `when(nonZero(state.waiting).and(state.flags.and(FLAG.cameBack | FLAG.ends).eq(0)).and(0), () => {`,
  },
  {
    name: "joint-circles-unseen",
    what: "of several searches, one does not see that another has a state on its stack",
    file: "src/engine/search-loop.ts",
    find: `            () => when(visited.eq(VISITED.stacked), () => setFlag(FLAG.cameBack)),
`,
    replace: `            () => {},
`,
  },
  {
    name: "extensions-believed",
    what: "a step goes on although others touch what it touches meanwhile",
    file: "src/engine/extensions.ts",
    find: `      refute(word, writes);
`,
    replace: ``,
  },
  {
    name: "extensions-final-unseen",
    what: "the final check does not refute what a daemon's step went on with",
    file: "src/engine/extensions.ts",
    find: `    when(g.tracking.isZero(), () => give());
    when(g.recording`,
    replace: `    when(g.tracking.ne(TRACKING.thread), () => give());
    when(g.recording`,
  },
  {
    name: "extensions-of-locks",
    what: "a step goes on with a lock although others use that lock meanwhile",
    file: "src/engine/section.ts",
    find: `          extensions.touchLock(() => lockBit(object), lock.mode === "exclusive");
`,
    replace: ``,
  },
  {
    name: "extensions-of-cpus",
    what: "a step goes on with preemption off although others could run on the CPU meanwhile",
    file: "src/engine/step.ts",
    find: `          extensions.touchLock(() => table(U32, map.cpus).at(thread), false);
`,
    replace: ``,
  },
  {
    name: "extensions-freed",
    what: "freeing does not refute a step that went on with what is freed",
    file: "src/engine/liveness.ts",
    find: `        () => extensions.touch(word, true),
`,
    replace: `        () => {},
`,
  },
  {
    name: "joint-lost-work",
    what: "of several searches, one gives away more than it hands over",
    file: "src/engine/search-handover.ts",
    find: `  for (const i of given) close(view,`,
    replace: `  for (const i of open) close(view,`,
  },
  {
    name: "one-plain-access",
    what: "of the plain accesses that a step may come to by what it chooses, only the first is asked for races",
    file: "src/explore/races.ts",
    find: "      if (first !== undefined && !pending.some(",
    replace: "      if (first !== undefined && pending.length === 0 && !pending.some(",
  },
];

/** Changes the file below `root`. */
export function plant(name: string | undefined, root: string): void {
  const fault = FAULTS.find((f) => f.name === name);
  if (fault === undefined) throw new Error(`no fault ${name}; there is ${FAULTS.map((f) => f.name).join(", ")}`);
  const path = join(root, fault.file);
  const text = readFileSync(path, "utf8");
  if (!fits(fault, text)) throw new Error(`the text of fault ${fault.name} is not in ${fault.file} once`);
  writeFileSync(
    path,
    text.replace(fault.find, () => fault.replace),
  );
}

export const fits = (fault: Fault, text: string): boolean => text.split(fault.find).length === 2;
