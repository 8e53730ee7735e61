/**
 * node-pg-migrate, its SQL migrations: `<prefix>_name.sql` (or `-name`) with `-- Up Migration` and `-- Down Migration`,
 * or name.up.sql and name.down.sql. Our own layout reads these the same, so that a folder is taken as node-pg-migrate's
 * only for its migrations in JavaScript, which nobody else can run: reading them says so.
 */
import { basename, join } from "node:path";
import { readdir } from "node:fs/promises";
import type { Session } from "../../core/engine.ts";
import { failure } from "../../core/errors.ts";
import { migrateErrors } from "../errors.ts";
import { type MigrationFile, readText, sqlMigration } from "../file.ts";
import type { ForeignRow, Layout } from "./layout.ts";
import { hasColumns, isScript, partsOf, refuseSameName, sectionIn, sqlFilesIn } from "./reading.ts";

export const nodePgMigrateLayout: Layout = {
  name: "node-pg-migrate",
  detect: async (dir, entries) => {
    for (const name of entries.filter(isScript)) if (/node-pg-migrate|\bpgm\b/.test(await readText(join(dir, name)))) return true;
    return false;
  },
  read: async (dir) => {
    const script = (await readdir(dir)).find(isScript);
    if (script !== undefined) throw refusal(dir, script);
    const files = await Promise.all((await sqlFilesIn(dir)).map((name) => readOne(dir, name)));
    return refuseSameName(files.filter((file) => file !== undefined).sort(compare));
  },
  history: { table: "public.pgmigrations", read: readHistory },
};

function refusal(dir: string, script: string): Error {
  const sqlFile = script.replace(/\.\w+$/, ".sql");
  return failure(migrateErrors, "MIGRATE_FOREIGN_SCRIPT", { path: join(dir, script), tool: "node-pg-migrate", sqlFile });
}

async function readOne(dir: string, entry: string): Promise<MigrationFile | undefined> {
  const [, version = ""] = partsOf(dir, entry, "node-pg-migrate", /^(\d+)(?:\D.*)?\.sql$/, "<prefix>_<name>.sql");
  const path = join(dir, entry);
  const name = basename(entry, ".sql").replace(/\.(up|down)$/, "");
  if (entry.endsWith(".down.sql")) return refuseDownAlone(dir, entry, `${name}.up.sql`);
  const down = entry.endsWith(".up.sql") ? await sectionIn(join(dir, `${name}.down.sql`)) : undefined;
  return sqlMigration({ name, version, path, text: await readText(path), down });
}

async function refuseDownAlone(dir: string, entry: string, up: string): Promise<undefined> {
  if ((await sqlFilesIn(dir)).includes(up)) return undefined;
  throw failure(migrateErrors, "MIGRATE_DOWN_ALONE", { path: join(dir, entry), up });
}

const names = new Intl.Collator("en", { numeric: true, ignorePunctuation: true });

function compare(a: MigrationFile, b: MigrationFile): number {
  return orderOf(a.version) - orderOf(b.version) || names.compare(a.name, b.name);
}

/** A prefix of 17 digits is a date to the millisecond, and sorts among the others, which are ms since 1970 or counted. */
function orderOf(prefix: string): number {
  if (prefix.length !== 17) return Number(prefix);
  const digits = (from: number, to: number): number => Number(prefix.slice(from, to));
  return Date.UTC(digits(0, 4), digits(4, 6) - 1, digits(6, 8), digits(8, 10), digits(10, 12), digits(12, 14), digits(14, 17));
}

/** `run_on` has no time zone: it is the writer's local time, which is most often the server's. */
async function readHistory(session: Session, files: readonly MigrationFile[]): Promise<readonly ForeignRow[] | undefined> {
  if (!(await hasColumns(session, "public", "pgmigrations", ["id", "name", "run_on"]))) return undefined;
  const { rows } = await session.query<{ name: string; run_on: Date }>(
    "select name, run_on::timestamptz as run_on from public.pgmigrations order by pgmigrations.run_on, id",
  );
  return rows.map((row): ForeignRow => {
    const file = files.find(({ name }) => name === row.name);
    return { label: row.name, file, appliedAt: row.run_on, checksumMatches: undefined, finished: true };
  });
}
