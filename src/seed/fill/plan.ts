/** What `seed fill` would do: which tables, how many rows, in which lane and why. Reads only. */
import type { Session } from "../../core/engine.ts";
import { failure, sqlstate, StewardError } from "../../core/errors.ts";
import { finding, type Finding } from "../../core/finding.ts";
import type { Context } from "../../core/operation.ts";
import { type Plan, plan, type Step } from "../../core/plan.ts";
import { quoteIdentifier, sql } from "../../core/sql.ts";
import { seedErrors } from "../errors.ts";
import { chooseLanes, lateTables, type LaneChoice } from "../load/lane.ts";
import type { FillResult } from "./fill.ts";
import { lateColumns, type Loading, loadTables } from "./load.ts";
import { type Model, modelOf } from "./model.ts";
import { parserFor } from "./parse.ts";
import { isPresent } from "./presence.ts";
import { type Filling, type FillingRecord, keysHash, readRecords, recordFilling, requestHash } from "./record.ts";
import { rowsOf } from "./rows.ts";
import { trySamples } from "./sample.ts";
import { readShape, type Shape, type TableShape } from "./shape.ts";
import type { FillSpec } from "./spec.ts";
import type { FilledTable } from "./table.ts";
import { generatorVersion } from "./version.ts";
import { type FillOptions, readSpec, type Request, requestOf } from "./want.ts";

/** Errors: SEED_FILL_PRODUCTION, SEED_FILL_SPEC_INVALID, SEED_FILL_IMPOSSIBLE, SEED_FILL_CHECK, SEED_FILL_TRIGGERS, SEED_FILL_CYCLE. */
export async function planFill(ctx: Context, options: FillOptions): Promise<Plan<FillResult>> {
  const { environment, database } = ctx.target;
  if (environment === "production") throw failure(seedErrors, "SEED_FILL_PRODUCTION", { database });
  const session = await ctx.session();
  const records = await readRecords(session);
  const { spec, source } = await readSpec(ctx.config, options.spec);
  return session.transaction(async () => {
    // Compiling costs these queries ten times what they cost.
    await session.script("set transaction read only; set local jit = off");
    return planOf({ ctx, session, records, spec, source }, options);
  });
}

interface Given {
  readonly ctx: Context;
  readonly session: Session;
  readonly records: readonly FillingRecord[];
  readonly spec: FillSpec;
  /** Where the specification is from. */
  readonly source: string;
}

async function planOf({ ctx, session, records, spec, source }: Given, options: FillOptions): Promise<Plan<FillResult>> {
  const shape = await readShape(session);
  const parse = await parserFor(shape, ctx.signal);
  const request = requestOf(shape, spec, source, options);
  const record = records.find(({ hash }) => hash === requestHash(request));
  const filling = record?.filling ?? (await fillingOf(session, shape, request));
  const model = modelOf(shape, wantedOf(filling), parse);
  refuseImpossible(model);
  await trySamples(session, model.tables, shape.types, parse);
  const open = await notPresent(session, model.tables, shape, record !== undefined);
  refuseUndecided(open, options);
  const lanes = await lanesOf(session, open, options);
  const work = { ctx, shape, filling, again: record !== undefined, triggers: options.triggers ?? "fire", lanes, model };
  const steps = stepsOf(work, open);
  const rows = open.reduce((sum, table) => sum + table.rows, 0);
  const started = { at: 0 };
  return plan({
    title: `fill ${open.length} of ${model.tables.length} tables with ${rows.toLocaleString("en-US")} rows`,
    steps: steps.map((step) => timed(step, ctx, started)),
    findings: model.capped.map(cappedFinding),
    result: { tables: open.map((table) => told(table, lanes)), rows },
    verify: async () => {
      tellRate(ctx, rows, started.at);
      return [];
    },
  });
}

export function wantedOf(filling: Filling): Parameters<typeof modelOf>[1] {
  const { seed, skew, root, rows, offsets, columns } = filling;
  return {
    seed,
    skew,
    root,
    rows: new Map(Object.entries(rows)),
    offsets: new Map(Object.entries(offsets)),
    columns: new Map(Object.entries(columns)),
  };
}

async function fillingOf(session: Session, shape: Shape, request: Request): Promise<Filling> {
  const wanted = shape.tables.filter(({ id, empty, readable }) => request.rows[id] !== undefined && !empty && readable);
  const offsets: Record<string, number> = {};
  for (const table of wanted) offsets[table.id] = await numbersTaken(session, table, shape);
  return { ...request, generatorVersion, offsets, keysHash: keysHash(shape, Object.keys(request.rows)) };
}

