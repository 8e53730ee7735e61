/**
 * The rows that a fix takes: those that its rules name, and what refers to them by any foreign key, whatever it does on
 * delete. They are collected on the server, in a temporary table of tids: a million rows take no memory here.
 *
 * Every rule is asked about the same state, and a row belongs to the first that names it, removals before changes. So what
 * one rule removes never makes another one take more, or fewer, rows than the plan says. Rules that set different columns of
 * a row share it.
 */
import type { Session } from "../../core/engine.ts";
import { id, Raw, sql } from "../../core/sql.ts";
import type { Fix, RowRule } from "../rule.ts";
import { fixConditionOf } from "../statement.ts";
import { refusedBy } from "./refused.ts";
import { type ForeignKey, fromClause } from "./relations.ts";

export type FixableRule = RowRule & { readonly fix: Fix };
export type Action = "removed" | "changed";

/** How many rows of one table one rule takes, and why. */
export interface Taken {
  readonly rule: string;
  readonly root: number;
  readonly schema: string;
  readonly table: string;
  readonly action: Action;
  readonly rows: number;
  /** Those of them that belong to this rule, and not to an earlier one that sets other columns. */
  readonly own: number;
  /** The foreign key by which the rows refer to removed ones; null for rows that the rule itself names. */
  readonly reference: string | null;
}

export interface Collecting {
  readonly rules: readonly FixableRule[];
  readonly foreignKeys: readonly ForeignKey[];
  /**
   * Locks the rows, parents before children: nobody can then add a child that the server would delete unseen. A plan only
   * reads.
   */
  readonly lock: boolean;
}

/** Fills `pg_temp.pgsteward_taken` within the open transaction and says what is in it. */
export async function collectRows(session: Session, collecting: Collecting): Promise<readonly Taken[]> {
  await session.script(`
    create temporary table pgsteward_taken (
      rule integer not null, reference integer, depth integer not null, action text not null,
      root oid not null, part oid not null, tid tid not null, also integer[] not null default '{}', unique (part, tid)
    ) on commit drop`);
  await seed(session, collecting, "remove");
  if (collecting.rules.some(({ fix }) => fix.action === "remove")) {
    await followReferences(session, collecting);
    await takeSetNull(session, collecting);
  }
  await seed(session, collecting, "set");
  return summary(session, collecting);
}

async function seed(session: Session, { rules, lock }: Collecting, action: Fix["action"]): Promise<void> {
  for (const [number, rule] of rules.entries()) {
    if (rule.fix.action !== action) continue;
    const seeded = session.query(sql`
      insert into pg_temp.pgsteward_taken as f (rule, depth, action, root, part, tid)
      select ${number}::int, 0, ${actionOf(rule)}, coalesce(pg_catalog.pg_partition_root(t.tableoid), t.tableoid), t.tableoid, t.ctid
      from ${id(rule.table.schema, rule.table.table)} t
      where ${fixConditionOf(rule)} ${locking(lock, "t")}
      on conflict (part, tid) do update set also = f.also || excluded.rule
      where f.action = 'changed' and f.reference is null and (f.rule || f.also) <@ ${sharing(rules, number)}::int[]`);
    await seeded.catch((error: unknown) => {
      throw lock ? error : refusedBy(error, "planning", "CHECK_FIX_RULE_FAILED", { rule: rule.name });
    });
  }
}

/** Rules before this one that set none of its columns. */
function sharing(rules: readonly FixableRule[], number: number): readonly number[] {
  const columns = columnsOf(rules[number] as FixableRule);
  return rules.slice(0, number).flatMap((rule, i) => (columnsOf(rule).some((column) => columns.includes(column)) ? [] : [i]));
}

const columnsOf = ({ fix }: FixableRule): readonly string[] => (fix.action === "set" ? Object.keys(fix.values) : []);
const actionOf = ({ fix }: FixableRule): Action => (fix.action === "remove" ? "removed" : "changed");
const locking = (lock: boolean, alias: string): Raw => new Raw(lock ? `for update of ${alias}` : "");

