/** What `check undo` does, as a plan: all rows of a run that are still in quarantine, or none. */
import type { Session } from "../../core/engine.ts";
import { failure } from "../../core/errors.ts";
import { type Finding, finding } from "../../core/finding.ts";
import { isLedgerAbsent } from "../../core/ledger.ts";
import { type Plan, plan, type Step } from "../../core/plan.ts";
import { id, sql } from "../../core/sql.ts";
import { checkErrors } from "../errors.ts";
import { refusedBy } from "./refused.ts";
import { nameOf, readForeignKeys, readRelations } from "./relations.ts";
import { type Conflict, conflictsOf, type Return, returnOf, type Stored, unpack, writeBack } from "./restore.ts";
import { sideEffects, startCounting } from "./side-effects.ts";
import { beginReading, beginWriting, type Timeouts } from "./transaction.ts";
import { readTriggers, type Trigger, triggersTold, withoutTriggers } from "./triggers.ts";

export interface UndoPlanOptions extends Timeouts {
  /** Switch the tables' own triggers off for the transaction. Default false: they fire. */
  readonly withoutTriggers?: boolean | undefined;
  /** Do not check foreign keys: for rows that had no parent when they were taken. Default false. */
  readonly withoutForeignKeys?: boolean | undefined;
}

export interface UndoResult {
  readonly run: number;
  readonly restored: readonly { readonly table: string; readonly removed: number; readonly changed: number }[];
}

/** Errors: CHECK_UNDO_UNKNOWN, CHECK_UNDO_TABLE_GONE, CHECK_UNDO_CONFLICT, CHECK_UNDO_FAILED. */
export async function undoPlan(session: Session, run: number, options: UndoPlanOptions): Promise<Plan<UndoResult>> {
  const stored = await storedRows(session, run);
  const result = { run, restored: stored.map((one) => ({ table: nameOf(one), removed: one.removed, changed: one.changed })) };
  if (stored.length === 0) return plan({ title: `undo run ${run}`, steps: [], findings: [], result });
  const { withoutForeignKeys = false } = options;
  const { backs, triggers } = await look(session, run, stored, withoutForeignKeys);
  const silenced = options.withoutTriggers === true ? triggers : [];
  const step: Step = {
    title: "back from quarantine, in one transaction",
    sql: backs.map(describe).join("\n"),
    transaction: "own",
    run: (live) => applyUndo(live, { run, stored, silenced, withoutForeignKeys, timeouts: options }),
    explain: (error) => refusedBy(error, "applying", "CHECK_UNDO_FAILED", { run }),
  };
  return plan({
    title: `undo run ${run}: ${backs.reduce((sum, { removed, changed }) => sum + removed + changed, 0)} rows come back`,
    steps: [step],
    findings: [...backs.flatMap(lostColumns), ...triggersTold(triggers, options.withoutTriggers === true)],
    result,
    done: async (live, runId) => {
      const { rows } = await live.query(sql`select 1 from pgsteward.quarantine q where q.restored_by = ${runId} limit 1`);
      return rows.length;
    },
  });
}

/** Table by table, what of the run is not back yet. Errors: CHECK_UNDO_UNKNOWN where there never was anything. */
async function storedRows(session: Session, run: number): Promise<readonly Stored[]> {
  const { rows } = await session
    .query<Stored & { readonly open: number }>(sql`
      select q.schema_name as schema, q.table_name as table, min(q.column_names) as names,
        count(*) filter (where q.restored_by is null)::float8 as open,
        count(*) filter (where q.restored_by is null and q.action = 'removed')::float8 as removed,
        count(*) filter (where q.restored_by is null and q.action = 'changed')::float8 as changed
      from pgsteward.quarantine q where q.run_id = ${run}
      group by q.schema_name, q.table_name order by max(q.id) desc`)
    .catch((error: unknown) => {
      if (isLedgerAbsent(error)) return { rows: [] };
      throw error;
    });
  if (rows.length === 0) throw failure(checkErrors, "CHECK_UNDO_UNKNOWN", { run });
  return rows.filter(({ open }) => open > 0);
}

/** Errors: CHECK_UNDO_TABLE_GONE. */
async function returnsOf(session: Session, run: number, stored: readonly Stored[]): Promise<readonly Return[]> {
  const backs: Return[] = [];
  for (const [number, one] of stored.entries()) {
    const { rows } = await session.query<{ oid: number | null }>(
      sql`select pg_catalog.to_regclass(${id(one.schema, one.table).text})::oid as oid`,
    );
    const oid = rows[0]?.oid ?? 0;
    const relation = (await readRelations(session, [oid])).get(oid);
    if (!relation) throw failure(checkErrors, "CHECK_UNDO_TABLE_GONE", { run, table: nameOf(one) });
    backs.push(returnOf(one, relation, number));
  }
  return backs;
}

