/**
 * How long others are kept waiting. Honest ranges: from a network disk that has nothing in memory to a table that is all in
 * memory. Without a live database there is no estimate.
 */
import type { Live } from "./live.ts";

export type Work = "scan" | "index build" | "rewrite";

/**
 * Megabytes of rows a second, slow and fast. Fast: measured on PostgreSQL 18.4, two shared cores, a table of 252 MB and
 * 2,000,000 rows in memory (checks 540 to 1,950; index builds 190 to 400; rewrites with one to four indexes 21 to 48, which a
 * server of its own doubles). Slow: a cloud volume of 125 MB/s (the base of AWS gp3) that others use too; a rewrite reads,
 * writes and logs each row.
 */
export const rates: Readonly<Record<Work, readonly [slow: number, fast: number]>> = {
  scan: [100, 1000],
  "index build": [20, 300],
  rewrite: [10, 100],
};

export interface Estimate {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly bytes: number;
  readonly rows: number;
  /** Writes that queue up behind it, at the table's usual rate. */
  readonly writesWaiting: number;
}

/** Of work on these tables; undefined where the live database knows none of them. */
export function estimate(live: Live | undefined, work: Work, tables: readonly string[]): Estimate | undefined {
  const known = tables.flatMap((name) => live?.tables.get(name) ?? []);
  if (known.length === 0) return undefined;
  const bytes = known.reduce((sum, { heapBytes }) => sum + heapBytes, 0);
  const [slow, fast] = rates[work];
  const [fromSeconds, toSeconds] = [bytes / 1e6 / fast, bytes / 1e6 / slow];
  const writes = known.reduce((sum, { writesPerSecond }) => sum + writesPerSecond, 0);
  return {
    fromSeconds,
    toSeconds,
    bytes,
    rows: known.reduce((sum, { rows }) => sum + rows, 0),
    writesWaiting: Math.round(writes * toSeconds),
  };
}

/** Short enough that nobody notices: less than the lock waits that a run bears anyway. */
export function isShort({ toSeconds }: Estimate): boolean {
  return toSeconds < 1;
}

/** `2 to 20 s for 1.2 GB`. */
export function inWords({ fromSeconds, toSeconds, bytes, writesWaiting }: Estimate): string {
  const queue = writesWaiting > 0 ? `, up to ${rounded(writesWaiting)} writes waiting` : "";
  const time = toSeconds < 1 ? "less than 1 s" : range(fromSeconds, toSeconds);
  return `${time} for ${size(bytes)}${queue}`;
}

function range(from: number, to: number): string {
  const [unit, per] = to >= 14_400 ? ["h", 3600] : to >= 300 ? ["min", 60] : ["s", 1];
  return `${rounded(Math.max(from / per, 0))} to ${rounded(to / per)} ${unit}`;
}

/** One significant digit below ten, two above: more would pretend. */
function rounded(value: number): string {
  if (value < 1) return "under 1";
  return String(value < 10 ? Math.round(value) : Number(value.toPrecision(2)));
}

function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const at = Math.min(units.length - 1, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1000)));
  const value = bytes / 1000 ** at;
  return `${value < 10 && at > 0 ? value.toFixed(1) : Math.round(value)} ${units[at]}`;
}
