/**
 * What a member of a joint search (explore/joint-search.ts) is made of, as data that can be sent to
 * another thread; and the member, made of it there. Only what setup and steps need is sent: of a
 * program without its code, that is a small part.
 */
import type { CompiledModule } from "../compile/compile-program.ts";
import { type RunOptions, runCompiled } from "../compile/compiled.ts";
import { lockNumbers, sharedLockNumbers } from "../engine/joint-machine.ts";
import { type SharedVisited, shareVisited, type VisitTogether, visitTogether } from "../engine/shared-visited-set.ts";
import type { SiteOf } from "../explore/races.ts";
import { type Control, createControl, createMember, type FromMember, type Member } from "../explore/search-member.ts";
import type { Machine } from "../machine/machine.ts";
import { accessesThatDecide } from "../program/decides.ts";
import { accessSites } from "../program/flow.ts";
import type { Program } from "../program/program.ts";
import type { MachineParts } from "./machines.ts";

/** To be sent to each member, with its index. */
export interface MemberParts {
  readonly program: Program;
  readonly compiled: Pick<CompiledModule, "module" | "map">;
  readonly run: RunOptions;
  readonly visited: SharedVisited;
  readonly locks: readonly number[];
  readonly lockNumbers: Int32Array;
  readonly control: Control;
  readonly preemptions: number | undefined;
  /** Of accesses, if races are looked for: whether it writes, and how many bytes it touches. */
  readonly sites: { readonly writes: Uint8Array; readonly bytes: Uint32Array } | undefined;
}

export interface TeamParts {
  readonly parts: MemberParts;
  /** The leader's view of the visited set. */
  readonly visited: VisitTogether;
}

export interface TeamOptions {
  readonly members: number;
  readonly preemptions: number | undefined;
  /** Bytes that the visited set may take. */
  readonly most: number;
}

/**
 * For members that go on with this machine's search: what it has visited, they have too. Undefined
 * if there is no room.
 */
export function teamParts(program: Program, { module, run }: MachineParts, machine: Machine, options: TeamOptions): TeamParts | undefined {
  const shared = shareVisited(options.most);
  if (shared === undefined) return undefined;
  const visited = visitTogether(shared);
  machine.together!.visited((fingerprint) => {
    visited.visit(fingerprint);
    visited.leave(fingerprint);
  });
  // The work that is given to the members: whoever gives work away enters what lies on the stack.
  for (const key of machine.search!.onStack()) visited.enter(key);
  const locks = machine.together!.locks();
  return {
    visited,
    parts: {
      program: withoutCode(program),
      compiled: { module: module.module, map: module.map },
      run: { ...run, deciding: [...accessesThatDecide(program)] },
      visited: shared,
      locks,
      lockNumbers: sharedLockNumbers(locks),
      control: createControl(options.members),
      preemptions: options.preemptions,
      sites: (run.racyAccesses ?? []).length > 0 ? sitesOf(program) : undefined,
    },
  };
}

/** In the member's thread. `slice`: see `MemberOptions`. */
export function memberOf(parts: MemberParts, index: number, send: (message: FromMember) => void, slice?: number): Member {
  const machine = runCompiled(parts.program, parts.compiled, {
    ...parts.run,
    together: { visited: visitTogether(parts.visited), lock: lockNumbers(parts.lockNumbers), locks: parts.locks },
  });
  const { sites, control, preemptions } = parts;
  const site = (access: number) => ({ write: sites!.writes[access] !== 0, bytes: sites!.bytes[access]! });
  return createMember(machine, { index, control, preemptions, site: sites === undefined ? undefined : site, send, slice });
}

function withoutCode(program: Program): Program {
  return {
    ...program,
    funcs: program.funcs.map((f) => ({ ...f, blocks: [] })),
    debug: { locs: [], types: [], regNames: [] },
  };
}

/** An access without a site may be a write of the whole word. */
export function siteOf(program: Program): SiteOf {
  const sites = accessSites(program);
  return (access) => sites[access] ?? { write: true, bytes: 0 };
}

function sitesOf(program: Program): MemberParts["sites"] {
  const sites = Array.from({ length: program.accesses }, (_, access) => access).map(siteOf(program));
  return { writes: Uint8Array.from(sites, ({ write }) => (write ? 1 : 0)), bytes: Uint32Array.from(sites, ({ bytes }) => bytes) };
}
