/**
 * Supabase CLI: `supabase/migrations/<14 digits>_<name>.sql`. It knows no downs; sections with our markers are cut all
 * the same, because a folder where they stand was never run by the CLI, which would execute the downs too.
 */
import { basename, dirname, join, resolve } from "node:path";
import type { Session } from "../../core/engine.ts";
import { splitStatements } from "../../core/sql-text.ts";
import { compareVersions, type MigrationFile, readText, refuseDuplicates, sqlMigration } from "../file.ts";
import type { ForeignRow, Layout } from "./layout.ts";
import { allSqlFit, hasColumns, isScript, partsOf, sqlFilesIn } from "./reading.ts";

export const supabaseLayout: Layout = {
  name: "supabase",
  // With pairs of .up.sql and .down.sql, or with scripts, it is ours, which reads these files the same.
  detect: (dir, entries) =>
    Promise.resolve(
      basename(dirname(resolve(dir))) === "supabase" && !entries.some(isScript) && allSqlFit(entries, /^\d{14}_.*(?<!\.up|\.down)\.sql$/),
    ),
  read: async (dir) => {
    const files = await Promise.all((await sqlFilesIn(dir)).map((name) => readOne(dir, name)));
    return refuseDuplicates(files.sort((a, b) => compareVersions(a.version, b.version)));
  },
  history: { table: "supabase_migrations.schema_migrations", read: readHistory },
};

async function readOne(dir: string, entry: string): Promise<MigrationFile> {
  const [, version = ""] = partsOf(dir, entry, "supabase", /^(\d+)_.*\.sql$/, "<timestamp>_<name>.sql");
  const path = join(dir, entry);
  return sqlMigration({ name: basename(entry, ".sql"), version, path, text: await readText(path) });
}

async function readHistory(session: Session, files: readonly MigrationFile[]): Promise<readonly ForeignRow[] | undefined> {
  if (!(await hasColumns(session, "supabase_migrations", "schema_migrations", ["version", "statements"]))) return undefined;
  const { rows } = await session.query<{ version: string; statements: string[] | null }>(
    "select version, statements from supabase_migrations.schema_migrations order by version",
  );
  return rows.map(({ version, statements }): ForeignRow => {
    const file = files.find((file) => file.version === version);
    const checksumMatches = file && statements?.length ? sameStatements(file.up.text, statements) : undefined;
    return { label: version, file, appliedAt: undefined, checksumMatches, finished: true };
  });
}

/** The CLI keeps the statements that it ran instead of a checksum; comments and blanks between them are its own. */
function sameStatements(text: string, statements: readonly string[]): boolean {
  return tokensOf(text) === tokensOf(statements.join(";\n").replaceAll("\r\n", "\n"));
}

function tokensOf(text: string): string {
  return JSON.stringify(splitStatements(text).map(({ tokens }) => tokens.map(({ kind, value }) => [kind, value])));
}
