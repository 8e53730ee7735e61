/**
 * Prisma Migrate: a directory for each migration with `migration.sql` in it, in the order of the names, beside
 * `migration_lock.toml`. Prisma has no downs; a `down.sql` in the directory is ours.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Session } from "../../core/engine.ts";
import type { MigrationFile } from "../file.ts";
import type { ForeignRow, Layout } from "./layout.ts";
import { foldersIn, hasColumns, readDirectories, sha256sOf } from "./reading.ts";

export const prismaLayout: Layout = {
  name: "prisma",
  // Without the lock file: nobody else keeps directories with a migration.sql, except drizzle, which is asked before.
  detect: (dir, entries) =>
    Promise.resolve(
      entries.includes("migration_lock.toml") ||
        entries.some((name) => !name.endsWith(".sql") && existsSync(join(dir, name, "migration.sql"))),
    ),
  read: async (dir) => readDirectories(dir, await foldersIn(dir), "prisma"),
  history: { table: "public._prisma_migrations", read: readHistory },
};

interface PrismaRow {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
}

/** What was rolled back does not count: Prisma writes a new row when it tries again. */
async function readHistory(session: Session, files: readonly MigrationFile[]): Promise<readonly ForeignRow[] | undefined> {
  if (!(await hasColumns(session, "public", "_prisma_migrations", ["migration_name", "checksum", "rolled_back_at"]))) return undefined;
  const { rows } = await session.query<PrismaRow>(
    `select migration_name, checksum, finished_at from public._prisma_migrations
     where rolled_back_at is null order by started_at, finished_at`,
  );
  const last = new Map(rows.map((row) => [row.migration_name, row]));
  return Promise.all([...last.values()].map((row) => foreignRow(row, files)));
}

async function foreignRow({ migration_name, checksum, finished_at }: PrismaRow, files: readonly MigrationFile[]): Promise<ForeignRow> {
  const file = files.find(({ name }) => name === migration_name);
  const checksumMatches = file && (await sha256sOf(file.path)).some((hash) => hash === checksum || unpadded(hash) === checksum);
  return { label: migration_name, file, appliedAt: finished_at ?? undefined, checksumMatches, finished: finished_at !== null };
}

/** Prisma before 2.23 left the leading zero of each byte out. */
function unpadded(hash: string): string {
  return hash.replace(/../g, (byte) => byte.replace(/^0/, ""));
}