async function look(session: Session, run: number, stored: readonly Stored[], withoutForeignKeys: boolean) {
  return session
    .transaction(async () => {
      await beginReading(session);
      const backs = await returnsOf(session, run, stored);
      await unpack(session, run, backs);
      refuseConflicts(run, await conflictsOf(session, backs, withoutForeignKeys ? [] : await readForeignKeys(session)));
      const verbs = new Set(
        backs.flatMap(({ relation, removed, changed }) => [
          removed > 0 ? `${relation.oid} insert` : "",
          changed > 0 ? `${relation.oid} update` : "",
        ]),
      );
      const all = await readTriggers(
        session,
        backs.map(({ relation }) => relation.oid),
      );
      return {
        backs,
        triggers: all.filter(
          ({ root, events, always }) => (always || !withoutForeignKeys) && events.some((event) => verbs.has(`${root} ${event}`)),
        ),
      };
    })
    .catch((error: unknown) => {
      throw refusedBy(error, "planning", "CHECK_UNDO_FAILED", { run });
    });
}

function refuseConflicts(run: number, conflicts: readonly Conflict[]): void {
  if (conflicts.length === 0) return;
  const lines = conflicts.slice(0, 20).map(({ table, row, problem }) => `${table} ${row}: ${problem}`);
  const more = conflicts.length > lines.length ? [`and ${conflicts.length - lines.length} more`] : [];
  const rows = conflicts.slice(0, 1000);
  throw failure(
    checkErrors,
    "CHECK_UNDO_CONFLICT",
    { run, what: conflicts.length === 1 ? "1 row is" : `${conflicts.length} rows are`, rows },
    { detail: [...lines, ...more].join("\n") },
  );
}

interface UndoWork {
  readonly run: number;
  readonly stored: readonly Stored[];
  readonly silenced: readonly Trigger[];
  readonly withoutForeignKeys: boolean;
  readonly timeouts: Timeouts;
}

function applyUndo(session: Session, { run, stored, silenced, withoutForeignKeys, timeouts }: UndoWork): Promise<void> {
  return session.transaction(async () => {
    await beginWriting(session, timeouts);
    const restoreTriggers = await withoutTriggers(session, silenced);
    const backs = await returnsOf(session, run, stored);
    await unpack(session, run, backs);
    refuseConflicts(run, await conflictsOf(session, backs, withoutForeignKeys ? [] : await readForeignKeys(session)));
    await startCounting(session);
    await (withoutForeignKeys ? unchecked(session, () => writeBack(session, backs)) : writeBack(session, backs));
    await session.script("set constraints all immediate");
    const expected = new Map(
      backs.map(({ relation, removed, changed }) => [relation.oid, { inserted: removed, updated: changed, deleted: 0 }]),
    );
    const tables = await sideEffects(session, expected);
    if (tables.length > 0) throw failure(checkErrors, "CHECK_FIX_SIDE_EFFECTS", { tables: tables.join("; ") });
    await restoreTriggers();
    await session.query(sql`
      update pgsteward.quarantine q set restored_by = pg_catalog.currval('pgsteward.run_id_seq')
      where q.run_id = ${run} and q.restored_by is null`);
  });
}

/** Foreign keys are triggers, which do not fire where rows come from a replica. Nor do users' ones, except for ENABLE ALWAYS and REPLICA. */
async function unchecked(session: Session, write: () => Promise<void>): Promise<void> {
  const { rows } = await session.query<{ role: string }>("select current_user as role");
  await session.script("set local session_replication_role = replica").catch((cause: unknown) => {
    throw failure(checkErrors, "CHECK_UNDO_FOREIGN_KEYS", { role: rows[0]?.role }, { cause, database: "rolled back" });
  });
  await write();
  await session.script("set local session_replication_role = origin");
}

function describe({ schema, table, removed, changed }: Return): string {
  const lines = [
    removed > 0 ? `-- insert into ${id(schema, table).text}: ${removed} rows that were removed` : "",
    changed > 0 ? `-- update ${id(schema, table).text}: ${changed} rows get their old values` : "",
  ];
  return lines.filter(Boolean).join("\n");
}

function lostColumns({ schema, table, names, columns, relation }: Return): readonly Finding[] {
  const gone = names.filter((name) => !columns.includes(name));
  if (gone.length === 0) return [];
  const what = `there ${gone.length === 1 ? "is no column" : "are no columns"} ${gone.join(", ")} any more`;
  return [
    finding(
      "warning",
      "CHECK_UNDO_COLUMN_GONE",
      `table ${schema}.${table}`,
      `${what}: the values stay in pgsteward.quarantine`,
      undefined,
      {
        columns: gone,
        present: relation.columns.map(({ name }) => name),
      },
    ),
  ];
}
