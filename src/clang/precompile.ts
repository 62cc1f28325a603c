/**
 * A step of the build: compiles the model kernel for the kernel versions that are asked for most,
 * at the default options, into `dist/kernel`.
 *
 * The folder is made aside and put in place whole: a check that runs meanwhile sees the old one or
 * none.
 */
import { renameSync, rmSync } from "node:fs";
import { InputFault } from "../base/diagnostics.ts";
import { defaultCacheDir, openCache } from "../host/cache.ts";
import { compileShipped, SHIPPED_DIR } from "./compile.ts";
import { findCompiler } from "./compiler.ts";
import { DEFAULT_OPT, PRECOMPILED_VERSIONS } from "./flags.ts";
import { modelRequests } from "./model.ts";

async function precompile(): Promise<void> {
  const cache = openCache(defaultCacheDir());
  const compiler = await findCompiler(process.env.SHOOTDOWN_CC, cache);
  const aside = `${SHIPPED_DIR}.${process.pid}`;
  const store = openCache(aside);
  const requests = PRECOMPILED_VERSIONS.flatMap((version) =>
    modelRequests({ version, opt: DEFAULT_OPT, defines: [], compiler, cache, shipped: true }),
  );
  try {
    let next = 0;
    const worker = async () => {
      for (let i = next++; i < requests.length; i = next++) await compileShipped(requests[i]!, store);
    };
    await Promise.all([worker(), worker()]);
    rmSync(SHIPPED_DIR, { recursive: true, force: true });
    if (requests.length > 0) renameSync(aside, SHIPPED_DIR);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  console.log(
    `model kernel compiled with ${compiler.id}: ${requests.length / PRECOMPILED_VERSIONS.length} files, for ${PRECOMPILED_VERSIONS.join(", ")}`,
  );
}

try {
  await precompile();
} catch (error) {
  if (!(error instanceof InputFault)) throw error;
  for (const d of error.diagnostics) console.error(`${d.code}: ${d.message}\n${d.verbatim ?? ""}`);
  process.exitCode = 2;
}
