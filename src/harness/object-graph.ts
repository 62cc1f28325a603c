/**
 * The objects that a harness sets up, from the types that the compiler knows: those that hold a
 * notifier, and those that their members point to, as far as the callbacks name these members.
 *
 * All are zeroed. Locks, lists, counts and the like that are named are initialised as kernel code
 * does it; one object stands for each type. What is named and stays zero is listed: nothing tells
 * what it should be.
 */
import type { DebugType } from "../program/program.ts";

export interface HarnessObject {
  readonly variable: string;
  /** The structure's tag. */
  readonly type: string;
  /** Statements that set it up. */
  readonly lines: readonly string[];
  /** Members that are named and stay zero. */
  readonly open: readonly string[];
}

export interface Graph {
  readonly objects: readonly HarnessObject[];
  /** Whether a work item is set up: somebody has to run it. */
  readonly hasWork: boolean;
}

export interface GraphOptions {
  readonly types: readonly DebugType[];
  /** Tags of the structures to begin with. */
  readonly roots: readonly string[];
  readonly used: ReadonlySet<string>;
  readonly work: readonly { readonly member: string; readonly function: string }[];
  /** Objects of the file by the tag of their type: tables of functions. */
  readonly defined: ReadonlyMap<string, readonly string[]>;
  /** How the harness calls the address space. */
  readonly mm: string;
}

/** What sets up a member of such a type: `$` is the member. */
const SET_UP: ReadonlyMap<string, string> = new Map(
  Object.entries({
    spinlock_t: "spin_lock_init(&$);",
    spinlock: "spin_lock_init(&$);",
    raw_spinlock_t: "raw_spin_lock_init(&$);",
    raw_spinlock: "raw_spin_lock_init(&$);",
    rwlock_t: "rwlock_init(&$);",
    mutex: "mutex_init(&$);",
    rw_semaphore: "init_rwsem(&$);",
    list_head: "INIT_LIST_HEAD(&$);",
    wait_queue_head_t: "init_waitqueue_head(&$);",
    wait_queue_head: "init_waitqueue_head(&$);",
    completion: "init_completion(&$);",
    xarray: "xa_init(&$);",
    kref: "kref_init(&$);",
    refcount_t: "refcount_set(&$, 1);",
    refcount_struct: "refcount_set(&$, 1);",
    srcu_struct: "init_srcu_struct(&$);",
    dma_resv: "dma_resv_init(&$);",
    idr: "idr_init(&$);",
  }),
);

/** They are right as zeroes. */
const ZERO = new Set(["rb_root", "rb_root_cached", "hlist_head", "llist_head", "rb_node", "hlist_node", "callback_head", "rcu_head"]);

/** The kernel makes them, not a driver. */
const KERNELS = new Set([
  "page",
  "folio",
  "vm_area_struct",
  "module",
  "kmem_cache",
  "inode",
  "file",
  "dentry",
  "cred",
  "pci_bus",
  "kobject",
]);

/** They do not end: `next`, `parent` of a device's. */
const LINKS = new Set(["list_head", "rb_node", "hlist_node", "device", "device_driver", "bus_type", "class"]);

const MOST_OBJECTS = 12;
const DEEPEST = 6;

export const variableOf = (type: string): string => `the_${type}`;

/** The entry of a structure with that tag that is whole. */
const structNamed = (types: readonly DebugType[], tag: string): DebugType | undefined =>
  types.find(({ kind, name, members }) => kind === "struct" && name === tag && members.length > 0);

/** The type of `a.b` in a structure. */
export function memberType(types: readonly DebugType[], tag: string, path: string): DebugType | undefined {
  let type = structNamed(types, tag);
  for (const name of path.split(".")) {
    const member = type === undefined ? undefined : flat(types, type).find((one) => one.name === name);
    type = member?.type;
  }
  return type;
}

/** Members, those of structures without a name included. */
function flat(types: readonly DebugType[], { members }: DebugType): { name: string; type: DebugType }[] {
  return members.flatMap((member) => {
    const type = types[member.type];
    if (type === undefined) return [];
    return member.name === "" ? flat(types, type) : [{ name: member.name, type }];
  });
}

export function objectGraph({ types, roots, used, work, defined, mm }: GraphOptions): Graph {
  const made = new Map<string, { lines: string[]; open: string[] }>();
  const queue: string[] = [];
  let hasWork = false;
  const want = (tag: string): boolean => {
    if (made.has(tag)) return true;
    if (made.size >= MOST_OBJECTS || structNamed(types, tag) === undefined) return false;
    made.set(tag, { lines: [], open: [] });
    queue.push(tag);
    return true;
  };
  for (const root of roots) want(root);

  const pointer = (tag: string, path: string, target: DebugType | undefined): void => {
    const { lines, open } = made.get(tag)!;
    const where = `${variableOf(tag)}.${path}`;
    const name = target?.kind === "struct" ? target.name : "";
    const tables = defined.get(name) ?? [];
    if (name === "mm_struct") lines.push(`${where} = ${mm};`);
    else if (name === "task_struct") lines.push(`${where} = current;`);
    else if (LINKS.has(name) && name !== "device") return;
    else if (tables.length === 1) lines.push(`${where} = &${tables[0]};`);
    else if (name !== "" && !KERNELS.has(name) && !/_(?:ops|operations|funcs)$|_t$/.test(name) && want(name))
      lines.push(`${where} = &${variableOf(name)};`);
    else open.push(path);
  };

  const visit = (tag: string, type: DebugType, prefix: string, depth: number): void => {
    const { lines, open } = made.get(tag)!;
    for (const { name, type: inner } of flat(types, type)) {
      const path = `${prefix}${name}`;
      const where = `${variableOf(tag)}.${path}`;
      const setUp = SET_UP.get(inner.name);
      // A structure that is not named itself is not gone into: no path leads there.
      if (!used.has(name)) continue;
      const item = work.find((one) => one.member === name);
      if (item !== undefined && /^(?:work_struct|delayed_work)$/.test(inner.name)) {
        hasWork = true;
        lines.push(`INIT_${inner.name === "work_struct" ? "" : "DELAYED_"}WORK(&${where}, ${item.function});`);
      } else if (setUp !== undefined) lines.push(setUp.replace("$", where));
      else if (ZERO.has(inner.name) || /^mmu_(?:interval_)?notifier$/.test(inner.name)) continue;
      else if (inner.kind === "pointer") pointer(tag, path, types[inner.element]);
      else if (inner.kind === "struct" && flat(types, inner).length > 1 && depth < DEEPEST) visit(tag, inner, `${path}.`, depth + 1);
      else open.push(path);
    }
  };
  for (let tag = queue.shift(); tag !== undefined; tag = queue.shift()) visit(tag, structNamed(types, tag)!, "", 0);
  return { objects: [...made].map(([type, { lines, open }]) => ({ variable: variableOf(type), type, lines, open })), hasWork };
}
