/** One seeder as one step of a plan: one transaction, with its record in it. */
import { relative } from "node:path";
import type { Session } from "../core/engine.ts";
import { asStewardError, failure, StewardError } from "../core/errors.ts";
import type { Context } from "../core/operation.ts";
import type { Step } from "../core/plan.ts";
import { literal, quoteIdentifier, sql } from "../core/sql.ts";
import { contextOf, type Doings, lineInStack, type RunFacts } from "./context.ts";
import { seedErrors } from "./errors.ts";
import type { SeederFile } from "./file.ts";
import { hashOfRow, keyMatches } from "./keys.ts";
import { shapeOf } from "./shape.ts";
import { columnsNamed, identifierOf, type Table } from "./table.ts";
import { readCounters, readRecorded, type Unrecorded, unrecordedOf, unwatch } from "./watch.ts";

/** What one seeder did. */
export interface SeederOutcome {
  readonly name: string;
  readonly inserted: number;
  readonly updated: number;
  /** Rows of upserts that were as they should be. */
  readonly unchanged: number;
  /** What it changed that undo cannot put back. */
  readonly unrecorded: readonly Unrecorded[];
}

/** The step; what the seeder did is added to `outcomes`. */
export function seederStep(ctx: Context, file: SeederFile, facts: RunFacts, outcomes: SeederOutcome[]): Step {
  return {
    title: file.name,
    object: file.name,
    // Whatever cannot be printed is named by its content: what was approved is what runs.
    sql: file.sql ?? `-- ${relative(ctx.config.root, file.path)}, sha256 ${file.hash.slice(0, 12)}`,
    transaction: "own",
    run: async (session) => {
      const { outcome, told } = await runSeeder(ctx, session, file, facts);
      outcomes.push(outcome);
      for (const message of told) ctx.events({ type: "note", level: "info", message });
    },
  };
}

async function runSeeder(
  ctx: Context,
  session: Session,
  file: SeederFile,
  facts: RunFacts,
): Promise<{ outcome: SeederOutcome; told: readonly string[] }> {
  let doings: Doings | undefined;
  try {
    const outcome = await session.transaction(async () => {
      await session.query(sql`
        select pg_catalog.set_config('lock_timeout', ${String(ctx.config.lockTimeoutMs)}, true),
          pg_catalog.set_config('statement_timeout', ${String(ctx.config.statementTimeoutMs)}, true)`);
      const before = await readCounters(session);
      const id = await beginRecord(session, file, facts);
      const running = contextOf(session, file, id, facts);
      doings = running.doings;
      const settings = await readSettings(session);
      await running.watchTables(file.tables);
      await file.run(running.seed);
      doings.line = undefined;
      await restoreSettings(session, settings);
      return { name: file.name, unchanged: doings.unchanged, ...(await settle(session, id, doings, before)) };
    });
    return { outcome, told: doings?.told ?? [] };
  } catch (error) {
    throw located(ctx, error, file, doings?.line);
  }
}

async function beginRecord(session: Session, { name, category, hash }: SeederFile, { profile }: RunFacts): Promise<bigint> {
  const { rows } = await session.query<{ id: bigint }>(sql`
    with made as (
      insert into pgsteward.seed_run (run_id, seeder, category, profile, hash, shape, state)
      values (currval('pgsteward.run_id_seq'), ${name}, ${category}, ${profile}, ${hash}, '{}', 'applied') returning id)
    select id from made, pg_catalog.set_config('pgsteward.seed_run', (select id::text from made), true)`);
  return rows[0]?.id ?? 0n;
}

/** Completes the record: which rows are left, as they are now, and what was changed beside them. */
async function settle(
  session: Session,
  id: bigint,
  { tables, watched, rolledBack }: Doings,
  before: ReadonlyMap<string, Unrecorded>,
): Promise<Pick<SeederOutcome, "inserted" | "updated" | "unrecorded">> {
  // Deferred constraints speak now, and a table with events pending keeps its triggers.
  await session.query("set constraints all immediate");
  await unwatch(session, [...watched.values()]);
  const recorded = await readRecorded(session, id);
  const unrecorded = unrecordedOf(before, await readCounters(session), recorded, rolledBack);
  await session.query("set local timezone to 'UTC'");
  for (const { table } of tables.values()) {
    await recordHashes(session, id, table);
    await advanceSequences(session, table);
  }
  const { rows } = await session.query<{ inserted: number; updated: number }>(sql`
    with gone as (delete from pgsteward.seed_row where seed_run_id = ${id} and row_hash is null),
    made as (
      select bool_or(r.action = 'inserted') as inserted from pgsteward.seed_row r
      where r.seed_run_id = ${id} and r.row_hash is not null group by r.schema_name, r.table_name, r.key_values)
    update pgsteward.seed_run set shape = ${JSON.stringify(shapeOf([...tables.values()]))}, unrecorded = ${JSON.stringify(unrecorded)},
      inserted = (select count(*) from made where inserted), updated = (select count(*) from made where not inserted)
    where id = ${id} returning inserted::int, updated::int`);
  return { inserted: rows[0]?.inserted ?? 0, updated: rows[0]?.updated ?? 0, unrecorded };
}

