/**
 * drizzle-kit, both layouts: `<tag>.sql` in the order of `meta/_journal.json`; from 1.0 a directory for each migration,
 * `<14 digits>_<name>/migration.sql` beside `snapshot.json`, and no journal.
 *
 * `--> statement-breakpoint` separates statements for drizzle and is a comment for PostgreSQL, so the text stays as it
 * is; only where a statement before it lacks its semicolon, one is added. drizzle has no downs; `<tag>.down.sql`, or
 * `down.sql` in the directory, is ours.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { failure } from "../../core/errors.ts";
import { splitStatements } from "../../core/sql-text.ts";
import { migrateErrors } from "../errors.ts";
import { type MigrationFile, readText, type Section, sqlMigration } from "../file.ts";
import { readDrizzleHistory } from "./drizzle-history.ts";
import { journalIn, readJournal } from "./drizzle-journal.ts";
import type { Layout } from "./layout.ts";
import { versionOf } from "./pgsteward.ts";
import { foldersIn, readDirectories, refuseSameName, sectionIn, sqlFilesIn } from "./reading.ts";

export const drizzleLayout: Layout = {
  name: "drizzle",
  detect: (dir, entries) =>
    Promise.resolve(existsSync(journalIn(dir)) || entries.some((name) => !name.endsWith(".sql") && hasSnapshot(dir, name))),
  read: async (dir) => (existsSync(journalIn(dir)) ? readJournaled(dir) : readFolders(dir)),
  history: { table: "drizzle.__drizzle_migrations", read: readDrizzleHistory },
};

const hasSnapshot = (dir: string, name: string): boolean =>
  existsSync(join(dir, name, "migration.sql")) && existsSync(join(dir, name, "snapshot.json"));

async function readJournaled(dir: string): Promise<readonly MigrationFile[]> {
  const journal = journalIn(dir);
  const entries = await readJournal(journal);
  const tags = new Set(entries.map(({ tag }) => tag));
  const stray = (await sqlFilesIn(dir)).find((name) => !tags.has(name.replace(/(?:\.down)?\.sql$/, "")));
  if (stray !== undefined) throw failure(migrateErrors, "MIGRATE_FILE_WITHOUT_JOURNAL", { path: join(dir, stray), journal });
  return refuseSameName(await Promise.all(entries.map(({ tag }) => readTag(dir, journal, tag))));
}

async function readTag(dir: string, journal: string, tag: string): Promise<MigrationFile> {
  const path = join(dir, `${tag}.sql`);
  if (!existsSync(path)) throw failure(migrateErrors, "MIGRATE_JOURNAL_WITHOUT_FILE", { journal, tag, path });
  const down = await sectionIn(join(dir, `${tag}.down.sql`));
  return separated(sqlMigration({ name: tag, version: versionOf(tag), path, text: await readText(path), down, whole: true }));
}

/** drizzle passes over directories without a script; one that is named as a migration is an error here. */
async function readFolders(dir: string): Promise<readonly MigrationFile[]> {
  const names = (await foldersIn(dir)).filter((name) => /^\d{14}/.test(name) || existsSync(join(dir, name, "migration.sql")));
  const inOrder = names.sort((a, b) => a.localeCompare(b, "en"));
  return (await readDirectories(dir, inOrder, "drizzle")).map(separated);
}

const breakpoint = "--> statement-breakpoint";

function separated(file: MigrationFile): MigrationFile {
  if (!file.up.text.includes(breakpoint)) return file;
  const [first = "", ...rest] = file.up.text.split(breakpoint);
  const up: Section = { ...file.up, text: [first, ...rest.map(onItsOwnLine)].map(ended).join(breakpoint) };
  return { ...file, up };
}

/** What stands behind a breakpoint on its line runs with drizzle, and would be comment for PostgreSQL. */
function onItsOwnLine(chunk: string): string {
  return chunk.replace(/^(?=[^\n]*\S)/, "\n");
}

function ended(chunk: string): string {
  const last = splitStatements(chunk).at(-1);
  if (!last || chunk.slice(last.end).trimStart().startsWith(";")) return chunk;
  return `${chunk.slice(0, last.end)};${chunk.slice(last.end)}`;
}
