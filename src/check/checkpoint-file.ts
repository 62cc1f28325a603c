/**
 * A checkpoint of a search as a file: a head in JSON, then the engine's memory in deflated pieces,
 * each behind its length, and a digest of both. A file is written beside its final name and then renamed, so that a kill
 * leaves the one before.
 *
 * The head names what the checkpoint is of: version of the code, program, merging, memory model,
 * bound on preemptions. Another check does not go on from it.
 */
import { createHash } from "node:crypto";
import { closeSync, constants, existsSync, fstatSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { fault, InputFault } from "../base/diagnostics.ts";
import type { Checkpoint } from "../explore/passes.ts";
import { errorCode, wordsFor } from "../host/files.ts";

const MAGIC = "shootdown checkpoint 1";
/** Bytes of memory in a piece. */
const PIECE = 2 ** 24;
const LONGEST_HEAD = 2 ** 26;
/** Bytes. */
const DIGEST = 32;

interface Head extends Omit<Checkpoint, "snapshot"> {
  readonly magic: string;
  readonly of: string;
  readonly globals: readonly string[];
  readonly bytes: number;
}

export function writeCheckpoint(file: string, of: string, { snapshot, ...rest }: Checkpoint): void {
  const { globals, memory } = snapshot;
  const head: Head = {
    magic: MAGIC,
    of,
    ...rest,
    // i64 as text with an n behind.
    globals: globals.map((value) => (typeof value === "bigint" ? `${value}n` : `${value}`)),
    bytes: memory.length,
  };
  const beside = `${file}.new`;
  try {
    const out = openSync(beside, "w", 0o600);
    try {
      const text = Buffer.from(JSON.stringify(head));
      writePiece(out, text);
      for (let at = 0; at < memory.length; at += PIECE) writePiece(out, deflateRawSync(memory.subarray(at, at + PIECE), { level: 1 }));
      writePiece(out, digestOf(text, memory));
    } finally {
      closeSync(out);
    }
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw fault({ code: "SD407", message: `the checkpoint cannot be written to ${file}: ${wordsFor(errorCode(error))}` });
  }
}

/** Undefined: there is none yet. */
export function readCheckpoint(file: string, of: string): Checkpoint | undefined {
  if (!existsSync(file)) return undefined;
  const input = open(file);
  try {
    const text = readPiece(input, LONGEST_HEAD, file);
    const head = headOf(text, file);
    if (head.of !== of)
      throw fault({
        code: "SD407",
        message: `${file} is the checkpoint of another check, or of another version of shootdown`,
        help: "name another file, or remove it to begin anew",
      });
    const memory = new Uint8Array(head.bytes);
    for (let at = 0; at < memory.length; at += PIECE) {
      memory.set(inflated(readPiece(input, 2 * PIECE, file), Math.min(PIECE, memory.length - at), file), at);
    }
    if (!readPiece(input, DIGEST, file).equals(digestOf(text, memory))) throw damaged(file);
    const globals = head.globals.map((text) => (text.endsWith("n") ? BigInt(text.slice(0, -1)) : Number(text)));
    const { knowledge, pass, seconds, races, gaveUp } = head;
    return { knowledge, pass, seconds, races, gaveUp, snapshot: { globals, memory } };
  } finally {
    closeSync(input);
  }
}

export function removeCheckpoint(file: string): void {
  rmSync(file, { force: true });
  rmSync(`${file}.new`, { force: true });
}

function open(file: string): number {
  try {
    // A FIFO would wait for a writer.
    const input = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    if (fstatSync(input).isFile()) return input;
    closeSync(input);
    throw damaged(file);
  } catch (error) {
    if (error instanceof InputFault) throw error;
    throw fault({ code: "SD407", message: `cannot read ${file}: ${wordsFor(errorCode(error))}` });
  }
}

function headOf(text: Buffer, file: string): Head {
  try {
    const head = JSON.parse(text.toString("utf8")) as Head;
    if (head.magic === MAGIC && Number.isInteger(head.bytes) && head.bytes >= 0 && head.bytes <= 2 ** 32) return head;
  } catch {}
  throw damaged(file);
}

function inflated(piece: Buffer, bytes: number, file: string): Uint8Array {
  try {
    const whole = inflateRawSync(piece, { maxOutputLength: bytes });
    if (whole.length === bytes) return whole;
  } catch {}
  throw damaged(file);
}

/** A bit that flipped on the disk would change the verdict. */
const digestOf = (head: Uint8Array, memory: Uint8Array): Buffer => createHash("sha256").update(head).update(memory).digest();

function readPiece(input: number, longest: number, file: string): Buffer {
  const length = readExactly(input, 4, file).readUInt32LE();
  if (length > longest) throw damaged(file);
  return readExactly(input, length, file);
}

function writePiece(out: number, bytes: Uint8Array): void {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  writeAll(out, length);
  writeAll(out, bytes);
}

function readExactly(input: number, bytes: number, file: string): Buffer {
  const buffer = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; ) {
    const read = readSync(input, buffer, at, bytes - at, null);
    if (read === 0) throw damaged(file);
    at += read;
  }
  return buffer;
}

function writeAll(out: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(out, bytes, at);
}

const damaged = (file: string): Error =>
  fault({ code: "SD407", message: `${file} is no checkpoint of shootdown`, help: "name another file, or remove it to begin anew" });
