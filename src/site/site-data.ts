/**
 * What the page fetches, as types: written by `precompile-site.ts`, read by `page/`.
 *
 * Large texts are gzip, in files whose name is the hash of what they hold.
 */
import type { Provenance } from "../report/verdict.ts";

/** Stands for the folder of the package in every path of the data. */
export const ROOT = "/shootdown";

export interface SiteData {
  readonly version: string;
  /** Which clang made the programs. */
  readonly compiler: string;
  readonly scenarios: readonly SiteScenario[];
  readonly findings: readonly SiteFinding[];
  /** By kernel version. */
  readonly models: Readonly<Record<string, SiteModel>>;
  /** File with `Sources`. */
  readonly sources: string;
}

/** By path from ROOT: C and headers of the model kernel and of the scenarios. */
export type Sources = Readonly<Record<string, string>>;

/** A page of docs/findings. */
export interface SiteFinding {
  /** From the page of the checker. */
  readonly href: string;
  readonly title: string;
}

export interface SiteScenario {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly about: string;
  /** From ROOT. */
  readonly file: string;
  readonly kernel: string;
  readonly variants: readonly SiteVariant[];
  /** File with the program whose parameters have their first values, if the scenario has parameters. */
  readonly program?: string;
}

/** The fragment of the address that leads to a scenario of the list with these options. */
export const optionedLink = (id: string, options: string): string => `#s=${encodeURIComponent(id)}&o=${encodeURIComponent(options)}`;

export interface SiteVariant {
  readonly label: string;
  /** As for -D. */
  readonly defines: readonly string[];
  /** File with the program, as `programText` writes it. */
  readonly program: string;
  readonly provenance: Provenance;
}

export interface SiteModel {
  /** Of clang, for a scenario of this kernel. */
  readonly flags: readonly string[];
  /** Files with LLVM IR, by the path of their source from ROOT. */
  readonly units: Readonly<Record<string, string>>;
  readonly bounds: Provenance["model"];
}
