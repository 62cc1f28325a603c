import { describe, expect, it } from "vitest";
import { tellStory } from "../../src/explain/explain.ts";
import { fill, sentence } from "../../src/explain/fill.ts";
import { fold, foldLocks } from "../../src/explain/fold.ts";
import type { Replayed } from "../../src/explain/observation.ts";
import { record } from "../../src/explain/observation.ts";
import { isTold } from "../../src/explain/weights.ts";
import type { Observer } from "../../src/machine/execution-event.ts";
import type { Failure } from "../../src/machine/machine.ts";
import { BLOCKED, MOVED } from "../../src/machine/machine.ts";
import { AT, begin, dead, end, enter, event, F, leave, live, observation, program, read, threads, write } from "./fixture.ts";

const failure = (text: string, args: bigint[] = [], loc = 6, klass = "lost-write"): Failure => ({ klass, text, args, loc });
const PTE5 = AT.table + 40;
const texts = (rows: readonly { text: string }[]): string[] => rows.map((r) => r.text);

describe("what is told", () => {
  it("is what two threads touch, not what one has for itself", () => {
    const seen = observation([
      [0, [enter(F.mover), write(AT.vmemmap + 96 + 16, 2n, 1n, 1, 4), write(AT.vmemmap, 0n, 7n, 2)]],
      [1, [enter(F.user), read(AT.vmemmap + 96 + 16, 1n, 5, 4)]],
    ]);
    const story = tellStory(program, seen, failure("gone"));
    expect(texts(story.rows)).toEqual(["vmemmap[3]._refcount: 2 -> 1", "reads vmemmap[3]._refcount = 1", "gone"]);
    expect(story.rows.map((r) => [r.steps[0], r.column, r.site.func, r.site.line])).toEqual([
      [1, 0, "mover", 101],
      [2, 1, "user", 201],
      [2, 1, "user", 202],
    ]);
    expect(story.columns).toEqual([
      { name: "CPU0", threads: ["mover"] },
      { name: "CPU1", threads: ["user"] },
    ]);
  });

  it("tells memory that only both read as nothing", () => {
    const seen = observation([
      [0, [read(AT.bits, 1n, 1)]],
      [1, [read(AT.bits, 1n, 5)]],
    ]);
    const { rows } = tellStory(program, seen, failure("x"));
    expect(rows.filter(isTold).map((r) => r.kind)).toEqual(["fail"]);
    // Where every step is asked for, none is missing.
    expect(rows.map((r) => r.steps[0])).toEqual([1, 2, 2]);
  });

  it("lets the event of a section speak for its accesses, and tells locks by name", () => {
    const seen = observation([
      [
        0,
        [
          begin(1, AT.lock, 1),
          write(AT.lock, 0n, 1n, 1),
          end(1),
          begin(0, 0, 2),
          write(PTE5, 1n, 0n, 2),
          event("tlb", "CPU{0} drops {1:p}", 2, 1n, BigInt(PTE5)),
          end(2),
        ],
      ],
      [1, [read(PTE5, 0n, 5), begin(2, AT.lock, 6), end(6)]],
    ]);
    const story = tellStory(program, seen, failure("x"));
    expect(texts(story.rows)).toEqual([
      "takes i_mmap_rwsem",
      "CPU1 drops table[5]",
      "reads table[5] = 0",
      "takes shared i_mmap_rwsem",
      "x",
    ]);
  });

  it("lets the watch hook's event speak for the store it watches, and for no other", () => {
    const seen = observation([
      [
        0,
        [
          enter(F.mover),
          write(PTE5, 1n, 0n, 2),
          enter(F.hook),
          event("pte", "{0:m}: page 3 -> none", 8, BigInt(PTE5)),
          leave,
          write(PTE5, 0n, 9n, 3),
        ],
      ],
      [1, [read(PTE5, 9n, 5)]],
    ]);
    expect(texts(tellStory(program, seen, failure("x")).rows)).toEqual([
      "table[5]: page 3 -> none",
      "table[5]: 0 -> 9",
      "reads table[5] = 9",
      "x",
    ]);
  });

  it("says where in the caller's words, and which library function it was", () => {
    const seen = observation([
      [0, [enter(F.mover), write(PTE5, 1n, 0n, 10)]],
      [1, [read(PTE5, 0n, 5)]],
    ]);
    const source = Array.from({ length: 300 }, (_, i) => `  line ${i + 1};`).join("\n");
    const story = tellStory(program, seen, failure("x"), { readSource: () => source });
    expect(story.rows[0]).toMatchObject({ site: { func: "mover", line: 103 }, via: "pte_clear", source: "line 103;" });
    expect(story.rows[0]?.stack.map((s) => s.func)).toEqual(["pte_clear", "mover"]);
  });

  it("knows the caller across calls and steps", () => {
    const seen = observation([
      [0, [enter(F.mover), enter(F.clear, 4)]],
      [1, [write(PTE5, 1n, 0n, 5)]],
      [0, [write(PTE5, 0n, 1n, 8), leave, write(PTE5, 1n, 2n, 4)]],
    ]);
    const story = tellStory(program, seen, failure("x"));
    expect(story.rows[2]?.stack.map((s) => `${s.func}:${s.line}`)).toEqual(["clear_one:301", "mover:104"]);
    expect(story.rows[3]?.stack.map((s) => `${s.func}:${s.line}`)).toEqual(["mover:104"]);
  });
});

