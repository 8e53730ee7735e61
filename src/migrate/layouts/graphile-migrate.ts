/**
 * graphile-migrate: `migrations/committed/000001-name.sql`, each with its own hash and the previous one's in the header.
 * `current.sql`, the migration under work, is not read: it is not committed and may run any number of times.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { Session } from "../../core/engine.ts";
import { compareVersions, type MigrationFile, readText, refuseDuplicates, sqlMigration } from "../file.ts";
import type { ForeignRow, Layout } from "./layout.ts";
import { allSqlFit, hasColumns, partsOf, sqlFilesIn } from "./reading.ts";

const fileName = /^(\d+)(?:-[-\w]*)?\.sql$/;

export const graphileMigrateLayout: Layout = {
  name: "graphile-migrate",
  detect: async (dir, entries) => {
    if (entries.includes("committed") && (entries.includes("current.sql") || entries.includes("current"))) return true;
    const first = allSqlFit(entries, fileName) ? entries.find((name) => fileName.test(name)) : undefined;
    return first !== undefined && headersOf(await readText(join(dir, first))).headers.has("Previous");
  },
  /** Takes the folder `committed` or the one around it. */
  read: async (dir) => {
    const committed = existsSync(join(dir, "committed")) ? join(dir, "committed") : dir;
    const files = await Promise.all((await sqlFilesIn(committed)).map((name) => readOne(committed, name)));
    return refuseDuplicates(files.sort((a, b) => compareVersions(a.version, b.version)));
  },
  history: { table: "graphile_migrate.migrations", read: readHistory },
};

async function readOne(dir: string, entry: string): Promise<MigrationFile> {
  const [, version = ""] = partsOf(dir, entry, "graphile-migrate", fileName, "000001-name.sql");
  const path = join(dir, entry);
  const text = await readText(path);
  const file = sqlMigration({ name: basename(entry, ".sql"), version, path, text, whole: true });
  const { headers, body } = headersOf(text);
  const transaction = file.transaction && !/^--!\s*no-transaction\b/.test(body);
  return { ...file, title: headers.get("Message") ?? file.title, transaction };
}

/** The lines `--! Key: value` at the top, and what follows them. */
function headersOf(text: string): { headers: ReadonlyMap<string, string>; body: string } {
  const top = /^(?:--! [A-Z]\w*(?::.*)?(?:\n|$))*/.exec(text)?.[0] ?? "";
  const lines = [...top.matchAll(/^--! (\w+)(?::(.*))?$/gm)];
  return { headers: new Map(lines.map(([, key = "", value = ""]) => [key, value.trim()])), body: text.slice(top.length).trim() };
}

interface GraphileRow {
  readonly hash: string;
  readonly previous_hash: string | null;
  readonly filename: string;
  readonly date: Date;
}

async function readHistory(session: Session, files: readonly MigrationFile[]): Promise<readonly ForeignRow[] | undefined> {
  if (!(await hasColumns(session, "graphile_migrate", "migrations", ["hash", "previous_hash", "filename", "date"]))) return undefined;
  const { rows } = await session.query<GraphileRow>(
    "select hash, previous_hash, filename, date from graphile_migrate.migrations order by filename",
  );
  return rows.map((row): ForeignRow => {
    const file =
      files.find(({ version }) => `${version}.sql` === row.filename) ??
      files.find(({ up }) => headersOf(up.text).headers.get("Hash") === row.hash);
    return { label: row.filename, file, appliedAt: row.date, checksumMatches: file && matches(file, row), finished: true };
  });
}

/** The hash covers the body and, through the previous hash, everything before it. `AllowInvalidHash` lets one be edited. */
function matches(file: MigrationFile, { hash, previous_hash }: GraphileRow): boolean {
  const { headers, body } = headersOf(file.up.text);
  if (headers.has("AllowInvalidHash")) return headers.get("Hash") === hash;
  const digest = createHash("sha1").update(`${`${previous_hash ?? ""}\n${body}`.trim()}\n`);
  return `sha1:${digest.digest("hex")}` === hash;
}
