/** dbmate: `<digits>….sql` with `-- migrate:up` in every file and mostly `-- migrate:down`, in the order of the names. */
import { basename, join } from "node:path";
import type { Session } from "../../core/engine.ts";
import { failure } from "../../core/errors.ts";
import { migrateErrors } from "../errors.ts";
import { type MigrationFile, readText, refuseDuplicates, sqlMigration } from "../file.ts";
import type { ForeignRow, Layout } from "./layout.ts";
import { allSqlFit, columnsOf, isScript, partsOf, sqlFilesIn } from "./reading.ts";

const marker = /^--\s*migrate:up(?:\s|$)/m;

export const dbmateLayout: Layout = {
  name: "dbmate",
  detect: async (dir, entries) => {
    if (!allSqlFit(entries, /^\d/) || entries.some(isScript)) return false;
    const hasMarker = async (name: string): Promise<boolean> => marker.test(await readText(join(dir, name)));
    const [first = "", ...rest] = await sqlFilesIn(dir);
    return (await hasMarker(first)) && (await Promise.all(rest.map(hasMarker))).every(Boolean);
  },
  read: async (dir) => refuseDuplicates(await Promise.all((await sqlFilesIn(dir)).map((name) => readOne(dir, name)))),
  history: { table: "public.schema_migrations", read: readHistory },
};

async function readOne(dir: string, entry: string): Promise<MigrationFile> {
  const [, version = ""] = partsOf(dir, entry, "dbmate", /^(\d+).*\.sql$/, "<version>_<name>.sql");
  const path = join(dir, entry);
  const text = await readText(path);
  if (!marker.test(text)) throw failure(migrateErrors, "MIGRATE_MARKER_MISSING", { path, marker: "-- migrate:up", tool: "dbmate" });
  return sqlMigration({ name: basename(entry, ".sql"), version, path, text });
}

/** A table of this name is golang-migrate's where it has `dirty`; Rails' has the same one column as dbmate's and is read alike. */
async function readHistory(session: Session, files: readonly MigrationFile[]): Promise<readonly ForeignRow[] | undefined> {
  const columns = await columnsOf(session, "public", "schema_migrations");
  if (!columns || columns.has("dirty") || !["character varying", "text"].includes(columns.get("version") ?? "")) return undefined;
  const { rows } = await session.query<{ version: string }>(`select version from public.schema_migrations order by version collate "C"`);
  return rows.map(({ version }): ForeignRow => {
    const file = files.find((file) => file.version === version);
    return { label: version, file, appliedAt: undefined, checksumMatches: undefined, finished: true };
  });
}
