/** What a claim is, and what it answers. */

/** One line of the table: a measurement of ours beside a peer's from the same run. */
export interface Row {
  readonly claim: string;
  readonly ours: string;
  /** What it is measured against, in the same run. */
  readonly peer: string;
  readonly ratio?: number;
  /** The demand, in words; without one the row only informs. */
  readonly wanted?: string;
  readonly ok?: boolean;
}

export interface BenchOptions {
  /** How often each subject of a demand is measured; every claim has its own default. */
  readonly rounds?: number | undefined;
  /** How often the eight processes start at once. */
  readonly times?: number | undefined;
  /** False leaves the other tools out: what is demanded is then measured in a tenth of the time. */
  readonly peers: boolean;
  /** Told how far it has come. */
  readonly say: (text: string) => void;
}

export interface Bench {
  readonly name: string;
  /** The claim, as one sentence. */
  readonly claim: string;
  run(options: BenchOptions): Promise<readonly Row[]>;
}

/** Cells wider than the column push the rest to the right instead of being cut. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map(({ claim, ours, peer, ratio, wanted, ok }) => [
    claim,
    ours,
    peer,
    ratio === undefined ? "" : ratio.toFixed(2),
    wanted ?? "",
    ok === undefined ? "" : ok ? "ok" : "MISSED",
  ]);
  const all = [["claim", "ours", "peer", "ratio", "wanted", ""], ...cells];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all
    .map((row) =>
      row
        .map((cell, i) => (i === 3 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function missed(rows: readonly Row[]): number {
  return rows.filter(({ ok }) => ok === false).length;
}
