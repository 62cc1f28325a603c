/**
 * A log of SARIF 2.1.0, the form in which GitHub and others take findings: what is common to all
 * that shootdown reports. Types are those of @types/sarif; a test validates logs against the schema.
 *
 * Files are named from the root of the sources where they lie below it, as GitHub wants it, and in
 * full otherwise.
 */
import type { Location, Log, Notification, ReportingDescriptor, Result } from "sarif";

export const SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";

/** What relative names are relative to: a viewer knows where the sources are. */
const ROOT = "%SRCROOT%";

export interface SarifParts {
  readonly version: string;
  readonly rules: readonly ReportingDescriptor[];
  readonly results: readonly Result[];
  readonly notifications: readonly Notification[];
  /** False if something kept the run from being whole. */
  readonly successful: boolean;
  readonly exitCode: number;
  readonly command: string;
  /** The root as a full path; undefined: the viewer's own. */
  readonly root?: string;
}

export function sarifLog({ version, rules, results, notifications, successful, exitCode, command, root }: SarifParts): Log {
  return {
    $schema: SARIF_SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "shootdown", semanticVersion: version, rules: [...rules] } },
        invocations: [
          {
            executionSuccessful: successful,
            exitCode,
            ...(command === "" ? {} : { commandLine: command }),
            ...(notifications.length === 0 ? {} : { toolExecutionNotifications: [...notifications] }),
          },
        ],
        ...(root === undefined ? {} : { originalUriBaseIds: { [ROOT]: { uri: `file://${uriOf(root)}/` } } }),
        columnKind: "utf16CodeUnits",
        results: [...results],
      },
    ],
  };
}

export interface SarifPlace {
  readonly file: string;
  /** From 1; less: the file as a whole. */
  readonly line: number;
  readonly function?: string;
}

export function sarifLocation({ file, line, function: name }: SarifPlace, text?: string): Location {
  const relative = !file.startsWith("/");
  return {
    physicalLocation: {
      artifactLocation: relative ? { uri: uriOf(file), uriBaseId: ROOT } : { uri: `file://${uriOf(file)}` },
      ...(line > 0 ? { region: { startLine: line } } : {}),
    },
    ...(name === undefined || name === "" ? {} : { logicalLocations: [{ name, kind: "function" }] }),
    ...(text === undefined ? {} : { message: { text } }),
  };
}

/** Each part is encoded; slashes stay. */
const uriOf = (path: string): string => path.split("/").map(encodeURIComponent).join("/");
