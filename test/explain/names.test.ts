import { describe, expect, it } from "vitest";
import { createNames } from "../../src/explain/names.ts";
import { createMemory } from "../../src/explain/replayed-memory.ts";
import { createValues } from "../../src/explain/value-text.ts";
import { AT, dead, enter, F, live, program, T, write } from "./fixture.ts";

function world() {
  const memory = createMemory(program);
  const names = createNames(program, memory);
  return { memory, names, values: createValues(program, names) };
}
const place = (addr: number, bytes: number): string | undefined => world().names.place(addr, bytes)?.text;

describe("the name of memory", () => {
  it("is a path from a global through arrays, fields and wrappers", () => {
    expect(place(AT.vmemmap + 3 * 32 + 16, 4)).toBe("vmemmap[3]._refcount");
    expect(place(AT.vmemmap + 3 * 32, 8)).toBe("vmemmap[3].flags");
    expect(place(AT.table + 5 * 8, 8)).toBe("table[5]");
  });
  it("prefers the union member that is no padding", () => {
    expect(place(AT.vmemmap + 8, 8)).toBe("vmemmap[0].next");
  });
  it("says the byte offset where no field fits", () => {
    expect(place(AT.vmemmap + 2, 1)).toBe("vmemmap[0].flags+0x2");
    expect(place(AT.vmemmap + 29, 1)).toBe("vmemmap[0]+0x1d");
  });
  it("of nothing known is nothing, and an object there is hexadecimal", () => {
    expect(place(0x9000_0000, 8)).toBeUndefined();
    expect(world().names.object(0x9000_0000)).toBe("0x90000000");
  });
  it("calls a heap object by its kind, with a number only when there are several", () => {
    const { memory, names } = world();
    memory.apply(-1, live(AT.heap, 24, "struct mm_struct"));
    expect(names.place(AT.heap + 8, 4)?.text).toBe("mm_struct.users");
    memory.apply(-1, live(AT.heap + 64, 24, "struct mm_struct"));
    expect(names.place(AT.heap + 64 + 8, 4)?.text).toBe("mm_struct#2.users");
    expect(names.object(AT.heap)).toBe("mm_struct#1");
  });
  it("calls a heap object by the global pointer to it, as long as it points there", () => {
    const { memory, names } = world();
    memory.apply(-1, live(AT.heap, 24, "struct mm_struct"));
    memory.apply(-1, write(AT.B, 0n, BigInt(AT.heap), 1));
    expect(names.place(AT.heap, 8)?.text).toBe("B->pgd");
    expect(names.object(AT.heap)).toBe("B");
    memory.apply(-1, write(AT.B, BigInt(AT.heap), 0n, 1));
    memory.apply(-1, write(AT.procs + 8, 0n, BigInt(AT.heap), 1));
    expect(names.place(AT.heap, 8)?.text).toBe("procs[1]->pgd");
  });
  it("says of a pointer that its object is freed, and does not name a value by where it was found", () => {
    const { memory, names } = world();
    memory.apply(-1, live(AT.heap, 24, "struct mm_struct"));
    memory.apply(-1, dead(AT.heap, 24, 1));
    memory.apply(-1, write(AT.B, 0n, BigInt(AT.heap), 1));
    expect(names.place(AT.heap + 8, 4)?.text).toBe("mm_struct.users");
    expect(names.pointer(BigInt(AT.heap), T.mm)).toBe("&mm_struct (freed)");
    memory.apply(-1, live(AT.heap, 24, "struct mm_struct"));
    expect(names.pointer(BigInt(AT.heap), T.mm)).toBe("B");
    expect(names.pointer(BigInt(AT.heap), T.mm, AT.B)).toBe("&mm_struct#2");
  });
  it("counts the words of an object without a type", () => {
    const { memory, names } = world();
    memory.apply(-1, live(AT.heap, 512, "PMD table"));
    expect(names.place(AT.heap, 8)?.text).toBe("PMD table[0]");
    expect(names.place(AT.heap + 40, 8)?.text).toBe("PMD table[5]");
    expect(names.object(AT.heap)).toBe("PMD table");
  });
  it("of a local is its function and variable, until the function returns", () => {
    const { memory, names } = world();
    memory.apply(0, enter(F.mover, 0, [{ name: "ret", type: T.int, address: AT.stack, size: 4 }]));
    expect(names.place(AT.stack, 4)?.text).toBe("mover: ret");
    memory.apply(0, { what: "leave" });
    expect(names.place(AT.stack, 4)).toBeUndefined();
  });
});

describe("the object at an address", () => {
  it("is as whole as it can be", () => {
    const { names } = world();
    expect(names.object(AT.vmemmap + 96)).toBe("vmemmap[3]");
    expect(names.object(AT.vmemmap)).toBe("vmemmap[0]");
    expect(names.object(AT.vmemmap + 96 + 16)).toBe("vmemmap[3]._refcount");
    expect(names.object(AT.lock)).toBe("i_mmap_rwsem");
    expect(names.object(0x1000)).toBe("mover");
    expect(names.object(0)).toBe("NULL");
  });
});

describe("a value", () => {
  const { values } = world();
  it("is said in the words of its type", () => {
    expect(values.value(1n, 4, 6)).toBe("MODE_MOVING");
    expect(values.value(7n, 4, 6)).toBe("7");
    expect(values.value(1n, 1, T.bool)).toBe("true");
    expect(values.value(0xffff_ffffn, 4, T.int)).toBe("-1");
    expect(values.value(0n, 8, T.pagePtr)).toBe("NULL");
    expect(values.value(BigInt(AT.vmemmap), 8, T.pagePtr)).toBe("&vmemmap[0]");
    expect(values.value(BigInt(AT.vmemmap + 96), 8, T.pagePtr)).toBe("&vmemmap[3]");
    expect(values.value(0x1000n, 8, T.pagePtr)).toBe("mover");
    expect(values.value(0x8000_0067n, 8, T.ulong)).toBe("0x80000067");
  });
  it("of bit fields is told field by field, only those that changed", () => {
    const { names } = world();
    const p = names.place(AT.bits, 8);
    expect(p?.text).toBe("state");
    expect(values.change(0b1_01n, 0b11_10n, 8, p!.type, p!.rest)).toBe("dirty 1 -> 0, young 0 -> 1, count 1 -> 3");
    expect(values.change(5n, 5n, 4, T.int, 0)).toBe("stays 5");
  });
  it("of a pointer to a heap object is the name that points there", () => {
    const { memory, names } = world();
    memory.apply(-1, live(AT.heap, 24, "struct mm_struct"));
    memory.apply(-1, write(AT.B, 0n, BigInt(AT.heap), 1));
    expect(names.pointer(BigInt(AT.heap), T.mm)).toBe("B");
    expect(names.pointer(BigInt(AT.heap + 8), T.atomic)).toBe("&B->users");
  });
});

describe("constant strings", () => {
  it("are read from the program's image", () => {
    expect(world().memory.text(AT.text)).toBe("the read side");
  });
});
