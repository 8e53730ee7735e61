/** Where a project keeps its migrations: the migrate room reads them, an embedded engine looks which extensions they ask for. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "./config.ts";

/** Looked for where `migrate.dir` is not set. */
export const usualFolders = ["migrations", "supabase/migrations", "prisma/migrations", "drizzle", "db/migrations"] as const;

/** The configured folder, else the first usual one that exists, else undefined. */
export function findMigrations({ root, migrate }: Pick<Config, "root" | "migrate">): string | undefined {
  return migrate.dir ?? usualFolders.map((name) => join(root, name)).find((path) => existsSync(path));
}
