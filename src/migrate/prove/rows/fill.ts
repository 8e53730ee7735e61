/** A few rows into every table, so that a migration meets data: parents first, checks solved, one table after the other. */
import type { Session } from "../../../core/engine.ts";
import { sqlstate } from "../../../core/errors.ts";
import { literal, quoteIdentifier } from "../../../core/sql.ts";
import { attempt } from "../bench.ts";
import { baseOf, candidatesOf, checksOf } from "./candidates.ts";
import type { Style } from "./literals.ts";
import type { CheckShape, ForeignKeyShape, Shape, TableShape } from "./shape.ts";
import { type Options, type Row, solve, type Solved } from "./solve.ts";

export interface Filling {
  /** Into each table. */
  readonly rows: number;
  readonly style: Style;
  /** Tables that stay as they are. */
  readonly skip: ReadonlySet<string>;
  /** Kept from one filling to the next. */
  readonly solved: Solved;
}

export interface Unfilled {
  readonly table: string;
  /** Why no row could be made for it. */
  readonly reason: string;
}

/** Fills every table of `shape`; answers with those that stayed empty. Runs in the open transaction. */
export async function fill(session: Session, shape: Shape, filling: Filling): Promise<Unfilled[]> {
  if (filling.rows === 0) return [];
  await session.script("set constraints all immediate");
  const made = new Map<string, readonly Row[]>();
  const unfilled: Unfilled[] = [];
  for (const table of parentsFirst(shape.tables)) {
    if (filling.skip.has(table.name)) continue;
    const { rows, problem } = await fillTable({ session, shape, filling, made }, table);
    made.set(table.name, rows);
    if (rows.length === 0) unfilled.push({ table: table.name, reason: problem });
  }
  return unfilled;
}

/** Each table behind those that its keys refer to; where they go in a circle, behind those that it cannot do without. */
function parentsFirst(tables: readonly TableShape[]): TableShape[] {
  const names = new Set(tables.map(({ name }) => name));
  const left = new Set(tables);
  const done = new Set<string>();
  const waits = (table: TableShape, keys: readonly ForeignKeyShape[]): boolean =>
    keys.some((key) => key.table !== table.name && names.has(key.table) && !done.has(key.table));
  while (left.size > 0) {
    const next =
      [...left].find((table) => !waits(table, table.keys)) ?? [...left].find((table) => !waits(table, requiredKeys(table))) ?? [...left][0];
    if (next === undefined) break;
    left.delete(next);
    done.add(next.name);
  }
  const rank = new Map([...done].map((name, i) => [name, i]));
  return [...tables].sort((a, b) => (rank.get(a.name) ?? 0) - (rank.get(b.name) ?? 0));
}

function requiredKeys({ columns, keys }: TableShape): readonly ForeignKeyShape[] {
  const required = new Set(columns.filter(({ notNull }) => notNull).map(({ name }) => name));
  return keys.filter((key) => key.columns.every((name) => required.has(name)));
}

interface Work {
  readonly session: Session;
  readonly shape: Shape;
  readonly filling: Filling;
  /** The rows that are in already, by table. */
  readonly made: ReadonlyMap<string, readonly Row[]>;
}

async function fillTable(work: Work, table: TableShape): Promise<{ rows: readonly Row[]; problem: string }> {
  if (table.partitioned && table.bounds === null) return { rows: [], problem: "it has no partition" };
  const orphaned = requiredKeys(table).find((key) => key.table !== table.name && (work.made.get(key.table) ?? []).length === 0);
  if (orphaned) return { rows: [], problem: `it refers to ${orphaned.table}, which has no rows` };
  const planned = await planRows(work, table);
  const together = await insert(work.session, table, planned);
  if (!("problem" in together)) return { rows: together, problem: "" };
  const rows: Row[] = [];
  let problem = together.problem;
  for (const row of planned) {
    const one = await insertAnyhow(work.session, table, row);
    if ("problem" in one) problem = one.problem;
    else rows.push(...one);
  }
  return { rows, problem };
}

async function planRows({ session, shape, filling, made }: Work, table: TableShape): Promise<Row[]> {
  const checks = checksOf(table, shape.types);
  const planned: Row[] = [];
  for (let row = 1; row <= filling.rows; row++) {
    const parents = new Map([...made, [table.name, planned]]);
    const last = row === filling.rows && row > 1;
    const wantsNull = filling.style.nulls && last;
    const fixed = fixedBy(table, parents, last ? 1 : row, wantsNull);
    const options = optionsOf(table, checks, shape, { row, style: filling.style, wantsNull, fixed });
    planned.push(await solve(session, options, checks, filling.solved));
  }
  return planned;
}