/** As many as there are rows, or as the highest number of a key. */
async function numbersTaken(session: Session, { id, columns, uniques }: TableShape, { types }: Shape): Promise<number> {
  const counted = columns.filter(
    ({ name, type, sequence }) =>
      /^int[248]$/.test(types.get(type)?.name ?? "") && (sequence !== null || uniques.some((unique) => unique.columns.includes(name))),
  );
  const most = ["count(*)", ...counted.map(({ name }) => `max(${quoteIdentifier(name)})`)];
  const { rows } = await session.query<{ taken: string }>(`select greatest(${most.join(", ")})::pg_catalog.text as taken from ${id}`);
  return Number(rows[0]?.taken ?? 0);
}

function refuseImpossible({ problems }: Model): void {
  const [first, ...more] = problems;
  if (!first) return;
  const { table, object, problem, remedy } = first;
  const detail = more.map((each) => `${each.table}: ${each.object}: ${each.problem}`).join("\n");
  throw failure(
    seedErrors,
    "SEED_FILL_IMPOSSIBLE",
    { table, object, problem },
    { hint: `write into fill.ts: tables: { ${table}: { ${remedy} } }`, ...(detail === "" ? {} : { detail }) },
  );
}

async function notPresent(
  session: Session,
  tables: readonly FilledTable[],
  { types }: Shape,
  again: boolean,
): Promise<readonly FilledTable[]> {
  const open: FilledTable[] = [];
  for (const table of tables) {
    if (table.rows > 0 && !(again && !table.shape.empty && (await isPresent(session, table, types)))) open.push(table);
  }
  return open;
}

function refuseUndecided(tables: readonly FilledTable[], { triggers }: FillOptions): void {
  if (triggers !== undefined) return;
  const found = tables.flatMap(({ shape }) => shape.triggers.map(({ name }) => `${name} on ${shape.schema}.${shape.name}`));
  if (found.length === 0) return;
  const definitions = tables.flatMap(({ shape }) => shape.triggers.map(({ definition }) => definition));
  const more = found.length > 5 ? ` and ${found.length - 5} more` : "";
  throw failure(
    seedErrors,
    "SEED_FILL_TRIGGERS",
    { triggers: `${found.slice(0, 5).join(", ")}${more}` },
    { detail: definitions.join("\n") },
  );
}

async function lanesOf(session: Session, tables: readonly FilledTable[], { lane }: FillOptions): Promise<ReadonlyMap<string, LaneChoice>> {
  if (lane !== undefined) return new Map(tables.map(({ shape }) => [shape.id, { lane, reason: "asked for" }]));
  const { rows } = await session.query<{ may: boolean }>(
    "select pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMP') as may",
  );
  const facts = tables.map(({ shape }) => ({ ...shape, parents: shape.keys.map(({ table }) => table) }));
  return chooseLanes(facts, rows[0]?.may ?? false);
}

interface Work {
  readonly ctx: Context;
  readonly shape: Shape;
  readonly filling: Filling;
  readonly again: boolean;
  readonly triggers: "fire" | "off";
  readonly lanes: ReadonlyMap<string, LaneChoice>;
  readonly model: Model;
}

/** Tables with rows that nothing bare is needed for, then the bare ones, then the rest. */
function stepsOf(work: Work, tables: readonly FilledTable[]): readonly Step[] {
  const { lanes } = work;
  const late = lateTables(
    tables.map(({ shape }) => ({ ...shape, parents: shape.keys.map(({ table }) => table) })),
    lanes,
  );
  const isBare = ({ shape }: FilledTable): boolean => lanes.get(shape.id)?.lane === "bare";
  const bare = tables.filter(isBare);
  return [
    ...besideSteps(
      work,
      tables.filter((table) => !isBare(table) && !late.has(table.shape.id)),
    ),
    ...(bare.length > 0
      ? [
          stepOf(
            work,
            bare.map((table) => ({ table, lane: "bare", late: [] })),
          ),
        ]
      : []),
    ...besideSteps(
      work,
      tables.filter((table) => late.has(table.shape.id)),
    ),
  ];
}

/** A transaction for each table; one for all of them where some refer to each other in a circle. */
function besideSteps(work: Work, tables: readonly FilledTable[]): readonly Step[] {
  const ids = tables.map(({ shape }) => shape.id);
  const loadings = tables.map((table, i): Loading => {
    const later = new Set(ids.slice(i + 1));
    const late = table.shape.keys.filter((key) => later.has(key.table));
    for (const key of late) if (lateColumns(table.shape, [key]).length === 0 && !key.deferrable) throw circle(table, key.table, key.name);
    return { table, lane: work.lanes.get(table.shape.id)?.lane ?? "staging", late };
  });
  if (loadings.every(({ late }) => late.length === 0)) return loadings.map((loading) => stepOf(work, [loading]));
  return [stepOf(work, loadings)];
}

