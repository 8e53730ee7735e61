/** Every layout that is known, the one that a folder has, and the histories that know the folder's migrations. */
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Session } from "../../core/engine.ts";
import { type MigrationFile, readText } from "../file.ts";
import type { ForeignRow, Layout, LayoutName } from "./layout.ts";
import { pgstewardLayout } from "./pgsteward.ts";

/** In the order in which a folder is asked whose it is; our own takes all that is left. A tool's reader is loaded when its folder shows up. */
const loaders: Readonly<Record<LayoutName, () => Promise<Layout>>> = {
  drizzle: async () => (await import("./drizzle.ts")).drizzleLayout,
  prisma: async () => (await import("./prisma.ts")).prismaLayout,
  "graphile-migrate": async () => (await import("./graphile-migrate.ts")).graphileMigrateLayout,
  flyway: async () => (await import("./flyway.ts")).flywayLayout,
  dbmate: async () => (await import("./dbmate.ts")).dbmateLayout,
  supabase: async () => (await import("./supabase.ts")).supabaseLayout,
  "node-pg-migrate": async () => (await import("./node-pg-migrate.ts")).nodePgMigrateLayout,
  "golang-migrate": async () => (await import("./golang-migrate.ts")).golangMigrateLayout,
  pgsteward: () => Promise.resolve(pgstewardLayout),
};

/** Every layout, in that order. */
export function loadLayouts(): Promise<readonly Layout[]> {
  return Promise.all(Object.values(loaders).map((load) => load()));
}

/** The layout with a name or, for `auto`, the one that the folder can only have; ours where there is no folder yet. */
export async function layoutOf(dir: string, format: "auto" | LayoutName): Promise<Layout> {
  if (format !== "auto") return loaders[format]();
  if (!existsSync(dir)) return pgstewardLayout;
  const entries = readdirSync(dir).sort();
  const candidates = await candidatesOf(dir, entries);
  for (const [name, load] of Object.entries(loaders)) {
    if (!candidates.has(name as LayoutName)) continue;
    const layout = await load();
    if (await layout.detect(dir, entries)) return layout;
  }
  return pgstewardLayout;
}

/** Whose the folder could be, by names and the first file alone: most folders are ours, and no other reader need be loaded. */
async function candidatesOf(dir: string, entries: readonly string[]): Promise<ReadonlySet<LayoutName>> {
  const candidates = new Set<LayoutName>();
  const files = entries.filter((name) => name.endsWith(".sql") && !name.startsWith("."));
  if (entries.some((name) => !/\.\w+$|^order$/.test(name)) || entries.includes("migration_lock.toml"))
    candidates.add("prisma").add("drizzle").add("graphile-migrate");
  if (files.some((name) => /^[VRUB][\d._]*__/.test(name))) candidates.add("flyway");
  if (entries.some((name) => /\.[cm]?[jt]s$/.test(name))) candidates.add("node-pg-migrate");
  if (basename(dirname(resolve(dir))) === "supabase") candidates.add("supabase");
  const [first] = files;
  const text = first === undefined ? "" : await readText(join(dir, first));
  if (/^\s*-+\s*migrate:up\b/im.test(text)) candidates.add("dbmate");
  if (/^--! /m.test(text)) candidates.add("graphile-migrate");
  return candidates;
}

/** The tables that `foreignHistories` looks for; a test keeps it equal to what the layouts say. */
export const knownHistories: readonly string[] = [
  "drizzle.__drizzle_migrations",
  "public._prisma_migrations",
  "graphile_migrate.migrations",
  "public.flyway_schema_history",
  "public.schema_migrations",
  "supabase_migrations.schema_migrations",
  "public.pgmigrations",
];

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
  const others = format === "auto" || format === "pgsteward" ? (await loadLayouts()).filter((layout) => layout !== own) : [];
  const found: FoundHistory[] = [];
  for (const layout of [own, ...others]) {
    const rows = await layout.history?.read(session, files);
    if (rows?.some(({ file }) => file !== undefined)) found.push({ layout, rows });
  }
  return found;
}