describe("the closing", () => {
  it("is the failure, then what C says of the stale entry in the failing step, with the steps it names", () => {
    const seen = observation([
      [0, [write(PTE5, 1n, 0n, 2)]],
      [
        1,
        [
          read(PTE5, 0n, 5),
          event("stale", "the entry came from {0:p}, cleared in {0:w}", 5, BigInt(PTE5)),
          event("missing", "nothing flushed {1:s}", 5, 0n, BigInt(AT.text)),
        ],
      ],
    ]);
    const story = tellStory(program, seen, failure("the write of {0:x} went to {1:p}", [0x2an, BigInt(AT.vmemmap + 96)]));
    expect(story.closing).toEqual([
      "The write of 0x2a went to vmemmap[3].",
      "The entry came from table[5], cleared in step 1 (mover:102).",
      "Nothing flushed the read side.",
    ]);
    expect(story.rows.find((r) => r.kind === "write")?.weight).toBeGreaterThanOrEqual(70);
    expect(story.rows.some((r) => r.label === "stale")).toBe(false);
  });

  it("names the freeing step when C says nothing of freed memory", () => {
    const seen = observation(
      [
        [0, [enter(F.mover), dead(AT.heap, 24, 3)]],
        [1, [enter(F.user)]],
      ],
      { setup: [live(AT.heap, 24, "struct mm_struct")] },
    );
    const story = tellStory(program, seen, failure("read of freed memory", [BigInt(AT.heap + 8)], 6, "use-after-free"));
    expect(story.closing).toEqual(["Read of freed memory.", "mm_struct was freed in step 1 (mover:103)."]);
  });

  it("names the write that the failing step read when C says nothing at all", () => {
    const seen = observation([
      [0, [enter(F.mover), write(AT.bits, 0n, 1n, 2)]],
      [1, [enter(F.user), read(AT.bits, 1n, 5)]],
    ]);
    const story = tellStory(program, seen, failure("BUG_ON(state)", [], 6, "bug-on"));
    expect(story.closing[1]).toBe("user:201 read state, last written in step 1 (mover:102).");
  });
});

describe("a stale copy", () => {
  it("is recognised by its value, with the step that copied it and the step that changed the original", () => {
    const cached = 0x3067n;
    const seen = observation([
      [1, [enter(F.user), begin(0, 0, 5), read(PTE5, cached, 5), write(AT.bits, 0n, cached, 5), end(5)]],
      [0, [enter(F.mover), write(PTE5, cached, 0n, 2)]],
      [1, [begin(0, 0, 6), read(AT.bits, cached, 6), event("use", "uses it", 6)]],
    ]);
    const story = tellStory(program, seen, failure("reaches a page that is gone"));
    expect(story.closing[1]).toBe(
      "user:202 relied on state, a copy of table[5] made in step 1 (user:201); the original changed in step 2 (mover:102).",
    );
    // The cache is the reader's own, so its filling is only told because the closing speaks of it.
    expect(texts(story.rows)).toEqual([
      "reads table[5] = 0x3067",
      "state: dirty 0 -> 1, young 0 -> 1, count 0 -> 25",
      "table[5]: 0x3067 -> 0",
      "uses it",
      "reaches a page that is gone",
    ]);
    expect(story.rows.map((r) => r.weight).slice(1, 3)).toEqual([70, 70]);
  });
});

describe("waiting in a loop", () => {
  it("is told once, over all its steps", () => {
    const poll = read(PTE5, 0n, 5);
    const seen = observation([
      [1, [enter(F.user), poll]],
      [1, [poll, poll]],
      [1, [poll]],
      [0, [write(PTE5, 0n, 1n, 2)]],
    ]);
    const { rows } = tellStory(program, seen, failure("x"));
    expect(rows.map((r) => [r.text, r.steps])).toEqual([
      ["reads table[5] = 0", [1, 3]],
      ["table[5]: 0 -> 1", [4, 4]],
      ["x", [4, 4]],
    ]);
  });
});