function circle({ shape }: FilledTable, parent: string, constraint: string): StewardError {
  return failure(seedErrors, "SEED_FILL_CYCLE", { table: shape.id, parent, constraint });
}

function stepOf(work: Work, loadings: readonly Loading[]): Step {
  const rows = loadings.reduce((sum, { table }) => sum + table.rows, 0).toLocaleString("en-US");
  const [first] = loadings as [Loading];
  const bare = first.lane === "bare";
  const what = loadings.length === 1 ? nameOf(first.table) : `${loadings.length} tables`;
  const how = bare
    ? "bare: keys and indexes are dropped, and made again behind the rows"
    : (work.lanes.get(first.table.shape.id)?.reason ?? "");
  const names: Readonly<Record<string, string>> = {
    bare: "COPY into bare tables",
    staging: "COPY into a temporary table, then what is missing",
    arrays: "arrays of 1,000 rows",
  };
  return {
    title: `${what}: ${rows} rows, ${names[first.lane]} (${bare ? "empty and ours" : how})`,
    object: nameOf(first.table),
    sql: loadings.map((loading) => describe(loading, work)).join("\n"),
    transaction: "own",
    explain: (error) => explained(error, first.table),
    run: async (session, progress) => {
      const { shape, filling, again, triggers, ctx } = work;
      await session.transaction(async () => {
        await session.query(sql`select pg_catalog.set_config('lock_timeout', ${String(ctx.config.lockTimeoutMs)}, true)`);
        const inserted = await loadTables(session, loadings, { types: shape.types, triggers, again, progress });
        await recordFilling(session, filling, shape, ctx.target.environment, inserted);
      });
    },
  };
}

function describe({ table, lane, late }: Loading, { lanes, triggers }: Work): string {
  const { columns, format } = rowsOf(table);
  const off =
    triggers === "off" && table.shape.triggers.length > 0
      ? `; triggers off: ${table.shape.triggers.map(({ name }) => name).join(", ")}`
      : "";
  const waits = late.length > 0 ? `; afterwards: ${late.map(({ name }) => name).join(", ")}` : "";
  const left = table.shape.columns.length - columns.length;
  const columnsTold = left === 0 ? "" : ` (${columns.map(quoteIdentifier).join(", ")})`;
  const statement =
    lane === "arrays"
      ? `insert into ${table.shape.id}${columnsTold}`
      : `copy ${table.shape.id}${columnsTold} from stdin (format ${format})`;
  return `${statement}; -- ${table.rows.toLocaleString("en-US")} rows, ${lane}: ${lanes.get(table.shape.id)?.reason}${off}${waits}`;
}

function explained(error: StewardError, table: FilledTable): StewardError {
  if (error.code !== "SQL_ERROR" || !/^(2[23]|42501|P0)/.test(sqlstate(error) ?? "")) return error;
  const at = (error.data["table"] as string | undefined) ?? nameOf(table);
  return failure(
    seedErrors,
    "SEED_FILL_REFUSED",
    { ...error.data, table: at, text: error.message },
    { cause: error, detail: error.detail },
  );
}

const nameOf = ({ shape }: FilledTable): string => `${shape.schema}.${shape.name}`;

function told(table: FilledTable, lanes: ReadonlyMap<string, LaneChoice>): FillResult["tables"][number] {
  const { lane, reason } = lanes.get(table.shape.id) ?? { lane: "bare", reason: "" };
  return { table: nameOf(table), rows: table.rows, lane, reason };
}

function cappedFinding({ table, wanted, rows }: Model["capped"][number]): Finding {
  const hint = "give the tables that it refers to more rows";
  return finding(
    "info",
    "SEED_FILL_CAPPED",
    table,
    `its keys allow ${rows.toLocaleString("en-US")} of ${wanted.toLocaleString("en-US")} rows`,
    hint,
    { wanted, rows },
  );
}

function timed(step: Step, { clock }: Context, started: { at: number }): Step {
  return {
    ...step,
    run: async (session, progress) => {
      started.at ||= clock.now();
      await step.run?.(session, progress);
    },
  };
}

function tellRate({ clock, events }: Context, rows: number, since: number): void {
  const seconds = (clock.now() - since) / 1000;
  if (seconds > 0) events({ type: "note", level: "info", message: `${Math.round(rows / seconds).toLocaleString("en-US")} rows a second` });
}
