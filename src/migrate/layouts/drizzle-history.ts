/** drizzle's history table, of 0.x (content and the journal's time) and of 1.0 (name and time of application too). */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { Session } from "../../core/engine.ts";
import type { MigrationFile } from "../file.ts";
import { journalIn, readJournal } from "./drizzle-journal.ts";
import type { ForeignRow } from "./layout.ts";
import { hasColumns, sha256sOf } from "./reading.ts";

interface DrizzleRow {
  readonly id: number;
  readonly hash: string;
  readonly created_at: bigint | null;
  readonly name: string | null;
  readonly applied_at: Date | null;
}

interface Known {
  readonly file: MigrationFile;
  readonly hashes: readonly string[];
  readonly when: number | undefined;
}

/** `name` and `applied_at` came with 1.0; reading the row as JSON takes tables with and without them. */
export async function readDrizzleHistory(session: Session, files: readonly MigrationFile[]): Promise<readonly ForeignRow[] | undefined> {
  if (!(await hasColumns(session, "drizzle", "__drizzle_migrations", ["id", "hash", "created_at"]))) return undefined;
  const { rows } = await session.query<DrizzleRow>(
    `select entry.id, entry.hash, entry.created_at, pg_catalog.to_jsonb(entry) ->> 'name' as name,
       (pg_catalog.to_jsonb(entry) ->> 'applied_at')::timestamptz as applied_at
     from drizzle.__drizzle_migrations as entry order by entry.id`,
  );
  const free = new Set(await known(files));
  return rows.map((row) => {
    const found = match(row, [...free]);
    if (found) free.delete(found);
    const label = row.name ?? found?.file.name ?? `${row.id} (${row.hash.slice(0, 12)})`;
    const checksumMatches = found?.hashes.includes(row.hash);
    return { label, file: found?.file, appliedAt: row.applied_at ?? undefined, checksumMatches, finished: true };
  });
}

async function known(files: readonly MigrationFile[]): Promise<readonly Known[]> {
  const journal = journalIn(dirname(files[0]?.path ?? "."));
  const times = new Map(existsSync(journal) ? (await readJournal(journal)).map(({ tag, when }) => [tag, when]) : []);
  return Promise.all(
    files.map(async (file) => ({ file, hashes: await sha256sOf(file.path), when: times.get(file.name) ?? stampOf(file.version) })),
  );
}

/** The time that 14 digits say, in ms. */
function stampOf(version: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(version)?.slice(1).map(Number);
  if (!parts) return undefined;
  const [year = 0, month = 1, ...rest] = parts;
  return Date.UTC(year, month - 1, ...rest);
}

/** By content; of several with one content (two empty ones) by name or time. What was edited after it ran, by name or time. */
function match(row: DrizzleRow, free: readonly Known[]): Known | undefined {
  const same = free.filter(({ hashes }) => hashes.includes(row.hash));
  return named(row, same) ?? same[0] ?? named(row, free);
}

/** The upgrade to 1.0 cut the journal's times to the second: in the directories' names, but not in the table. */
function named({ name, created_at }: DrizzleRow, among: readonly Known[]): Known | undefined {
  const ms = Number(created_at);
  return (
    among.find(({ file }) => file.name === name) ??
    among.find(({ when }) => when === ms) ??
    among.find(({ when }) => when === ms - (ms % 1000))
  );
}