describe("a deadlock", () => {
  it("ends with a row for each blocked thread: what it waits for and who has it", () => {
    const A = AT.lock;
    const B = AT.lock + 8;
    const seen = observation(
      [
        [0, [enter(F.mover), begin(1, A, 1), end(1)]],
        [1, [enter(F.user), begin(2, B, 5), end(5)]],
      ],
      {
        waiting: [
          { thread: 0, busy: false, events: [begin(1, B, 2)] },
          { thread: 1, busy: false, events: [begin(0, 0, 6)] },
        ],
      },
    );
    const story = tellStory(program, seen, failure("no thread can go on", [], 0, "deadlock"), { readSource: () => "" });
    const waiting = story.rows.filter((r) => r.kind === "wait");
    expect(texts(waiting)).toEqual([`waits for 0x${B.toString(16)}, held by user (shared) since step 2 (user:201)`, "waits"]);
    expect(waiting.map((r) => r.site.line)).toEqual([102, 202]);
    expect(story.closing).toEqual([`No thread can go on: mover waits for 0x${B.toString(16)}, which user holds; user waits in user.`]);
  });
});

describe("folding", () => {
  const seen = observation([
    [0, [enter(F.mover), begin(1, AT.lock, 1), end(1), begin(1, AT.B, 2), end(2), write(PTE5, 1n, 0n, 3), event("note", "walks", 4)]],
    [1, [enter(F.user), read(PTE5, 0n, 5)]],
    [0, [begin(3, AT.B, 4), end(4), begin(3, AT.lock, 4), end(4)]],
  ]);
  const { rows } = tellStory(program, seen, failure("x"));
  it("joins neighbouring locks of one function always", () => {
    expect(texts(foldLocks(rows))).toEqual([
      "takes i_mmap_rwsem, B",
      "table[5]: 1 -> 0",
      "walks",
      "reads table[5] = 0",
      "releases B, i_mmap_rwsem",
      "x",
    ]);
  });
  it("joins light rows of one thread but never across another thread's", () => {
    const folded = fold(rows, 1000);
    expect(texts(folded)).toEqual(["takes i_mmap_rwsem, B; table[5]: 1 -> 0; walks", "reads table[5] = 0", "releases B, i_mmap_rwsem; x"]);
    expect(folded.map((r) => r.steps)).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(folded[0]?.folded).toHaveLength(4);
  });
});

describe("texts", () => {
  it("fills in what it knows and leaves the rest", () => {
    expect(fill("{0} {0:x} {1:q} {7}", [10n], (spec, v) => `${spec}${v}`)).toBe("d10 x10 {1:q} {7}");
    expect(sentence("a page")).toBe("A page.");
    expect(sentence("pte_clear failed!", true)).toBe("pte_clear failed!");
    expect(sentence("vmemmap[3] gone", true)).toBe("vmemmap[3] gone.");
    expect(sentence("r1=3 and x=0")).toBe("r1=3 and x=0.");
    expect(sentence("page_count(p) is 0")).toBe("page_count(p) is 0.");
    expect(sentence("don't")).toBe("Don't.");
  });
});

describe("recording", () => {
  it("drops what a blocked section did, and asks blocked threads what they wait for", () => {
    const create = (observer: Observer): Replayed => {
      observer.observe(-1, live(AT.heap, 8, "thing"));
      let count = 0;
      const unused = (): never => {
        throw new Error("not used");
      };
      return {
        threads,
        setupFailure: undefined,
        step(thread) {
          count++;
          if (count === 1) observer.observe(thread, write(AT.bits, 0n, 1n, 1));
          observer.observe(thread, begin(1, AT.lock, 2));
          observer.observe(thread, write(AT.lock, 0n, 1n, 2));
          observer.blocked(thread);
          return count === 1 ? MOVED : BLOCKED;
        },
        finished: (thread) => thread === 0,
        mark: () => 0,
        undo: () => {},
        final: unused,
      };
    };
    const seen = record(create, [{ thread: 0, choices: [] }]);
    expect(seen.setup).toHaveLength(1);
    expect(seen.steps[0]?.events.map((h) => h.what)).toEqual(["access"]);
    expect(seen.waiting).toEqual([{ thread: 1, busy: false, events: [begin(1, AT.lock, 2)] }]);
  });
});
