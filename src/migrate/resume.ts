/**
 * What a killed statement left behind, statement kind by statement kind. Asked before a statement runs outside a
 * transaction: is it done already, and is there a wreck to clear first (an INVALID index)?
 */
import type { Session } from "../core/engine.ts";
import { failure } from "../core/errors.ts";
import { id, type Raw, sql } from "../core/sql.ts";
import type { Statement, Token } from "../core/sql-text.ts";
import { migrateErrors } from "./errors.ts";
import type { MigrationFile } from "./file.ts";
import { addedEnumValue, type BareKind, nameOf } from "./statements.ts";

/**
 * `resumed`: an earlier run began this very statement and was killed. Then what exists is its work, and `done` says
 * that nothing is left to do.
 */
export async function prepare(
  session: Session,
  kind: BareKind | undefined,
  statement: Statement,
  file: MigrationFile,
  resumed: boolean,
): Promise<"run" | "done"> {
  switch (kind) {
    case "create index": {
      await dropInvalid(session, await leftovers(session, statement, resumed));
      return resumed && (await indexIsValid(session, statement)) ? "done" : "run";
    }
    case "drop index":
      return resumed && !(await relationExists(session, targetName(statement, "INDEX"))) ? "done" : "run";
    case "reindex":
      if (resumed) await dropInvalid(session, await reindexLeftovers(session));
      return "run";
    case "add enum value":
      return resumed && (await enumValueExists(session, statement)) ? "done" : "run";
    case "detach partition":
      return resumed ? detached(session, statement) : "run";
    case "create object":
    case "drop object":
      return resumed && (await objectExists(session, statement)) === (kind === "create object") ? "done" : "run";
    case "unknown":
      if (resumed) throw failure(migrateErrors, "MIGRATE_IN_DOUBT", { name: file.name, statement: statement.text });
      return "run";
    default:
      return "run";
  }
}

/** After a failed CREATE INDEX CONCURRENTLY: takes the INVALID index away at once, so that nothing has changed. */
export async function cleanUp(session: Session, kind: BareKind | undefined, statement: Statement): Promise<void> {
  if (kind === "create index") await dropInvalid(session, await leftovers(session, statement, true));
  if (kind === "reindex") await dropInvalid(session, await reindexLeftovers(session));
}

interface IndexRow {
  readonly schema: string;
  readonly name: string;
  readonly valid: boolean;
  readonly builder: number | null;
}

/** The INVALID indexes that an attempt at this statement left. An unnamed index is looked for among those PostgreSQL names itself. */
async function leftovers(session: Session, statement: Statement, resumed: boolean): Promise<readonly IndexRow[]> {
  const { name, table } = indexTarget(statement);
  const rows = (await indexesOf(session, table)).filter(({ valid }) => !valid);
  if (name !== undefined) return rows.filter((row) => row.name === name);
  return resumed ? rows.filter((row) => row.name.startsWith(`${table.at(-1)}_`) && /_idx\d*$/.test(row.name)) : [];
}

async function indexIsValid(session: Session, statement: Statement): Promise<boolean> {
  const { name, table } = indexTarget(statement);
  return name !== undefined && (await indexesOf(session, table)).some((row) => row.name === name && row.valid);
}

async function indexesOf(session: Session, table: readonly string[]): Promise<readonly IndexRow[]> {
  const { rows } = await session.query<IndexRow>(sql`
    select n.nspname as schema, c.relname as name, i.indisvalid as valid, p.pid as builder
    from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indexrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join pg_catalog.pg_stat_progress_create_index p on p.index_relid = c.oid
    where i.indrelid = pg_catalog.to_regclass(${id(...table).text}) and c.relkind = 'i'`);
  return rows;
}

/** REINDEX CONCURRENTLY builds beside the old index under its name and `_ccnew`; a killed one leaves that, INVALID. */
async function reindexLeftovers(session: Session): Promise<readonly IndexRow[]> {
  const { rows } = await session.query<IndexRow>(`
    select n.nspname as schema, c.relname as name, i.indisvalid as valid, p.pid as builder
    from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indexrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join pg_catalog.pg_stat_progress_create_index p on p.index_relid = c.oid
    where not i.indisvalid and c.relname ~ '_cc(new|old)[0-9]*$' and n.nspname <> 'pg_toast'`);
  return rows;
}

