/**
 * Values of options: text to numbers and names. Each parser throws commander's InvalidArgumentError
 * with what was expected.
 */
import { InvalidArgumentError } from "commander";

export function count(text: string): number {
  const value = Number(text.replaceAll("_", ""));
  if (!/^[\d_]+(e\d+)?$/i.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError("Expected a whole number, 0 or more.");
  return value;
}

export function positive(text: string): number {
  const value = count(text);
  if (value === 0) throw new InvalidArgumentError("Expected a whole number, 1 or more.");
  return value;
}

/** Below this a table of columns is no table, above it no line is read. */
export const NARROWEST_WIDTH = 60;
const WIDEST_WIDTH = 1000;

/** The engines count in 32 bits, with sign. */
const MOST_STATES = 2 ** 31 - 1;
/** Their bounded searches tell states apart by so many preemptions. */
const MOST_PREEMPTIONS = 4000;
const MOST_CPUS = 1024;
const MOST_FAILURES = 100;
/** A year. */
const LONGEST = 31_536_000;
const LONGEST_MACRO = 10_000;

function atMost(value: number, most: number): number {
  if (value > most) throw new InvalidArgumentError(`Expected at most ${most}.`);
  return value;
}

export const states = (text: string): number => atMost(positive(text), MOST_STATES);
export const preemptions = (text: string): number => atMost(count(text), MOST_PREEMPTIONS);
export const port = (text: string): number => atMost(count(text), 65_535);
export const failures = (text: string): number => atMost(count(text), MOST_FAILURES);
export const cpus = (text: string): number => atMost(positive(text), MOST_CPUS);

/** Seconds, as a number or with s, m or h. */
export function seconds(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smh]?)$/.exec(text);
  const value = Number(match?.[1]) * { "": 1, s: 1, m: 60, h: 3600 }[match?.[2] ?? ""]!;
  if (match === null || !(value > 0)) throw new InvalidArgumentError("Expected seconds, or a number with s, m or h.");
  return atMost(value, LONGEST);
}

/** Bytes: a number with K, M or G (powers of 1024). */
export function size(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([KMG]?)(?:i?B)?$/i.exec(text);
  const unit = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[match?.[2]?.toUpperCase() ?? ""]!;
  const value = Math.floor(Number(match?.[1]) * unit);
  if (match === null || !(value > 0)) throw new InvalidArgumentError("Expected a size, as in 512M or 4G.");
  return value;
}

/** An option of the kernel's configuration: `DRM_NOUVEAU`, or `NAME=value`; as a line of a file of options. */
export function configOption(text: string): string {
  const [, name, value = "y"] = /^(?:CONFIG_)?([A-Z0-9_]{1,100})(?:=([ymn]|\d{1,10}))?$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError("Expected the name of an option, as in DRM_NOUVEAU, or NAME=VALUE.");
  return `CONFIG_${name}=${value}`;
}

/** A macro for the C: NAME or NAME=VALUE. */
export function define(text: string): string {
  if (!/^[A-Za-z_]\w*(=.*)?$/s.test(text)) throw new InvalidArgumentError("Expected NAME or NAME=VALUE.");
  if (text.length > LONGEST_MACRO) throw new InvalidArgumentError(`Expected at most ${LONGEST_MACRO} characters.`);
  return text;
}

const MOST_REPEATED = 500;

/** Collects a repeatable option. */
export function repeated<T>(parse: (text: string) => T): (text: string, before: T[] | undefined) => T[] {
  return (text, before = []) => {
    if (before.length >= MOST_REPEATED) throw new InvalidArgumentError(`Expected it at most ${MOST_REPEATED} times.`);
    return [...before, parse(text)];
  };
}

/** Columns. A table of columns needs some room. */
export function width(text: string): number {
  const value = count(text);
  if (value < NARROWEST_WIDTH || value > WIDEST_WIDTH)
    throw new InvalidArgumentError(`Expected ${NARROWEST_WIDTH} to ${WIDEST_WIDTH} columns.`);
  return value;
}

/** Forms of a result that other tools read. */
export const FORMATS = ["ktap", "junit", "sarif"] as const;
export type Format = (typeof FORMATS)[number];
