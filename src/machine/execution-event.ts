/**
 * What an engine tells of an execution while a schedule is run again for its story. An interface
 * only.
 *
 * Events come in the order in which they take effect. `thread` is -1 during setup and the final
 * check.
 */

/** A local variable whose address is taken, in memory. */
export interface StackLocal {
  readonly name: string;
  readonly type: number;
  readonly address: number;
  readonly size: number;
}

export interface Access {
  readonly what: "access";
  readonly access: number;
  readonly loc: number;
  readonly addr: number;
  readonly bytes: number;
  /** A read-modify-write is a write whose `old` counts as read too. */
  readonly write: boolean;
  readonly old: bigint;
  readonly value: bigint;
  readonly marked: boolean;
}

export type ExecutionEvent =
  /** A copy or fill is a read and a write of any length, in one piece each. */
  | Access
  | { readonly what: "event"; readonly kind: string; readonly text: string; readonly args: readonly bigint[]; readonly loc: number }
  | { readonly what: "begin"; readonly section: number; readonly object: number; readonly loc: number }
  | { readonly what: "end"; readonly loc: number }
  /**
   * `loc` is the position of the call, 0 for a thread's first function and for calls of the hook of
   * the watchpoint.
   */
  | { readonly what: "enter"; readonly func: number; readonly loc: number; readonly locals: readonly StackLocal[] }
  | { readonly what: "leave" }
  | { readonly what: "live"; readonly addr: number; readonly size: number; readonly name: string; readonly loc: number }
  | { readonly what: "dead"; readonly addr: number; readonly size: number; readonly loc: number };

/** Events of sections that block are followed by `blocked`. */
export interface Observer {
  observe(thread: number, event: ExecutionEvent): void;
  /** The section that this thread opened last is undone: forget what it did. */
  blocked(thread: number): void;
  /** The step of this thread begins once more: forget what it did. */
  again(thread: number): void;
}
