/** Holds logs to the schema of SARIF 2.1.0, which the package of Microsoft's matchers for SARIF contains. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { ValidateFunction } from "ajv";
import draft04 from "ajv-draft-04";
import formats from "ajv-formats";

const folder = dirname(createRequire(import.meta.url).resolve("@microsoft/jest-sarif"));

let compiled: ValidateFunction | undefined;

function validator(): ValidateFunction {
  if (compiled === undefined) {
    const schema = JSON.parse(readFileSync(join(folder, "schemas/sarif-2.1.0-rtm.5.json"), "utf8")) as object;
    const ajv = new draft04.default({ allErrors: true, strict: false, unicodeRegExp: false });
    formats.default(ajv);
    compiled = ajv.compile(schema);
  }
  return compiled;
}

/** What is wrong with it. */
export function sarifFaults(log: unknown): string[] {
  const validate = validator();
  validate(log);
  return (validate.errors ?? []).map((error) => `${error.instancePath}: ${error.message}`);
}
