/**
 * What the files make, found out by running them on a scratch database: all in one transaction that is rolled back, so
 * that roles, which live beside databases, do not stay behind.
 */
import { type Catalog, readCatalog } from "../core/catalog.ts";
import type { Session } from "../core/engine.ts";
import { asStewardError, failure, type StewardError } from "../core/errors.ts";
import type { Context } from "../core/operation.ts";
import { type Difference, diffCatalogs } from "../core/schema-diff.ts";
import { id } from "../core/sql.ts";
import { type Statement, splitStatements } from "../core/sql-text.ts";
import { migrateErrors } from "./errors.ts";
import type { MigrationFile } from "./file.ts";
import { knownHistories } from "./layouts/layouts.ts";
import { explainSql } from "./locate.ts";
import { readPrelude } from "./prelude.ts";
import { loadScript } from "./script.ts";
import { type Segment, segmentsOf } from "./segments.ts";
import { changesSettings, wantedExtensions } from "./statements.ts";

export interface Drift {
  readonly differences: readonly Difference[];
  /** Where the files were run. */
  readonly where: string;
  /** Extensions that no engine here offers: with one of these nothing could be compared. */
  readonly missing: readonly string[];
}

/** The live catalog against what `files` make. */
export async function findDrift(ctx: Context, files: readonly MigrationFile[]): Promise<Drift> {
  const live = await ctx.session();
  const scratch = await ctx.scratch(extensionsOf(files));
  try {
    if (scratch.missing.length > 0) return { differences: [], where: scratch.where, missing: scratch.missing };
    const { rows: roles } = await live.query<{ name: string }>("select rolname as name from pg_catalog.pg_roles where rolname !~ '^pg_'");
    const { catalog, ignoreSchemas } = await expectedCatalog(
      ctx,
      scratch.session,
      files,
      roles.map(({ name }) => name),
    );
    const actual = await readCatalog(live, { ignoreSchemas });
    return {
      differences: diffCatalogs(catalog, actual).filter((difference) => !isForeignHistory(difference)),
      where: scratch.where,
      missing: [],
    };
  } finally {
    await scratch.close();
  }
}

/** What another tool keeps for itself is no drift: its history table, and the schema made for it. */
function isForeignHistory({ change, kind, name }: Difference): boolean {
  if (change !== "unexpected") return false;
  return knownHistories.some((table) => {
    const [schema = ""] = table.split(".");
    const bare = name.replace(/^\w+ (?=\w+\.)/, "");
    return (
      bare === table ||
      bare.startsWith(`${table}_`) ||
      bare.startsWith(`${table}.`) ||
      (schema !== "public" && ((kind === "schema" && name === schema) || bare.startsWith(`${schema}.`)))
    );
  });
}

/** Extensions that the files create. */
export function extensionsOf(files: readonly MigrationFile[]): string[] {
  const texts = files.filter(({ kind, up }) => kind === "sql" && /create\s+extension/i.test(up.text)).map(({ up }) => up.text);
  return [...new Set(texts.flatMap((text) => wantedExtensions(splitStatements(text))))];
}

interface Expected {
  readonly catalog: Catalog;
  /** What drift detection leaves out: the configuration's, and the schemas that the prelude made. */
  readonly ignoreSchemas: readonly string[];
}

async function expectedCatalog(
  ctx: Context,
  session: Session,
  files: readonly MigrationFile[],
  roles: readonly string[],
): Promise<Expected> {
  await session.script("begin; set local check_function_bodies = off;");
  try {
    await createRoles(session, roles);
    const platform = await runPrelude(ctx, session);
    for (const file of files) await runFile(session, file);
    const ignoreSchemas = [...ctx.config.migrate.ignoreSchemas, ...platform];
    return { catalog: await readCatalog(session, { ignoreSchemas }), ignoreSchemas };
  } catch (error) {
    const cause = asStewardError(error);
    throw failure(migrateErrors, "MIGRATE_SCRATCH_FAILED", { ...cause.data, text: cause.message }, { cause, detail: cause.detail });
  } finally {
    await session.script("rollback").catch(() => undefined);
  }
}

/** GRANT and CREATE POLICY name roles, which files rarely create: those of the live server are made here too. */
async function createRoles(session: Session, wanted: readonly string[]): Promise<void> {
  const { rows } = await session.query<{ name: string }>("select rolname as name from pg_catalog.pg_roles");
  const present = new Set(rows.map(({ name }) => name));
  const absent = wanted.filter((name) => !present.has(name));
  if (absent.length > 0) await session.script(absent.map((name) => `create role ${id(name).text};`).join(" "));
}

/** Runs the prelude; answers with the schemas that it made. */
async function runPrelude({ config }: Context, session: Session): Promise<readonly string[]> {
  if (config.migrate.prelude === undefined) return [];
  const schemas = async (): Promise<string[]> =>
    (await session.query<{ name: string }>("select nspname as name from pg_catalog.pg_namespace")).rows.map(({ name }) => name);
  const before = await schemas();
  await session.script(await readPrelude(config.migrate.prelude));
  return (await schemas()).filter((name) => !before.includes(name));
}

async function runFile(session: Session, file: MigrationFile): Promise<void> {
  if (file.kind === "ts") return (await loadScript(file, "up")).run(session);
  for (const segment of segmentsOf(file.up, file.transaction)) {
    const text = inTransaction(segment);
    if (text === "") continue;
    try {
      const leaks = segment.statements.some(changesSettings);
      await session.script(
        `${text}\n;\nset constraints all immediate; set constraints all deferred;${leaks ? " reset session authorization; reset role; reset all;" : ""}`,
      );
    } catch (error) {
      throw explain(error, file, segment);
    }
  }
}

function explain(error: unknown, { name, up }: MigrationFile, { offset, statements }: Segment): StewardError {
  return explainSql(asStewardError(error), { name, section: up, offset, statements, prefix: 0, begun: 0 }, 0);
}

/** The same catalog by statements that a transaction takes. What makes no object of this database is left out. */
function inTransaction({ bare, text, statements }: Segment): string {
  const [statement] = statements;
  if (bare === undefined) return withoutRoles(text, statements);
  if (bare === "repeatable" || bare === "reindex" || bare === "create object" || bare === "drop object") return "";
  return statement && bare !== "unknown" ? withoutConcurrently(statement) : text;
}

/** Blanks the keyword out, so that positions stay. */
function withoutConcurrently({ text, start, tokens }: Statement): string {
  return tokens
    .filter(({ kind, value }) => kind === "word" && value === "CONCURRENTLY")
    .reduce((sql, token) => sql.slice(0, token.start - start) + " ".repeat(12) + sql.slice(token.start - start + 12), text);
}

/** The roles of the live server are there already; a second CREATE ROLE would fail. */
function withoutRoles(text: string, statements: readonly Statement[]): string {
  return statements
    .filter(
      ({ tokens }) =>
        tokens[0]?.value === "CREATE" && ["ROLE", "USER", "GROUP"].includes(tokens[1]?.value ?? "") && tokens[2]?.value !== "MAPPING",
    )
    .reduce((sql, { start, end }) => sql.slice(0, start) + " ".repeat(end - start) + sql.slice(end), text);
}
