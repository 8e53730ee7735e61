/**
 * golang-migrate: `<number>_<name>.up.sql` and `.down.sql`. Our own layout and node-pg-migrate read such pairs the same, so
 * that nothing tells whose they are, and `auto` never chooses this layout. A down without an up, which golang-migrate takes as
 * a migration that does nothing, is an error.
 */
import { join } from "node:path";
import type { Session } from "../../core/engine.ts";
import { failure } from "../../core/errors.ts";
import { migrateErrors } from "../errors.ts";
import { compareVersions, type MigrationFile, readText, refuseDuplicates, sqlMigration } from "../file.ts";
import type { ForeignRow, Layout } from "./layout.ts";
import { columnsOf, partsOf, sectionIn, sqlFilesIn } from "./reading.ts";

export const golangMigrateLayout: Layout = {
  name: "golang-migrate",
  detect: () => Promise.resolve(false),
  read: async (dir) => {
    const entries = await sqlFilesIn(dir);
    const files = await Promise.all(entries.map((name) => readOne(dir, name, entries)));
    return refuseDuplicates(files.filter((file) => file !== undefined).sort((a, b) => compareVersions(a.version, b.version)));
  },
  history: { table: "public.schema_migrations", read: readHistory },
};

async function readOne(dir: string, entry: string, entries: readonly string[]): Promise<MigrationFile | undefined> {
  const pattern = /^((\d+)_.*)\.(up|down)\.sql$/;
  const [, name = "", version = "", direction] = partsOf(dir, entry, "golang-migrate", pattern, "<number>_<name>.up.sql");
  if (direction === "up") {
    const path = join(dir, entry);
    return sqlMigration({
      name,
      version,
      path,
      text: await readText(path),
      down: await sectionIn(join(dir, `${name}.down.sql`)),
      whole: true,
    });
  }
  if (entries.includes(`${name}.up.sql`)) return undefined;
  throw failure(migrateErrors, "MIGRATE_DOWN_ALONE", { path: join(dir, entry), up: `${name}.up.sql` });
}

/** One row, a high-water mark: everything up to it is applied. Dirty: the migration of this number failed on its way, up or down. */
async function readHistory(session: Session, files: readonly MigrationFile[]): Promise<readonly ForeignRow[] | undefined> {
  const columns = await columnsOf(session, "public", "schema_migrations");
  if (columns?.get("version") !== "bigint" || !columns.has("dirty")) return undefined;
  const { rows } = await session.query<{ version: bigint; dirty: boolean }>("select version, dirty from public.schema_migrations limit 1");
  const [mark] = rows;
  if (!mark) return [];
  const upTo = files.filter(({ version }) => /^\d+$/.test(version) && BigInt(version) <= mark.version);
  const applied = upTo.map((file): ForeignRow => foreignRow(file.version, file, !(mark.dirty && BigInt(file.version) === mark.version)));
  if (upTo.some(({ version }) => BigInt(version) === mark.version)) return applied;
  return [...applied, foreignRow(String(mark.version), undefined, !mark.dirty)];
}

function foreignRow(label: string, file: MigrationFile | undefined, finished: boolean): ForeignRow {
  return { label, file, appliedAt: undefined, checksumMatches: undefined, finished };
}
