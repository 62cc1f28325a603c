/**
 * Writes the pictures of a violation that were asked for: --html, --svg, --perfetto. Of any other
 * verdict there is nothing to draw; that is said, and no file is touched.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../host/paths.ts";
import { sourceFiles } from "../host/sources.ts";
import { htmlFile } from "../picture/html-file.ts";
import { perfettoTrace } from "../picture/perfetto.ts";
import { pictureOf } from "../picture/picture.ts";
import { svgFile } from "../picture/svg-file.ts";
import { type Violation, viewOf } from "../picture/view.ts";
import type { Verdict } from "../report/verdict.ts";
import { type CheckSettings, picturesAsked } from "../settings/options.ts";
import type { Io } from "./io.ts";
import { writeNamed } from "./print.ts";

export function draw(verdict: Verdict, settings: CheckSettings, io: Io): void {
  const asked = picturesAsked(settings);
  if (asked.length === 0) return;
  if (verdict.kind !== "violation") {
    const files = asked.map(([, file]) => file).join(" and ");
    io.stderr.write(`note: there is no violation to draw: ${files} ${asked.length > 1 ? "are" : "is"} not written\n`);
    return;
  }
  for (const [form, file] of asked) writeNamed(textOf(form, verdict, io), file, io);
}

function textOf(form: string, verdict: Violation, io: Io): string {
  const { story, failure } = verdict.violation;
  if (form === "html") return htmlFile(viewOf(verdict, sourceFiles(io.cwd).readSource), { script: viewerScript(), sha256 });
  const picture = pictureOf(verdict.scenario, failure.klass, story);
  if (form === "svg") return svgFile(picture);
  return `${JSON.stringify(perfettoTrace(picture, story, `shootdown ${verdict.provenance.version}`), undefined, 1)}\n`;
}

/** Made by the build from `page/viewer.ts`. */
const viewerScript = (): string => readFileSync(join(packageRoot, "dist/page/viewer.js"), "utf8");

const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("base64");
