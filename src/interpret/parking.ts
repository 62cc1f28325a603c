/**
 * Where a thread parks: which operations are scheduling points, what the kind of a section claims,
 * and which operations extend a step. The table of docs/soundness.md, as code.
 */
import { type Merging, mergesMovers } from "../machine/machine.ts";
import { type Context, inside, placed, SECTION } from "./context.ts";
import type { Frame, Op, Range } from "./decode.ts";
import type { Extensions } from "./extended-steps.ts";
import type { Memory } from "./memory.ts";

type Access = Op & { kind: "access" };
type Intrinsic = Op & { kind: "intrinsic" };

export const isLock = (kind: number): boolean => kind !== SECTION.step && kind !== SECTION.local && kind !== SECTION.alloc;
export const isShared = (kind: number): boolean => kind === SECTION.acquireShared || kind === SECTION.releaseShared;
export const isRelease = (kind: number): boolean => kind === SECTION.release || kind === SECTION.releaseShared;

export interface Parking {
  /** Whether the thread parks before the access; if not, the step has done it from now on. */
  mustPark(op: Access, frame: Frame): boolean;
  touchesShared(range: Range): boolean;
  /** Whether the section commutes, unless it turns out to touch what it must not. */
  claims(kind: number, object: number): boolean;
  /** Whether the thread parks before the section; if not, the step has begun it. */
  sectionParks(op: Intrinsic, kind: number, object: number, claimed: boolean): boolean;
}

export interface ParkingOptions {
  readonly merging: Merging;
  /** Sections of locks commute as they claim to; otherwise each is an operation of its own. */
  readonly movers: boolean;
  readonly extensions: Extensions;
}

export function createParking(context: Context, memory: Memory, { merging, movers, extensions }: ParkingOptions): Parking {
  const { sharing } = context;

  /** The row "shared word" and the row SD_STEP of the table: a non-mover. */
  const nonMover = (): boolean => {
    if (context.post) return true;
    context.post = true;
    return false;
  };

  const mustPark = (op: Access, frame: Frame): boolean => {
    if (op.live === undefined || inside(context)) return false;
    if (mergesMovers(merging)) {
      const range = op.range(frame);
      if (!touchesShared(range)) return false;
      if (context.post && op.site !== undefined && extendsStep(op.site, Number(placed(context, range.addr)), 3)) return false;
    }
    // A plain access that races begins a step, so that the race is seen: both threads stand before
    // their accesses.
    if (op.plain && mergesMovers(merging) && context.operations > 0) return true;
    if (nonMover()) return true;
    context.operations++;
    return false;
  };

  /** On a word or an object of memory, but not on a stack: engines differ in where locals lie. */
  const extendsStep = (site: number, address: number, unit: 0 | 3): boolean => {
    if (address >= memory.stackOf(0) || !extensions.extend(site, address >> unit)) return false;
    context.operations++;
    return true;
  };

  const touchesShared = (range: Range): boolean => {
    const { length } = range;
    const addr = placed(context, range.addr);
    // What lies outside memory is not shared: the access itself will fail.
    if (addr + BigInt(length) > BigInt(memory.end)) return false;
    const start = Number(addr);
    for (let word = start >> 3; word <= (start + length - 1) >> 3; word++) if (sharing.known(word)) return true;
    return false;
  };

  /** Whether the section commutes, unless it turns out to touch what it must not. */
  const claims = (kind: number, object: number): boolean =>
    mergesMovers(merging) &&
    kind !== SECTION.step &&
    object < memory.end &&
    !sharing.knownNonMover(object) &&
    !(isLock(kind) && (!movers || sharing.brokenKnown(object)));

  /** Whether the section has to wait for the next step; sets `post` as the table says. */
  const sectionParks = ({ loc, guarded }: Intrinsic, kind: number, object: number, claimed: boolean): boolean => {
    const site = ~(2 * loc + (guarded ? 1 : 0));
    const acquires = isLock(kind) && !isRelease(kind);
    // What may have to wait begins a step, unless it extends one: a thread that waits in the middle
    // of one, or behind a choice, would hide deadlocks.
    const begun = context.operations > 0 || context.arities.length > 0;
    if (guarded && begun && !(claimed && acquires)) return true;
    if (!claimed) {
      const mayExtend = !isLock(kind) && kind !== SECTION.alloc;
      if (context.post && mayExtend && extendsStep(site, object, 0)) return false;
      if (nonMover()) return true;
      context.operations++;
      return false;
    }
    context.extension = undefined;
    if (kind === SECTION.local) return false;
    if (isRelease(kind)) context.post = true;
    else if (acquires && (guarded ? begun : context.post)) {
      if (!extendsStep(site, object, 0)) return true;
      context.post = true;
      return false;
    } else if (context.post) return true;
    if (kind !== SECTION.alloc) context.operations++;
    return false;
  };

  return { mustPark, touchesShared, claims, sectionParks };
}
