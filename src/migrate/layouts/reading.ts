/** What the readers of other tools' folders and tables share. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Session } from "../../core/engine.ts";
import { failure } from "../../core/errors.ts";
import { sql } from "../../core/sql.ts";
import { migrateErrors } from "../errors.ts";
import { type MigrationFile, readText, refuseDuplicates, type Section, sqlMigration } from "../file.ts";
import { versionOf } from "./pgsteward.ts";

const hidden = /^\./;

/** The names of the .sql files in a folder, sorted. */
export async function sqlFilesIn(dir: string): Promise<readonly string[]> {
  return (await readdir(dir)).filter((name) => name.endsWith(".sql") && !hidden.test(name)).sort();
}

/** The names of the folders in a folder, sorted. */
export async function foldersIn(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() && !hidden.test(entry.name) ? [entry.name] : [])).sort();
}

/** A migration in JavaScript or TypeScript. */
export const isScript = (name: string): boolean => /^[^._].*\.[cm]?[jt]s$/.test(name) && !/\.(?:d|test|spec)\.\w+$/.test(name);

/** True where every `.sql` name fits and there is at least one. */
export function allSqlFit(entries: readonly string[], pattern: RegExp): boolean {
  const names = entries.filter((name) => name.endsWith(".sql") && !hidden.test(name));
  return names.length > 0 && names.every((name) => pattern.test(name));
}

/** A whole file as a section, undefined where it does not exist. */
export async function sectionIn(path: string): Promise<Section | undefined> {
  return existsSync(path) ? { path, line: 1, text: await readText(path) } : undefined;
}

/** The migrations of a tool that keeps a directory for each; their names are the directories'. */
export async function readDirectories(dir: string, names: readonly string[], tool: string): Promise<readonly MigrationFile[]> {
  const [loose] = await sqlFilesIn(dir);
  if (loose !== undefined) partsOf(dir, loose, tool, /^$/, "<timestamp>_<name>/migration.sql");
  return Promise.all(names.map((name) => readDirectory(dir, name)));
}

async function readDirectory(dir: string, name: string): Promise<MigrationFile> {
  const path = join(dir, name, "migration.sql");
  if (!existsSync(path)) throw failure(migrateErrors, "MIGRATE_SCRIPT_MISSING", { folder: join(dir, name), file: "migration.sql" });
  const down = await sectionIn(join(dir, name, "down.sql"));
  return sqlMigration({ name, version: versionOf(name), path, text: await readText(path), down, whole: true });
}

/** The parts of a name, or the error that this tool would never run the file. */
export function partsOf(dir: string, name: string, tool: string, pattern: RegExp, shown: string): RegExpExecArray {
  const parts = pattern.exec(name);
  if (!parts) throw failure(migrateErrors, "MIGRATE_FOREIGN_NAME", { path: join(dir, name), tool, pattern: shown });
  return parts;
}

/** For tools that order by name and therefore take two migrations of one version. */
export function refuseSameName(files: readonly MigrationFile[]): readonly MigrationFile[] {
  refuseDuplicates(files.map((file) => ({ ...file, version: "" })));
  return files;
}

/** sha256 of a file as it is, as it is in a checkout with LF, and as it is in one with CRLF. */
export async function sha256sOf(path: string): Promise<readonly string[]> {
  const bytes = await readFile(path, "latin1");
  const unix = bytes.replaceAll("\r\n", "\n");
  return [bytes, unix, unix.replaceAll("\n", "\r\n")].map((text) => createHash("sha256").update(text, "latin1").digest("hex"));
}

/** A table's columns and their types; undefined where there is no such table. Reads the catalog only, which needs no privilege. */
export async function columnsOf(session: Session, schema: string, table: string): Promise<ReadonlyMap<string, string> | undefined> {
  const { rows } = await session.query<{ name: string; type: string }>(sql`
    select attribute.attname as name, pg_catalog.format_type(attribute.atttypid, null) as type
    from pg_catalog.pg_class as class
    join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
    join pg_catalog.pg_attribute as attribute on attribute.attrelid = class.oid
    where namespace.nspname = ${schema} and class.relname = ${table} and class.relkind in ('r', 'p', 'v')
      and attribute.attnum > 0 and not attribute.attisdropped`);
  return rows.length === 0 ? undefined : new Map(rows.map(({ name, type }) => [name, type]));
}

/** True where a table exists and has at least these columns. */
export async function hasColumns(session: Session, schema: string, table: string, names: readonly string[]): Promise<boolean> {
  const columns = await columnsOf(session, schema, table);
  return columns !== undefined && names.every((name) => columns.has(name));
}
