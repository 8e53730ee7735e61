/** Every layout that is known, the one that a folder has, and the histories that know the folder's migrations. */
import { readdir } from "node:fs/promises";
import type { Session } from "../../core/engine.ts";
import type { MigrationFile } from "../file.ts";
import { dbmateLayout } from "./dbmate.ts";
import { drizzleLayout } from "./drizzle.ts";
import { flywayLayout } from "./flyway.ts";
import { golangMigrateLayout } from "./golang-migrate.ts";
import { graphileMigrateLayout } from "./graphile-migrate.ts";
import type { ForeignRow, Layout, LayoutName } from "./layout.ts";
import { nodePgMigrateLayout } from "./node-pg-migrate.ts";
import { pgstewardLayout } from "./pgsteward.ts";
import { prismaLayout } from "./prisma.ts";
import { supabaseLayout } from "./supabase.ts";

/** In the order in which a folder is asked whose it is; the last one takes all that is left. */
export const layouts: readonly Layout[] = [
  drizzleLayout,
  prismaLayout,
  graphileMigrateLayout,
  flywayLayout,
  dbmateLayout,
  supabaseLayout,
  nodePgMigrateLayout,
  golangMigrateLayout,
  pgstewardLayout,
];

/** The tables that `foreignHistories` looks for. */
export const knownHistories: readonly string[] = [...new Set(layouts.flatMap(({ history }) => history?.table ?? []))];

/** The layout with a name or, for `auto`, the one that the folder can only have. */
export async function layoutOf(dir: string, format: "auto" | LayoutName): Promise<Layout> {
  const entries = format === "auto" ? (await readdir(dir)).sort() : [];
  for (const layout of layouts) {
    if (layout.name === format || (format === "auto" && (await layout.detect(dir, entries)))) return layout;
  }
  return pgstewardLayout;
}

export interface FoundHistory {
  readonly layout: Layout;
  readonly rows: readonly ForeignRow[];
}

/**
 * The history tables in the database that know at least one of the files, the folder's own tool first. A folder of our
 * layout can have any tool's history, because what several tools read alike is read as ours.
 */
export async function foreignHistories(
  session: Session,
  dir: string,
  files: readonly MigrationFile[],
  format: "auto" | LayoutName,
): Promise<readonly FoundHistory[]> {
  const own = await layoutOf(dir, format);
  const others = format === "auto" || format === "pgsteward" ? layouts.filter((layout) => layout !== own) : [];
  const found: FoundHistory[] = [];
  for (const layout of [own, ...others]) {
    const rows = await layout.history?.read(session, files);
    if (rows?.some(({ file }) => file !== undefined)) found.push({ layout, rows });
  }
  return found;
}