/** Level by level: children of the rows that the last level took, until there are none. Cycles end because no row is taken twice. */
async function followReferences(session: Session, { foreignKeys, lock }: Collecting): Promise<void> {
  for (let depth = 0; ; depth++) {
    const parents = await rootsAt(session, depth);
    let found = 0;
    for (const [number, key] of foreignKeys.entries()) {
      if (key.sets.length > 0 || !parents.has(key.parentRoot)) continue;
      found += await takeChildren(session, key, { number, depth, action: "removed", lock });
    }
    if (found === 0) return;
  }
}

/** Children that stay, without their reference. */
async function takeSetNull(session: Session, { foreignKeys, lock }: Collecting): Promise<void> {
  const parents = await rootsAt(session, null);
  for (const [number, key] of foreignKeys.entries()) {
    if (key.sets.length > 0 && parents.has(key.parentRoot))
      await takeChildren(session, key, { number, depth: null, action: "changed", lock });
  }
}

/** What the last statements took changes what the next one is best planned as. */
const analyze = "analyze pg_temp.pgsteward_taken";

async function rootsAt(session: Session, depth: number | null): Promise<ReadonlySet<number>> {
  const results = await session.script(`${analyze};
    select distinct f.root from pg_temp.pgsteward_taken f where f.action = 'removed'${depth === null ? "" : ` and f.depth = ${depth}`}`);
  return new Set(results.at(-1)?.rows.map(({ root }) => root as number));
}

interface Taking {
  readonly number: number;
  /** Of the parents; null for all of them. */
  readonly depth: number | null;
  readonly action: Action;
  readonly lock: boolean;
}

async function takeChildren(session: Session, key: ForeignKey, { number, depth, action, lock }: Taking): Promise<number> {
  const { count } = await session.query(sql`
    insert into pg_temp.pgsteward_taken (rule, reference, depth, action, root, part, tid)
    select f.rule, ${number}::int, f.depth + 1, ${action}, coalesce(pg_catalog.pg_partition_root(c.tableoid), c.tableoid), c.tableoid, c.ctid
    from ${fromClause(key.child)} c
    join ${fromClause(key.parent)} p on ${refersTo(key)}
    join pg_temp.pgsteward_taken f on f.part = p.tableoid and f.tid = p.ctid
    where f.action = 'removed' and (f.depth = ${depth}::int or ${depth}::int is null)
    ${locking(lock, "c")}
    on conflict do nothing`);
  return count;
}

/** `c` refers to `p`, by the operators that the foreign key itself compares with. */
export function refersTo({ childColumns, parentColumns, operators }: ForeignKey): Raw {
  return new Raw(
    parentColumns.map((name, i) => `${id("p", name).text} ${operators[i]} ${id("c", childColumns[i] as string).text}`).join(" and "),
  );
}

async function summary(session: Session, { rules, foreignKeys }: Collecting): Promise<readonly Taken[]> {
  const { rows } = await session.query<Omit<Taken, "rule" | "reference"> & { rule: number; reference: number | null }>(sql`
    select r.rule, f.reference, f.root, n.nspname as schema, c.relname as table, f.action, count(*)::float8 as rows,
      (count(*) filter (where r.rule = f.rule))::float8 as own
    from pg_temp.pgsteward_taken f
    cross join unnest(f.rule || f.also) r (rule)
    join pg_catalog.pg_class c on c.oid = f.root
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    group by r.rule, f.reference, f.root, n.nspname, c.relname, f.action
    order by r.rule, f.reference nulls first, n.nspname, c.relname`);
  return rows.map((row) => ({
    ...row,
    rule: rules[row.rule]?.name ?? "",
    reference: row.reference === null ? null : (foreignKeys[row.reference]?.name ?? null),
  }));
}