async function dropInvalid(session: Session, indexes: readonly IndexRow[]): Promise<void> {
  for (const { schema, name, builder } of indexes) {
    if (builder !== null) throw failure(migrateErrors, "MIGRATE_INDEX_IN_PROGRESS", { index: `${schema}.${name}`, pid: builder });
    await session.script(`drop index concurrently if exists ${id(schema, name).text}`);
  }
}

async function relationExists(session: Session, name: Raw): Promise<boolean> {
  const { rows } = await session.query<{ found: boolean }>(sql`select pg_catalog.to_regclass(${name.text}) is not null as found`);
  return rows[0]?.found ?? false;
}

async function enumValueExists(session: Session, statement: Statement): Promise<boolean> {
  const added = addedEnumValue(statement);
  const add = statement.tokens.findIndex(({ value }) => value === "ADD");
  const { rows } = await session.query(sql`
    select 1 from pg_catalog.pg_enum e
    where e.enumlabel = ${added?.value ?? ""} and e.enumtypid = pg_catalog.to_regtype(${id(...qualified(statement.tokens.slice(2, add))).text})`);
  return rows.length > 0;
}

/** A killed DETACH PARTITION … CONCURRENTLY is pending until FINALIZE. */
async function detached(session: Session, statement: Statement): Promise<"run" | "done"> {
  const child = detachedPartition(statement).text;
  const { rows } = await session.query<{ pending: boolean; parent: string }>(sql`
    select i.inhdetachpending as pending, i.inhparent::regclass::text as parent
    from pg_catalog.pg_inherits i where i.inhrelid = pg_catalog.to_regclass(${child})`);
  if (rows[0]?.pending) await session.script(`alter table ${rows[0].parent} detach partition ${child} finalize`);
  return !rows[0] || rows[0].pending ? "done" : "run";
}

/** `ALTER TABLE … DETACH PARTITION name`. */
export function detachedPartition({ tokens }: Statement): Raw {
  return id(...qualified(tokens.slice(tokens.findIndex(({ value }) => value === "PARTITION") + 1)));
}

async function objectExists(session: Session, { tokens }: Statement): Promise<boolean> {
  const kind = tokens[1]?.value ?? "";
  const name = tokens.slice(2).find(({ value }) => !["IF", "EXISTS"].includes(value));
  const { rows } = await session.query(sql`
    select 1 from pg_catalog.pg_database d where ${kind} = 'DATABASE' and d.datname = ${name ? nameOf(name) : ""}
    union all select 1 from pg_catalog.pg_tablespace t where ${kind} = 'TABLESPACE' and t.spcname = ${name ? nameOf(name) : ""}
    union all select 1 from pg_catalog.pg_stat_subscription s where ${kind} = 'SUBSCRIPTION' and s.subname = ${name ? nameOf(name) : ""}`);
  return rows.length > 0;
}

/** `CREATE INDEX CONCURRENTLY [IF NOT EXISTS] [name] ON [ONLY] table`. An index lies in its table's schema. */
export function indexTarget({ tokens }: Statement): { name: string | undefined; table: readonly string[] } {
  const concurrently = tokens.findIndex(({ value }) => value === "CONCURRENTLY");
  const on = tokens.findIndex(({ kind, value }) => kind === "word" && value === "ON");
  const named = tokens
    .slice(concurrently + 1, on)
    .filter(({ kind, value }) => !(kind === "word" && ["IF", "NOT", "EXISTS"].includes(value)));
  const rest = tokens[on + 1]?.value === "ONLY" ? on + 2 : on + 1;
  return { name: named[0] && nameOf(named[0]), table: qualified(tokens.slice(rest)) };
}

function targetName({ tokens }: Statement, noun: string): Raw {
  const start = tokens.findIndex(({ value }) => value === noun) + 1;
  const rest = tokens.slice(start).filter(({ kind, value }) => !(kind === "word" && ["CONCURRENTLY", "IF", "EXISTS"].includes(value)));
  return id(...qualified(rest));
}

/** The dotted name that a list of tokens begins with. */
function qualified(tokens: readonly Token[]): readonly string[] {
  const parts: string[] = [];
  for (let i = 0; i < tokens.length; i += 2) {
    const token = tokens[i];
    if (!token || (token.kind !== "word" && token.kind !== "name")) break;
    parts.push(nameOf(token));
    if (tokens[i + 1]?.value !== ".") break;
  }
  return parts;
}