interface RowPlan {
  readonly row: number;
  readonly style: Style;
  readonly wantsNull: boolean;
  /** Values that foreign keys ask for. */
  readonly fixed: Row;
}

function optionsOf(table: TableShape, checks: readonly CheckShape[], { types }: Shape, plan: RowPlan): Options[] {
  const { row, style, wantsNull, fixed } = plan;
  return table.columns.flatMap((column) => {
    const base = baseOf(column, types);
    const value = fixed.get(column.name);
    if (column.made || !base) return [];
    const place = { row, style, number: column.number, seed: `${table.name}.${column.name}` };
    const candidates =
      value === undefined
        ? candidatesOf(column, checks, types, place, wantsNull)
        : value === null || column.notNull
          ? [value]
          : [value, null];
    return [{ column: column.name, type: base.type.sql, candidates }];
  });
}

/**
 * The columns of foreign keys: the parent's row of the same number, so that rows of one number belong together everywhere; the
 * last row belongs to those of number 1, so that there are two of a family. Two keys to one table get two rows where they can.
 */
function fixedBy(table: TableShape, parents: ReadonlyMap<string, readonly Row[]>, row: number, wantsNull: boolean): Row {
  const fixed: Row = new Map();
  const taken = new Set<Row>();
  const nullable = new Set(table.columns.filter(({ notNull }) => !notNull).map(({ name }) => name));
  // Keys that cannot be null decide about columns that they share with others.
  const keys = [...table.keys].sort(
    (a, b) => Number(b.columns.every((c) => !nullable.has(c))) - Number(a.columns.every((c) => !nullable.has(c))),
  );
  for (const { columns, table: parent, refers } of keys) {
    const free = columns.filter((name) => !fixed.has(name) && nullable.has(name));
    const rows = parents.get(parent) ?? [];
    const matches = (candidate: Row): boolean =>
      columns.every((name, i) => fixed.get(name) === undefined || fixed.get(name) === candidate.get(refers[i] as string));
    const fitting = [...rows.slice(row - 1), ...rows].filter((candidate) => known(candidate, refers) && matches(candidate));
    const found = wantsNull && free.length > 0 ? undefined : (fitting.find((candidate) => !taken.has(candidate)) ?? fitting[0]);
    if (found) taken.add(found);
    if (found) columns.forEach((name, i) => fixed.set(name, found.get(refers[i] as string) ?? null));
    else for (const name of free) fixed.set(name, null);
  }
  return fixed;
}

function known(row: Row, columns: readonly string[]): boolean {
  return columns.every((name) => row.get(name) != null);
}

/** With user triggers and foreign keys; where a trigger refuses the row, without them. */
async function insertAnyhow(session: Session, table: TableShape, row: Row): Promise<Row[] | { problem: string; state: string }> {
  const first = await insert(session, table, [row]);
  if (!("problem" in first) || /^2[23]/.test(first.state)) return first;
  const quietly = await insert(session, table, [row], "set local session_replication_role = replica;");
  return "problem" in quietly ? first : quietly;
}

/** All rows, or none and why; the values that the server gave them are in the answer. */
async function insert(
  session: Session,
  table: TableShape,
  rows: readonly Row[],
  before = "",
): Promise<Row[] | { problem: string; state: string }> {
  const after = before === "" ? "" : "; set local session_replication_role = origin";
  const done = await attempt(session, `${before}${rows.map((row) => insertStatement(table, row)).join(";\n")}${after}`);
  if ("failed" in done) return { problem: done.failed.message, state: sqlstate(done.failed) ?? "" };
  const inserted = done.results.filter(({ command }) => command === "INSERT").flatMap((result) => result.rows);
  return inserted.map((found) => rowOf(table, found["row"] as (string | null)[]));
}

function insertStatement({ name, columns }: TableShape, row: Row): string {
  const names = [...row.keys()].map(quoteIdentifier);
  const values = [...row.values()].map(literal);
  const returned = columns.map((column) => `${quoteIdentifier(column.name)}::pg_catalog.text`);
  const source = names.length === 0 ? "default values" : `(${names.join(", ")}) values (${values.join(", ")})`;
  return `insert into ${name} ${source} returning array[${returned.join(", ")}]::pg_catalog.text[] as row`;
}

function rowOf({ columns }: TableShape, values: readonly (string | null)[]): Row {
  return new Map(columns.map(({ name }, i) => [name, values[i] ?? null]));
}
