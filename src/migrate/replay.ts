/**
 * Migrations run on a scratch database, to find out what they do: all in one transaction that is rolled back, so that
 * roles, which live beside databases, do not stay behind, and one warm database serves a whole command.
 */
import { type Catalog, readCatalog } from "../core/catalog.ts";
import type { Session } from "../core/engine.ts";
import { asStewardError, failure, type StewardError, sqlstate } from "../core/errors.ts";
import type { Context } from "../core/operation.ts";
import { id, sql } from "../core/sql.ts";
import { type Statement, splitStatements } from "../core/sql-text.ts";
import { cutAtValues, freeValue } from "./enum-values.ts";
import { migrateErrors } from "./errors.ts";
import type { MigrationFile, Section } from "./file.ts";
import { explainSql } from "./locate.ts";
import { readPrelude } from "./prelude.ts";
import { detachedPartition } from "./resume.ts";
import { loadScript } from "./script.ts";
import { replaySettings, type Segment, segmentsOf } from "./segments.ts";
import { changesSettings } from "./settings.ts";
import { nameOf, wantedExtensions } from "./statements.ts";

/** A scratch database with the platform's prelude and the live server's roles in place, in an open transaction. */
export interface Bench {
  readonly session: Session;
  /** Server version as a number: 180004. */
  readonly version: number;
  /** Where it is, in words. */
  readonly where: string;
  /** Extensions that it lacks: what it cannot show. */
  readonly missing: readonly string[];
  /** What catalogs leave out: the configuration's schemas, and those that the prelude made. */
  readonly ignoreSchemas: readonly string[];
  /** Runs a migration, what no transaction takes in a form that one does. Errors: MIGRATE_SCRATCH_FAILED. */
  apply(file: MigrationFile, direction?: "up" | "down"): Promise<void>;
  catalog(): Promise<Catalog>;
  /** Runs `body` and takes back everything that it did. */
  undoing<T>(body: () => Promise<T>): Promise<T>;
}

/** Opens a bench for `body`, and rolls everything back. */
export async function onScratch<T>(ctx: Context, extensions: readonly string[], body: (bench: Bench) => Promise<T>): Promise<T> {
  const roles = await liveRoles(ctx);
  const scratch = await ctx.scratch(extensions);
  const { session, where, missing, version } = scratch;
  try {
    // Compiling takes ten times as long as what reads the shapes of tables.
    await session.script("begin; set local check_function_bodies = off; set local jit = off;");
    const present = await createRoles(session, roles);
    const ignoreSchemas = [...ctx.config.migrate.ignoreSchemas, ...(await runPrelude(ctx, session))];
    return await body({
      session,
      version,
      where,
      missing,
      ignoreSchemas,
      apply: (file, direction = "up") => runFile(session, file, direction, present).catch(scratchFailure),
      catalog: () => readCatalog(session, { ignoreSchemas }),
      undoing: (inner) => undoing(session, inner),
    });
  } finally {
    await session.script("rollback").catch(() => undefined);
  }
}

function scratchFailure(error: unknown): never {
  const cause = asStewardError(error);
  throw failure(migrateErrors, "MIGRATE_SCRATCH_FAILED", { ...cause.data, text: cause.message }, { cause, detail: cause.detail });
}

/**
 * Goes before a savepoint: PostgreSQL 18 refuses DDL in a subtransaction (XX000, "unprocessed inval messages") when the statement
 * before it was an ALTER DOMAIN … DROP CONSTRAINT. A lock on no row of anybody's makes it process them.
 */
export const settle = "select from (select 1 offset 0) nothing for update";

async function undoing<T>(session: Session, body: () => Promise<T>): Promise<T> {
  await session.script(`${settle}; savepoint pgsteward_bench`);
  try {
    return await body();
  } finally {
    await session.script("rollback to savepoint pgsteward_bench; release savepoint pgsteward_bench");
  }
}

/** Every role of the target. */
export async function liveRoles(ctx: Context): Promise<readonly string[]> {
  const { rows } = await (await ctx.session()).query<{ name: string }>(
    "select rolname as name from pg_catalog.pg_roles where rolname !~ '^pg_'",
  );
  return rows.map(({ name }) => name);
}

/** Extensions that the files create. */
export function extensionsOf(files: readonly MigrationFile[]): string[] {
  const texts = files.filter(({ kind, up }) => kind === "sql" && /create\s+extension/i.test(up.text)).map(({ up }) => up.text);
  return [...new Set(texts.flatMap((text) => wantedExtensions(splitStatements(text))))];
}

/** GRANT and CREATE POLICY name roles, which files rarely create: those of the live server are made here too. Answers with all there are. */
export async function createRoles(session: Session, wanted: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await session.query<{ name: string }>("select rolname as name from pg_catalog.pg_roles");
  const present = new Set(rows.map(({ name }) => name));
  const absent = wanted.filter((name) => !present.has(name));
  if (absent.length > 0) await session.script(absent.map((name) => `create role ${id(name).text};`).join(" "));
  return new Set([...present, ...absent]);
}