async function recordHashes(session: Session, id: bigint, table: Table): Promise<void> {
  const { rows } = await session.query<{ keys: string[] }>(sql`
    select distinct r.key_columns as keys from pgsteward.seed_row r
    where r.seed_run_id = ${id} and r.schema_name = ${table.schema} and r.table_name = ${table.name}`);
  const columns = table.columns.map(({ name }) => name);
  for (const { keys } of rows) {
    await session.query(
      `update pgsteward.seed_row r set row_hash = ${hashOfRow("t", columns)} from ${identifierOf(table).text} t
       where r.seed_run_id = $1 and r.schema_name = $2 and r.table_name = $3 and r.key_columns = $4
         and ${keyMatches("t", columnsNamed(table, keys), "r.key_values")}`,
      [id, table.schema, table.name, keys],
    );
  }
}

/** A sequence that stands behind rows with values of their own would give one of those to the next row. */
async function advanceSequences(session: Session, table: Table): Promise<void> {
  const { rows } = await session.query<{ schema: string; name: string; column: string }>(sql`
    select n.nspname as schema, s.relname as name, a.attname as column
    from pg_catalog.pg_depend d
    join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
    join pg_catalog.pg_namespace n on n.oid = s.relnamespace
    join pg_catalog.pg_sequence q on q.seqrelid = s.oid and q.seqincrement > 0
    join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = ${table.oid} and d.deptype in ('a', 'i')`);
  for (const { schema, name, column } of rows) {
    const sequence = `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
    await session.query(`
      select pg_catalog.setval(${literal(sequence)}, m.highest)
      from (select max(t.${quoteIdentifier(column)}) as highest from ${identifierOf(table).text} t) m, ${sequence} s
      where m.highest >= s.last_value + s.is_called::int`);
  }
}

interface Setting {
  readonly name: string;
  readonly setting: string;
}

/** What a seeder sets for its session must not reach the next one. */
async function readSettings(session: Session): Promise<readonly Setting[]> {
  const { rows } = await session.query<Setting>(
    "select s.name, s.setting from pg_catalog.pg_settings s where s.source = 'session' and s.name not like 'pgsteward.%'",
  );
  return rows;
}

async function restoreSettings(session: Session, before: readonly Setting[]): Promise<void> {
  await session.script("reset session authorization; reset role;");
  await session.query(sql`
    select pg_catalog.set_config(s.name, coalesce(k.setting, s.reset_val), false)
    from pg_catalog.pg_settings s
    left join pg_catalog.json_to_recordset(${JSON.stringify(before)}) k(name text, setting text) on k.name = s.name
    where s.source = 'session' and s.name not like 'pgsteward.%' and s.setting is distinct from coalesce(k.setting, s.reset_val)`);
}

/** The failure, with the file and the line where it came from. */
function located(ctx: Context, thrown: unknown, file: SeederFile, line: number | undefined): StewardError {
  const error = asStewardError(thrown);
  if (["ENGINE_CONNECTION_LOST", "INTERRUPTED"].includes(error.code)) return error;
  const at = (error.data["line"] as number | undefined) ?? line ?? lineInStack((thrown as Error | undefined)?.stack, file.path);
  const path = relative(ctx.config.root, file.path);
  const where = at === undefined ? path : `${path}:${at}`;
  const data = { ...error.data, name: file.name, where, file: file.path, ...(at === undefined ? {} : { line: at }) };
  if (error.code.startsWith("SEED_")) {
    const detail = [`in ${where}`, error.detail].filter(Boolean).join("\n");
    return Object.assign(error, { data, detail });
  }
  const text = error.code === "BUG" ? error.data["text"] : error.message;
  return failure(seedErrors, "SEED_FAILED", { ...data, text }, { cause: thrown, detail: error.detail, hint: error.hint });
}
