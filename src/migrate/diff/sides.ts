/** What can be compared: what all files make, what the applied ones make, the live database, a declared schema. */
import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Catalog, catalogOf, readCatalog } from "../../core/catalog.ts";
import { failure, StewardError } from "../../core/errors.ts";
import type { Context } from "../../core/operation.ts";
import { type Difference, diffCatalogs } from "../../core/schema-diff.ts";
import { migrateErrors } from "../errors.ts";
import { type MigrationFile, readText, sqlMigration } from "../file.ts";
import { knownHistories } from "../layouts/layouts.ts";
import { look, type View } from "../look.ts";
import { type Bench, extensionsOf } from "../replay.ts";
import { dumpStatements, sqlOf } from "./dump.ts";
import { readSchema } from "./read.ts";
import { type Key, keyOf, type Schema } from "./schema.ts";
import { lookAt, type Sight } from "./transition.ts";

export const sideNames = ["files", "applied", "database", "schema"] as const;
export type SideName = (typeof sideNames)[number];

export interface Side {
  readonly name: SideName;
  /** What a bench must offer for it. */
  readonly extensions: readonly string[];
  /** Makes it on an empty bench; answers with what is otherwise than it should be. */
  build(bench: Bench): Promise<readonly Difference[]>;
  /** What it is; on an empty bench, which it may fill. */
  see(bench: Bench): Promise<Sight>;
}

/** The path of the declared schema matters for `schema` only. */
export async function sideOf(ctx: Context, name: SideName, schema: string): Promise<Side> {
  if (name === "schema") return declaredSide(await readDeclared(resolve(ctx.config.root, schema)));
  if (name === "database") return databaseSide(ctx, await applied(ctx));
  const view = await look(ctx);
  return filesSide(name, name === "files" ? view.folder.files : appliedFiles(view));
}

function filesSide(name: SideName, files: readonly MigrationFile[]): Side {
  const build = async (bench: Bench): Promise<readonly Difference[]> => {
    for (const file of files) await bench.apply(file);
    return [];
  };
  return { name, extensions: extensionsOf(files), build, see: async (bench) => (await build(bench), lookAt(bench)) };
}

/** Errors: MIGRATE_DECLARED_SQL_FAILED. */
function declaredSide(files: readonly MigrationFile[]): Side {
  const side = filesSide("schema", files);
  const explain = (error: unknown): never => {
    const cause = StewardError.is(error) && StewardError.is(error.cause) ? error.cause : error;
    if (!StewardError.is(cause)) throw error;
    throw failure(migrateErrors, "MIGRATE_DECLARED_SQL_FAILED", { text: cause.message }, { cause, detail: cause.detail });
  };
  return { ...side, build: (bench) => side.build(bench).catch(explain), see: (bench) => side.see(bench).catch(explain) };
}

/** A file, or every .sql file of a folder and of those in it, by name. Errors: MIGRATE_GENERATE_NO_SCHEMA. */
async function readDeclared(path: string): Promise<readonly MigrationFile[]> {
  const paths = sqlPaths(path);
  if (paths.length === 0) throw failure(migrateErrors, "MIGRATE_GENERATE_NO_SCHEMA", { looked: path });
  return Promise.all(
    paths.map(async (each) => sqlMigration({ name: each, version: "", path: each, text: await readText(each), whole: true })),
  );
}

function sqlPaths(path: string): string[] {
  const info = statSync(path, { throwIfNoEntry: false });
  if (!info?.isDirectory()) return info ? [path] : [];
  const entries = readdirSync(path, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    if (entry.name.startsWith(".")) return [];
    return entry.isDirectory() || entry.name.endsWith(".sql") ? sqlPaths(join(path, entry.name)) : [];
  });
}

/** In the order of application. */
function appliedFiles({ standings }: View): readonly MigrationFile[] {
  const done = standings.filter(({ state }) => state === "applied").toSorted((a, b) => Number(a.row?.appliedAt) - Number(b.row?.appliedAt));
  return done.flatMap(({ file }) => (file ? [file] : []));
}

/** Undefined where the folder does not tell what was applied. */
async function applied(ctx: Context): Promise<readonly MigrationFile[] | undefined> {
  const view = await look(ctx).catch((error: unknown) => {
    if (StewardError.is(error) && error.code === "MIGRATE_NO_FOLDER") return undefined;
    throw error;
  });
  const told = view?.standings.every(({ state }) => state === "applied" || state === "pending");
  return view && told ? appliedFiles(view) : undefined;
}

async function databaseSide(ctx: Context, files: readonly MigrationFile[] | undefined): Promise<Side> {
  const session = await ctx.session();
  const { rows } = await session.query<{ name: string }>("select extname as name from pg_catalog.pg_extension where extname <> 'plpgsql'");
  const see = async ({ ignoreSchemas }: Bench): Promise<Sight> => {
    const [catalog, schema] = [await readCatalog(session, { ignoreSchemas }), await readSchema(session, { ignoreSchemas })];
    return withoutHistories({ catalog, schema });
  };
  const build = async (bench: Bench): Promise<readonly Difference[]> => {
    const live = await see(bench);
    if (files && (await makes(bench, files, live.catalog))) for (const file of files) await bench.apply(file);
    else await bench.session.script(sqlOf(dumpStatements(live.schema, (await lookAt(bench)).schema)));
    return diffCatalogs(live.catalog, await bench.catalog());
  };
  return { name: "database", extensions: rows.map(({ name }) => name), build, see };
}

function makes(bench: Bench, files: readonly MigrationFile[], wanted: Catalog): Promise<boolean> {
  return bench.undoing(async () => {
    try {
      for (const file of files) await bench.apply(file);
      return (await bench.catalog()).fingerprint === wanted.fingerprint;
    } catch {
      return false;
    }
  });
}

/** What other tools keep for themselves is no part of a schema: their history tables, and the schemas made for them. */
function withoutHistories({ schema, catalog }: Sight): Sight {
  const gone = new Set<Key>(
    knownHistories.flatMap((table) => {
      const own = table.split(".")[0] ?? "public";
      return [keyOf("table", table), ...(own === "public" ? [] : [keyOf("schema", own)])].filter((key) => schema.objects.has(key));
    }),
  );
  if (gone.size === 0) return { schema, catalog };
  for (let size = -1; size !== gone.size; ) {
    size = gone.size;
    for (const [key, { takers, needs }] of schema.objects) {
      const lies = [...needs].some((need) => need.startsWith("schema ") && gone.has(need));
      if (lies || [...takers].some((taker) => gone.has(taker))) gone.add(key);
    }
  }
  const objects = new Map([...schema.objects].filter(([key]) => !gone.has(key)));
  const kept = catalog.objects.filter(({ kind, name }) => !gone.has(keyOf(kind, name)));
  return { schema: { ...schema, objects } satisfies Schema, catalog: catalogOf(catalog.version, kept) };
}