/** Runs the prelude; answers with the schemas that it made. */
export async function runPrelude({ config }: Context, session: Session): Promise<readonly string[]> {
  if (config.migrate.prelude === undefined) return [];
  const schemas = async (): Promise<string[]> =>
    (await session.query<{ name: string }>("select nspname as name from pg_catalog.pg_namespace")).rows.map(({ name }) => name);
  const before = await schemas();
  await session.script(await readPrelude(config.migrate.prelude));
  return (await schemas()).filter((name) => !before.includes(name));
}

async function runFile(session: Session, file: MigrationFile, direction: "up" | "down", roles: ReadonlySet<string>): Promise<void> {
  if (file.kind === "ts") return (await loadScript(file, direction)).run(session);
  const section = direction === "up" ? file.up : file.down;
  if (!section) throw failure(migrateErrors, "MIGRATE_DOWN_MISSING", { names: file.name });
  for (const segment of segmentsOf(section, file.transaction).flatMap(cutAtValues)) {
    const text = inTransaction(segment, roles) + (await boundsLeftBy(session, segment));
    if (text === "") continue;
    const before = replaySettings(segment);
    const leaks = before !== "" || segment.statements.some(changesSettings);
    const reset = leaks ? " reset session authorization; reset role; reset all;" : "";
    const run = (): Promise<unknown> =>
      session.script(`${before}${text}\n;\nset constraints all immediate; set constraints all deferred;${reset}`);
    try {
      await (segment.bare === "unknown" ? orNothing(session, run) : run());
      await freeValue(session, segment);
    } catch (error) {
      throw explain(error, file, section, segment);
    }
  }
}

/** DETACH PARTITION … CONCURRENTLY leaves the partition's bounds behind as a CHECK; the plain form does not. */
export async function boundsLeftBy(session: Session, { bare, statements: [statement] }: Segment): Promise<string> {
  if (bare !== "detach partition" || !statement) return "";
  const child = detachedPartition(statement).text;
  const { rows } = await session.query<{ bounds: string | null }>(
    sql`select pg_catalog.pg_get_partition_constraintdef(pg_catalog.to_regclass(${child})) as bounds`,
  );
  return rows[0]?.bounds ? `;\nalter table ${child} add check (${rows[0].bounds})` : "";
}

/** A CALL or DO that commits works on data batch by batch; here, where it cannot, it is left out. */
async function orNothing(session: Session, run: () => Promise<unknown>): Promise<void> {
  await session.script("savepoint pgsteward_commits");
  try {
    await run();
  } catch (error) {
    if (sqlstate(error) !== "2D000") throw error;
    await session.script("rollback to savepoint pgsteward_commits");
  }
}

function explain(error: unknown, { name }: MigrationFile, section: Section, segment: Segment): StewardError {
  const { offset, statements, settings } = segment;
  const ours = { prefix: [...replaySettings(segment)].length, begun: settings.length };
  return explainSql(asStewardError(error), { name, section, offset, statements, ...ours }, 0);
}

/** The same catalog by statements that a transaction takes. What makes no object of this database is left out. */
export function inTransaction(segment: Segment, roles: ReadonlySet<string>): string {
  const { bare, text, statements } = segment;
  const [statement] = statements;
  if (bare === undefined) return withoutRoles(segment, roles);
  if (bare === "repeatable" || bare === "reindex" || bare === "create object" || bare === "drop object") return "";
  return statement && bare !== "unknown" ? withoutConcurrently(statement) : text;
}

/** Blanks the keyword out, so that positions stay. */
function withoutConcurrently({ text, start, tokens }: Statement): string {
  return tokens
    .filter(({ kind, value }) => kind === "word" && value === "CONCURRENTLY")
    .reduce((sql, token) => sql.slice(0, token.start - start) + " ".repeat(12) + sql.slice(token.start - start + 12), text);
}

/** The roles of the live server are there already, and stay: a second CREATE ROLE would fail, and so would a DROP ROLE of one in use. */
function withoutRoles({ text, statements, offset }: Segment, roles: ReadonlySet<string>): string {
  return statements
    .filter((statement) => {
      const named = [createdRole(statement) ?? [], droppedRoles(statement)].flat();
      return named.length > 0 && named.every((name) => roles.has(name));
    })
    .reduce((sql, { start, end }) => sql.slice(0, start - offset) + " ".repeat(end - start) + sql.slice(end - offset), text);
}

function createdRole({ tokens }: Statement): string | undefined {
  const [create, noun, name] = tokens;
  const creates = create?.value === "CREATE" && ["ROLE", "USER", "GROUP"].includes(noun?.value ?? "") && name?.value !== "MAPPING";
  return creates && name ? nameOf(name) : undefined;
}

function droppedRoles({ tokens }: Statement): string[] {
  const [drop, noun, ...rest] = tokens;
  if (drop?.value !== "DROP" || !["ROLE", "USER", "GROUP"].includes(noun?.value ?? "") || rest[0]?.value === "MAPPING") return [];
  const names = rest[0]?.value === "IF" ? rest.slice(2) : rest;
  return names.filter(({ kind }) => kind !== "symbol").map(nameOf);
}
