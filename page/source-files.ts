/** How the page names files, and what of them it can show: those that it was given, by their path from ROOT. */
import { audienceOf } from "../src/explain/own-files.ts";
import { ROOT, type Sources } from "../src/site/site-data.ts";

export const showFile = (file: string): string => (file.startsWith(`${ROOT}/`) ? file.slice(ROOT.length + 1) : file);

export const readerOf =
  (sources: Sources, edited: Sources) =>
  (file: string): string | undefined =>
    edited[showFile(file)] ?? sources[showFile(file)];

const KERNEL = "kernel/";

export const isOurs = (file: string): boolean => showFile(file).startsWith(KERNEL);

export const audience = audienceOf((file) => (showFile(file).startsWith(KERNEL) ? showFile(file).slice(KERNEL.length) : ""));
