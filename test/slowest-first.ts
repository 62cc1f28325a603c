/**
 * The order of test files: those that take longest first, so that no long one is left alone at the
 * end. vitest would go by the last run's times, and a fresh clone has none.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Below test/, each over half a minute. */
const SLOWEST: readonly string[] = [
  "own/corpus-6.12.tree",
  "own/corpus-6.1.tree",
  "verdict-table/findings",
  "verdict-table/real-cases.tree",
  "engines",
  "versions",
  "page/site",
  "safety/interrupted",
  "safety/hostile",
  "model",
  "safety/ir",
  "founding",
  "mutations",
  "fuzz/fuzz",
  "cli/shards",
  "soundness",
];

export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = SLOWEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
      return at < 0 ? SLOWEST.length : at;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
