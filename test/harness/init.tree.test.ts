/**
 * `shootdown init` on files of a kernel tree, end to end: what it writes compiles and is checked as
 * it is. Without the tree these are skipped, and the skip says what is missing.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { run } from "../cli/run.ts";

const VARIABLE = "SHOOTDOWN_TREE_6_12";
const tree = process.env[VARIABLE] ?? "";
const made: string[] = [];
afterAll(() => {
  for (const dir of made) rmSync(dir, { recursive: true, force: true });
});

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "shootdown-init-"));
  made.push(dir);
  return dir;
}

describe.skipIf(tree === "")(`on 6.12${tree === "" ? `: ${VARIABLE} names no tree` : ""}`, () => {
  it.for([
    ["lib/test_hmm.c", "dmirror_min_ops.invalidate", "EXIT", false],
    ["drivers/infiniband/hw/hfi1/mmu_rb.c", "mn_opts.invalidate_range_start", "UNMAP", false],
    ["drivers/xen/gntdev.c", "gntdev_mmu_ops.invalidate", "DROP", true],
    // Its own callback makes the object, and a per-CPU variable that it wants is defined by nobody.
    ["drivers/misc/sgi-gru/grutlbpurge.c", "gru_mmuops.invalidate_range_start", "MIGRATE", true],
    // A function that its callback reaches is defined in files that are not linked.
    [
      "drivers/gpu/drm/nouveau/nouveau_svm.c",
      "nouveau_mn_ops.invalidate_range_start",
      "UNMAP",
      true,
      "DRM",
      "DRM_NOUVEAU",
      "STAGING",
      "DRM_NOUVEAU_SVM",
    ],
  ] as const)("%s: the harness is checked at once", { timeout: 600_000 }, async ([file, callback, take, slow, ...options], context) => {
    if (slow && process.env.SHOOTDOWN_SLOW === undefined) context.skip("slow, see SHOOTDOWN_SLOW");
    const cwd = folder();
    const written = await run(
      ["init", "-q", "--tree", tree, ...options.flatMap((one) => ["--config", one]), "--output", "harness.c", file],
      cwd,
    );
    expect([written.status, written.err]).toEqual([0, ""]);
    expect(written.out).toContain(`${callback}: `);
    const text = readFileSync(join(cwd, "harness.c"), "utf8");
    const marks = [...text.matchAll(/FILL \d+:/g)].length;
    expect(marks).toBeGreaterThan(0);
    expect(marks).toBeLessThanOrEqual(10);
    const command = written.out.trim().split("\n").at(-1)!.trim().split(" ").slice(1);
    const checked = await run([...command, "-q", `-DTAKE=${take}`], cwd);
    expect([checked.status, checked.out]).toEqual([0, "harness.c: none within bounds\n"]);
    expect(checked.err).toContain(`harness.c has ${marks} lines marked FILL: what is to be put there was not checked`);
  });

  it("says what is missing where a file does not compile", { timeout: 600_000 }, async () => {
    const { status, err } = await run(["init", "-q", "--tree", tree, "drivers/iommu/amd/pasid.c"], folder());
    expect(status).toBe(2);
    expect(err).toContain("it is built with CONFIG_AMD_IOMMU");
  });

  it("refuses a scenario around a driver that is not named", { timeout: 600_000 }, async () => {
    const cwd = folder();
    writeFileSync(join(cwd, "alone.c"), "#include <shootdown/scenario.h>\n#include SD_DRIVER\nvoid scenario(void)\n{\n}\n");
    const { status, err } = await run(["check", "-q", "--tree", tree, "alone.c"], cwd);
    expect(status).toBe(2);
    expect(err).toContain("alone.c includes SD_DRIVER, and no file of the tree is named beside it");
  });
});
