/** The folder of migrations: found, its layout recognised, its files read. */
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../core/config.ts";
import { failure } from "../core/errors.ts";
import { findMigrations, usualFolders } from "../core/migration-folder.ts";
import { migrateErrors } from "./errors.ts";
import type { MigrationFile } from "./file.ts";
import type { Layout } from "./layouts/layout.ts";
import { layoutOf } from "./layouts/layouts.ts";

export interface Folder {
  readonly dir: string;
  readonly layout: Layout;
  readonly files: readonly MigrationFile[];
}

/** Where the migrations are; without such a folder an error that names where it was looked for. */
export function locateFolder(config: Config): string {
  const dir = findMigrations(config);
  const info = dir === undefined ? undefined : statSync(dir, { throwIfNoEntry: false });
  if (dir === undefined || !info)
    throw failure(migrateErrors, "MIGRATE_NO_FOLDER", { looked: dir ?? usualFolders.map((name) => join(config.root, name)).join(", ") });
  if (!info.isDirectory()) throw failure(migrateErrors, "MIGRATE_NOT_A_FOLDER", { path: dir });
  return dir;
}

/** Reads every migration; an unknown or broken folder is an error that names it. */
export async function readFolder(config: Config): Promise<Folder> {
  const dir = locateFolder(config);
  const layout = await layoutOf(dir, config.migrate.format);
  return { dir, layout, files: await layout.read(dir) };
}
