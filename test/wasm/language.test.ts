/** The expressions and statements of src/wasm, by what modules made of them do. */
import { describe, expect, it } from "vitest";
import { type Func, func, procedure } from "../../src/wasm/callable.ts";
import { either, forever, give, local, loop, repeat, until, when } from "../../src/wasm/control.ts";
import { ModuleBuilder } from "../../src/wasm/module-builder.ts";
import { byteArray, field, record, table, U16, U32, U64, view } from "../../src/wasm/records.ts";
import { increase, select, type Value } from "../../src/wasm/values.ts";
import { wasm } from "../../src/wasm/web-assembly.ts";

type Run = (...args: number[]) => number;

/** A module of one function of i32s that is exported. */
function run(params: readonly "i32"[], make: (builder: ModuleBuilder) => { readonly index: number }): Run {
  const builder = new ModuleBuilder();
  builder.importMemory("memory", 1, 1);
  builder.exportFunction("run", make(builder));
  const memory = new wasm.Memory({ initial: 1, maximum: 1 });
  const { exports } = new wasm.Instance(new wasm.Module(builder.finish()), { env: { memory } });
  const { run: exported } = exports as { readonly run: Run };
  return (...args) => {
    expect(args).toHaveLength(params.length);
    return exported(...args);
  };
}

describe("loops", () => {
  it("go round until their condition holds, or until they are left", () => {
    const sum = run(["i32"], (builder) =>
      func(builder, ["i32"], "i32", (n) => {
        const i = local("i32");
        const total = local("i32");
        until(i.ge(n), (again) => {
          increase(i);
          again.when(i.and(1).isZero());
          total.set(total.add(i));
        });
        loop((_, done) => {
          done.when(total.lt(100));
          total.set(total.sub(100));
        });
        return total;
      }),
    );
    expect([0, 1, 9, 25].map((n) => sum(n))).toEqual([0, 1, 25, 69]);
  });

  it("that go round for ever are left by give; repeat goes round only by again", () => {
    const power = run(["i32", "i32"], (builder) => {
      const times = func(builder, ["i32", "i32"], "i32", (base, n) => {
        const product = local("i32");
        product.set(1);
        repeat((again) => {
          when(n, () => {
            product.set(product.mul(base));
            n.set(n.sub(1));
            again();
          });
        });
        return product;
      });
      return func(builder, ["i32", "i32"], "i32", (base, atLeast) => {
        const n = local("i32");
        return forever(() => {
          when(times(base, n).ge(atLeast), () => give(n));
          increase(n);
        });
      });
    });
    expect([power(2, 1), power(2, 1000), power(10, 1001)]).toEqual([0, 10, 4]);
  });
});

describe("values", () => {
  it("choose by select and either", () => {
    const make = (pick: typeof either): Run =>
      run(["i32", "i32"], (builder) => func(builder, ["i32", "i32"], "i32", (a, b) => pick(a.lt(b), a, b)));
    for (const min of [make(either), make(select)]) expect([min(3, 5), min(5, 3)]).toEqual([3, 3]);
  });

  it("are text: each use evaluates anew, and a local keeps", () => {
    const twice = run(["i32"], (builder) =>
      func(builder, ["i32"], "i32", (x) => {
        const next = x.add(1);
        const kept = local(next);
        x.set(next);
        x.set(next);
        return x.mul(100).add(kept);
      }),
    );
    expect(twice(1)).toBe(302);
  });
});

describe("records", () => {
  const RECORD = record({ small: U16, wide: U64, bytes: byteArray(3), last: U32 });

  it("lie in order, each field at a multiple of its size", () => {
    const { small, wide, bytes, last, size } = RECORD;
    expect([small.offset, wide.offset, bytes.offset, last.offset, size]).toEqual([0, 8, 16, 20, 24]);
  });

  it("are read and written through a view, in tables as well", () => {
    const roundTrip = run(["i32", "i32"], (builder) =>
      func(builder, ["i32", "i32"], "i32", (index, value) => {
        const one = view(RECORD, index.mul(RECORD.size), 64);
        one.small.set(value);
        one.wide.set(value.toI64());
        field(index.mul(RECORD.size).add(2), RECORD.bytes, 64).set(value);
        table(U32, 1024).at(index).set(one.small.add(one.wide.toI32()));
        return table(U32, 1024).at(index);
      }),
    );
    expect(roundTrip(3, 0x1_0007)).toBe(0x1_000e);
  });
});

describe("what would be wrong is refused", () => {
  const inModule = (body: (builder: ModuleBuilder) => void) => (): void => body(new ModuleBuilder());

  it("the result of a call that is not used, or used twice", () => {
    const one = (builder: ModuleBuilder): Func<readonly [], "i32"> => func(builder, [], "i32", () => 1);
    expect(inModule((b) => procedure(b, [], () => void one(b)()))).toThrow("not used");
    expect(
      inModule((b) =>
        func(b, [], "i32", () => {
          const result = one(b)();
          return result.add(result);
        }),
      ),
    ).toThrow("used twice");
  });

  it("a local of another function, and an instruction outside of any", () => {
    expect(
      inModule((b) => {
        const stolen: Value<"i32">[] = [];
        procedure(b, ["i32"], (x) => void stolen.push(x));
        func(b, [], "i32", () => stolen[0] ?? 0);
      }),
    ).toThrow("another function");
    expect(() => give()).toThrow("outside");
  });
});
