export interface LitmusRow {
  readonly name: string;
  readonly threads: readonly string[];
  readonly outcome: string;
  readonly sc: "yes" | "no";
  readonly tso: "yes" | "no";
}
export function litmusRows(): readonly LitmusRow[];
export function litmusC(row: LitmusRow): string;
