/**
 * The folder against the history. History is a set of (name, content hash), not a high-water mark: a migration that was
 * merged late is pending like any other, and an edited, deleted or renamed file is noticed.
 */
import { type Finding, finding } from "../core/finding.ts";
import type { MigrationFile } from "./file.ts";
import type { FailedAttempt, History, HistoryRow } from "./history.ts";

export type MigrationState = "applied" | "pending" | "changed" | "missing" | "renamed" | "applying" | "reverting";

/** One migration, as the folder and the history know it. */
export interface Standing {
  readonly name: string;
  readonly version: string;
  readonly state: MigrationState;
  readonly file: MigrationFile | undefined;
  readonly row: HistoryRow | undefined;
  /** Pending, and sorts before one that is applied. */
  readonly late: boolean;
  /** The last attempt, where it failed. */
  readonly failure: FailedAttempt | undefined;
  /** Rows that a squashed baseline stands for, where this database has all of them: nothing of it need be run. */
  readonly absorbs?: readonly HistoryRow[];
  /** The name in the folder of a renamed one. */
  readonly renamedTo?: string;
}

/** In the folder's order; what is applied but has no file comes first, in the order of application. */
export function compare(files: readonly MigrationFile[], history: History): readonly Standing[] {
  const rows = new Map(history.rows.map((row) => [row.name, row]));
  const failures = new Map(history.failures.map((failure) => [failure.name, failure]));
  const names = new Set(files.map(({ name }) => name));
  const absorbed = new Map(files.flatMap((file) => (rows.has(file.name) ? [] : [[file.name, absorbedBy(file, rows)] as const])));
  const inBaselines = new Set([...absorbed.values()].flat());
  const orphans = history.rows.filter((row) => !names.has(row.name) && !inBaselines.has(row));
  const renames = matchRenames(
    orphans,
    files.filter(({ name }) => !rows.has(name)),
  );
  const lastApplied = files.findLastIndex((file) => rows.has(file.name) && !file.repeatable);
  const overtaken = new Set(files.slice(0, lastApplied + 1));
  const gone = orphans.map((row): Standing => {
    const renamedTo = renames.get(row.name);
    const shared = { name: row.name, version: row.version, file: undefined, row, late: false, failure: undefined };
    return renamedTo === undefined ? { ...shared, state: "missing" } : { ...shared, state: "renamed", renamedTo };
  });
  const taken = new Set(renames.values());
  const present = files
    .filter(({ name }) => !taken.has(name))
    .map((file): Standing => {
      const row = rows.get(file.name);
      const state = stateOf(file, row);
      const late = state === "pending" && row === undefined && !file.repeatable && overtaken.has(file);
      const standing = { name: file.name, version: file.version, state, file, row, late, failure: failures.get(file.name) };
      const absorbs = absorbed.get(file.name) ?? [];
      return absorbs.length === 0 ? standing : { ...standing, late: false, absorbs };
    });
  return [...gone, ...present];
}

/** What a baseline stands for, where all of it is applied here as the baseline knows it; else nothing. */
function absorbedBy({ absorbs = [] }: MigrationFile, rows: ReadonlyMap<string, HistoryRow>): readonly HistoryRow[] {
  const found = absorbs.map(({ name, upHash }) => {
    const row = rows.get(name);
    return row?.state === "applied" && row.upHash === upHash ? row : undefined;
  });
  return found.every((row) => row !== undefined) ? found : [];
}

function stateOf(file: MigrationFile, row: HistoryRow | undefined): MigrationState {
  if (!row) return "pending";
  if (row.state !== "applied") return row.state;
  if (row.upHash === file.upHash) return "applied";
  return file.repeatable ? "pending" : "changed";
}

/** An applied migration without a file and a new file with the same content are one migration under a new name. */
function matchRenames(orphans: readonly HistoryRow[], fresh: readonly MigrationFile[]): ReadonlyMap<string, string> {
  const renames = new Map<string, string>();
  for (const row of orphans) {
    const match = fresh.find(({ upHash, name }) => upHash === row.upHash && ![...renames.values()].includes(name));
    if (match) renames.set(row.name, match.name);
  }
  return renames;
}

/** What does not add up, as findings: errors keep `up` from running. */
export function judge(standings: readonly Standing[], outOfOrder: "strict" | "warn" | "allow"): readonly Finding[] {
  return standings.flatMap((standing) => [...judgeOne(standing, outOfOrder)]);
}

function* judgeOne({ name, state, file, row, late, failure, renamedTo }: Standing, outOfOrder: string): Generator<Finding> {
  if (state === "changed") {
    yield finding(
      "error",
      "MIGRATE_CHECKSUM_CHANGED",
      name,
      "was edited after it was applied",
      "restore the file, or accept its new content with `pgsteward migrate up --force`",
    );
  }
  if (state === "missing")
    yield finding(
      "error",
      "MIGRATE_MISSING",
      name,
      "was applied here, but has no file",
      "restore the file, or run `pgsteward migrate repair`",
    );
  if (state === "renamed")
    yield finding("error", "MIGRATE_RENAMED", name, `was renamed to ${renamedTo} after it was applied`, "run `pgsteward migrate repair`");
  if (state === "applying" || state === "reverting") {
    const command = state === "applying" ? "up" : "down";
    const [, passed] = row?.stepState ?? [];
    yield finding(
      "error",
      "MIGRATE_PARTLY_APPLIED",
      name,
      `stopped halfway: ${row?.stepHashes.length} steps are done${passed === undefined ? "" : `, and ${passed} rows of a backfill`}`,
      `continue it with \`pgsteward migrate ${command}\``,
    );
  }
  if (late && outOfOrder !== "allow") {
    const severity = outOfOrder === "strict" ? "error" : "warning";
    yield finding(severity, "MIGRATE_OUT_OF_ORDER", name, "is pending, although migrations that sort behind it are applied");
  }
  if (failure && state === "pending") {
    yield finding(
      "info",
      "MIGRATE_FAILED_BEFORE",
      name,
      `failed at the last try and was rolled back: ${failure.detail.message}`,
      "fix the file and run `pgsteward migrate up`",
    );
  }
  if (state === "applied" && file && row && row.hash !== file.hash) {
    yield finding(
      "info",
      "MIGRATE_DOWN_CHANGED",
      name,
      "its comments or its down section were edited after it was applied; a rollback runs the file's",
    );
  }
}
