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
    file: "src/compile/access.ts",
    find: `  const refute = define(builder, [], [], (c) => {
    const at = c.local("i32");
    const byte = c.local("i32");
`,
    replace: `  const refute = define(builder, [], [], (c) => {
    const at = c.local("i32");
    const byte = c.local("i32");
    c.i32(1).if();
    c.op("return").end();
`,
  },
  {
    name: "locks-believed",
    what: "a lock protects, though two threads have held it at once",
    file: "src/compile/section.ts",
    find: `    c.get(0).i32(2).op("i32.shr_u").tee(at).mem("i32.load8_u", map.claims).tee(byte);
    c.i32(CLAIM.broken | CLAIM.brokenNow)`,
    replace: `    c.i32(1).if();
    c.op("return").end();
    c.get(0).i32(2).op("i32.shr_u").tee(at).mem("i32.load8_u", map.claims).tee(byte);
    c.i32(CLAIM.broken | CLAIM.brokenNow)`,
  },
  {
    name: "freeing-unshared",
    what: "freeing is no write to what is freed",
    file: "src/compile/bulk.ts",
    find: `    c.get(word).mem("i32.load8_u", map.shared).op("i32.eqz").getGlobal(globals.tracking).op("i32.and").if();`,
    replace: `    c.i32(0).if();`,
  },
  {
    name: "final-unseen",
    what: "what the final check reads is not noted",
    file: "src/compile/access.ts",
    find: `      c.getGlobal(globals.tracking).i32(2).op("i32.eq").if();
`,
    replace: `      c.getGlobal(globals.tracking).i32(2).op("i32.eq").if();
      c.op("return").end();
      c.i32(0).if();
`,
  },
  {
    name: "blocked-preempts",
    what: "a switch away from a thread that waits counts as a preemption",
    file: "src/compile/search.ts",
    find: `    c.get(outcome).i32(OUTCOME).op("i32.and").tee(outcome).i32(BLOCKED).op("i32.eq").if();
    back();`,
    replace: `    c.get(outcome).i32(OUTCOME).op("i32.and").tee(outcome).i32(BLOCKED).op("i32.eq").if();
    c.get(thread).get(last).op("i32.eq").if();
    setFlag(FLAG.lastEnabled);
    c.end();
    back();`,
  },
  {
    name: "waits-in-the-middle",
    what: "what may have to wait need not begin a step",
    file: "src/compile/instr.ts",
    find: `      if (place.guarded) {
        // What may`,
    replace: `      if (place.guarded && place.segment < 0) {
        // What may`,
  },
  {
    name: "marked-after-all",
    what: "an access to a shared word leaves the step as if nothing had been done",
    file: "src/compile/access.ts",
    find: `    c.i32(1).setGlobal(globals.post);
    c.getGlobal(globals.ops)`,
    replace: `    c.getGlobal(globals.ops)`,
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
