/** A scan as JSON: all that the text says, and every mention of the types. */
import type { Json } from "../report/json.ts";
import type { Scan } from "./scan-tree.ts";

export const SCAN_SCHEMA_VERSION = 1;

export function scanJson(scan: Scan): Json {
  const plain = { version: SCAN_SCHEMA_VERSION, ...scan, mentions: scan.mentions.map(({ token: _, ...mention }) => mention) };
  // Data through and through: what is undefined is left out.
  return JSON.parse(JSON.stringify(plain)) as Json;
}
