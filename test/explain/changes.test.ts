/** What a picture asks of a story besides its rows: what each step changed, which lock a row is of, who an event names, what the closing points at. */
import { describe, expect, it } from "vitest";
import { tellStory } from "../../src/explain/explain.ts";
import type { Failure } from "../../src/machine/machine.ts";
import { AT, begin, end, enter, event, F, leave, observation, program, read, write } from "./fixture.ts";

const failure: Failure = { klass: "lost-write", text: "x", args: [], loc: 6 };
const PTE5 = AT.table + 40;

describe("what a step changed", () => {
  const story = tellStory(
    program,
    observation([
      [
        0,
        [
          enter(F.mover),
          // The words of a lock are told as the lock.
          begin(1, AT.lock, 1),
          write(AT.lock, 0n, 1n, 1),
          end(1),
          write(PTE5, 7n, 0n, 2),
          write(PTE5, 0n, 8n, 2),
          write(AT.vmemmap, 0n, 5n, 2),
          write(AT.vmemmap, 5n, 0n, 2),
        ],
      ],
      [0, [write(AT.vmemmap + 32, 1n, 2n, 3)]],
      [1, [enter(F.user), read(PTE5, 8n, 5), begin(2, AT.lock, 6), end(6)]],
    ]),
    failure,
  );

  it("is each word once, with what it had before and has after, and nothing that is as it was", () => {
    expect(story.changes?.map(({ step, name, old, value, kind }) => [step, name, old, value, kind])).toEqual([
      [1, "table[5]", "7", "8", "shared"],
      [2, "vmemmap[1].flags", "1", "2", "private"],
    ]);
  });

  it("goes with who ran, and with locks that can be told apart", () => {
    expect(story.running).toEqual([0, 0, 1]);
    expect(story.rows.filter(({ kind }) => kind === "lock").map(({ label, lock }) => [label, lock])).toEqual([
      ["takes", AT.lock],
      ["takes shared", AT.lock],
    ]);
  });
});

describe("what is cached", () => {
  it("is told of the hardware's own words, by the name that C gives, in words that C gives before the step ends", () => {
    const story = tellStory(
      program,
      observation([
        [
          0,
          [
            enter(F.mover),
            write(PTE5, 1n, 0n, 2),
            enter(F.hook),
            event("cached", "{1:s} keeps {2:x}", 8, BigInt(AT.bits), BigInt(AT.text), 0x1000n),
            write(AT.bits, 0n, 0x3067n, 8),
            event("value", "page 3", 8, 0x3067n),
            leave,
          ],
        ],
        [0, [enter(F.hook), write(AT.bits, 0x3067n, 0n, 8), leave]],
        [1, [enter(F.user), read(PTE5, 0n, 5)]],
      ]),
      failure,
    );
    expect(story.changes?.filter(({ kind }) => kind === "cached")).toEqual([
      {
        step: 1,
        thread: 0,
        name: "the read side keeps 0x1000",
        kind: "cached",
        mentions: ["the read side"],
        old: "nothing",
        value: "page 3",
        holds: true,
      },
      {
        step: 2,
        thread: 0,
        name: "the read side keeps 0x1000",
        kind: "cached",
        mentions: ["the read side"],
        old: "page 3",
        value: "nothing",
        holds: false,
      },
    ]);
  });
});

describe("events and reasons", () => {
  it("know whom they name, and which steps they speak of", () => {
    const story = tellStory(
      program,
      observation([
        [0, [enter(F.mover), write(PTE5, 1n, 0n, 2), event("flush", "flushes {0:x}", 3, 5n), event("+", " on {0:s}", 3, BigInt(AT.text))]],
        [
          1,
          [
            enter(F.user),
            event("stale", "as it was before {0:w}", 5, BigInt(PTE5)),
            event("missing flush", "nothing reached {0:s}", 5, BigInt(AT.text)),
          ],
        ],
      ]),
      failure,
    );
    expect(story.rows.find(({ label }) => label === "flush")).toMatchObject({
      text: "flushes 0x5 on the read side",
      mentions: ["the read side"],
    });
    expect(story.reasons?.map(({ kind, steps, missing }) => [kind, steps, missing])).toEqual([
      ["stale", [1], ""],
      ["missing", [], "flush"],
      ["instead", [1], "flush"],
    ]);
  });

  it("name the steps that memory tells of where C says nothing", () => {
    const seen = observation([
      [0, [enter(F.mover), write(AT.bits, 0n, 1n, 2)]],
      [1, [enter(F.user), read(AT.bits, 1n, 5)]],
    ]);
    expect(tellStory(program, seen, failure).reasons).toEqual([
      { kind: "origin", text: "user:201 read state, last written in step 1 (mover:102).", steps: [1], missing: "" },
    ]);
  });
});
