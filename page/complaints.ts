/** What clang says of a file, as data. */

export interface Complaint {
  readonly line: number;
  readonly column: number;
  readonly severity: "error" | "warning";
  readonly message: string;
}

export function complaintsOf(stderr: string, file: string): Complaint[] {
  return [...stderr.matchAll(/^(.*?):(\d+):(\d+): (fatal error|error|warning): (.*)$/gm)].flatMap(
    ([, where, line, column, severity, message]) =>
      where === file
        ? [
            {
              line: Number(line),
              column: Number(column),
              severity: severity === "warning" ? "warning" : "error",
              message: message ?? "",
            } as const,
          ]
        : [],
  );
}
