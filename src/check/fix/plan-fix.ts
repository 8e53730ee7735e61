/** What `check fix` does, as a plan: asked of one snapshot, with every row counted that would be removed or changed. */
import type { Session } from "../../core/engine.ts";
import { failure } from "../../core/errors.ts";
import { type Finding, finding } from "../../core/finding.ts";
import { type Plan, plan, type Step } from "../../core/plan.ts";
import { id, literal, type Sql, sql } from "../../core/sql.ts";
import { encode } from "../../core/types.ts";
import { checkErrors } from "../errors.ts";
import type { RowRule } from "../rule.ts";
import { conditionOf, fixConditionOf, isRefused, joined } from "../statement.ts";
import { type Action, collectRows, type FixableRule, type Taken } from "./closure.ts";
import { applyFix } from "./apply-fix.ts";
import { nameOf, readForeignKeys } from "./relations.ts";
import { type Limits, refuseTooMany } from "./share.ts";
import { refusedBy } from "./refused.ts";
import { beginReading, type Timeouts } from "./transaction.ts";
import { readTriggers, triggersTold } from "./triggers.ts";

export interface FixPlanOptions extends Limits, Timeouts {
  /** Switch the tables' own triggers off for the transaction. Default false: they fire. */
  readonly withoutTriggers?: boolean | undefined;
  /** The command that leaves these rules out, for the way out of a fix that they stop. */
  readonly without?: ((rules: readonly string[]) => string) | undefined;
}

/** Rows of one table that one rule takes. */
export interface FixedRows {
  readonly rule: string;
  readonly table: string;
  readonly action: Action;
  readonly rows: number;
  /** The foreign key by which they refer to removed rows; null for rows that the rule names. */
  readonly reference: string | null;
}

export interface FixResult {
  /** By which `check undo` finds the fix; null where nothing was changed. */
  run: number | null;
  readonly rows: readonly FixedRows[];
  /** The file that keeps it from coming back, where one was asked for and written. */
  migration: string | null;
}

/**
 * Plans the fixes of `rules`; rules without one are left out. Nothing is changed until the plan is applied, in one
 * transaction. Errors: CHECK_FIX_RULE_FAILED, CHECK_BLIND, CHECK_FIX_NO_TABLE, CHECK_FIX_TOO_MANY.
 */
export async function fixPlan(session: Session, rules: readonly RowRule[], options: FixPlanOptions): Promise<Plan<FixResult>> {
  const fixable = rules.filter(isFixable);
  const { taken, findings, triggers } = await look(session, fixable, options);
  const named = fixable.filter(({ name }) => taken.some(({ rule }) => rule === name));
  const result: FixResult = { run: null, rows: taken.map(told), migration: null };
  const silenced = options.withoutTriggers === true ? triggers : [];
  const { lockTimeoutMs, statementTimeoutMs } = options;
  const step: Step = {
    title: "into quarantine, in one transaction",
    sql: named.map((rule) => describe(rule, taken)).join("\n\n"),
    transaction: "own",
    run: async (live, progress) => {
      const work = { rules: named, planned: taken, silenced, lockTimeoutMs, statementTimeoutMs, without: options.without };
      result.run = (await applyFix(live, work, progress)).run;
    },
    explain: (error) => refusedBy(error, "applying", "CHECK_FIX_FAILED", {}),
  };
  return plan({
    title: titleOf(named, taken),
    steps: taken.length === 0 ? [] : [step],
    findings,
    result,
    verify: (live) => leftOver(live, named),
    done: async (live, runId) => {
      const { rows } = await live.query(sql`select 1 from pgsteward.quarantine q where q.run_id = ${runId} limit 1`);
      return rows.length;
    },
  });
}

const isFixable = (rule: RowRule): rule is FixableRule => rule.fix !== undefined;

async function look(session: Session, rules: readonly FixableRule[], options: FixPlanOptions) {
  return session.transaction(async () => {
    await beginReading(session);
    await refuseOthers(session, rules);
    const foreignKeys = await readForeignKeys(session);
    const taken = await collectRows(session, { rules: await brokenOf(session, rules), foreignKeys, lock: false });
    await refuseTooMany(session, rules, taken, options);
    const verbs = new Map(taken.map(({ root, action }) => [`${root} ${action === "removed" ? "delete" : "update"}`, true]));
    const triggers = (await readTriggers(session, [...new Set(taken.map(({ root }) => root))])).filter(({ root, events }) =>
      events.some((event) => verbs.has(`${root} ${event}`)),
    );
    return { taken, triggers, findings: triggersTold(triggers, options.withoutTriggers === true) };
  });
}

/** Only what has rows of its own, with a tid. */
async function refuseOthers(session: Session, rules: readonly FixableRule[]): Promise<void> {
  const tables = rules.map(({ table }) => id(table.schema, table.table).text);
  const { rows } = await session.query<{ at: number }>(sql`
    select r.at::int as at from unnest(${tables}::text[]) with ordinality r (name, at)
    where not exists (select from pg_catalog.pg_class c where c.oid = pg_catalog.to_regclass(r.name) and c.relkind in ('r', 'p'))
    order by r.at limit 1`);
  const other = rules[(rows[0]?.at ?? 0) - 1];
  if (other) throw failure(checkErrors, "CHECK_FIX_NO_TABLE", { rule: other.name, table: nameOf(other.table) });
}

/** The rules that rows break, found out in one message. Where one cannot be asked all are given: each alone it is named. */
async function brokenOf(session: Session, rules: readonly FixableRule[]): Promise<readonly FixableRule[]> {
  if (rules.length === 0) return rules;
  const parts = rules.map((rule) => sql`exists (select from ${id(rule.table.schema, rule.table.table)} t where ${fixConditionOf(rule)})`);
  try {
    const { rows } = await session.transaction((inner) =>
      inner.query<{ broken: readonly boolean[] }>(sql`select array[${joined(parts, ", ")}] as broken`),
    );
    return rules.filter((_, i) => rows[0]?.broken[i]);
  } catch (thrown) {
    if (!isRefused(thrown)) throw thrown;
    return rules;
  }
}

function titleOf(rules: readonly RowRule[], taken: readonly Taken[]): string {
  const sum = (action: Action): number => taken.filter((one) => one.action === action).reduce((total, { own }) => total + own, 0);
  const parts = [
    sum("removed") > 0 ? `remove ${count(sum("removed"), "row")}` : "",
    sum("changed") > 0 ? `change ${count(sum("changed"), "row")}` : "",
  ];
  return `fix ${count(rules.length, "rule")}: ${parts.filter(Boolean).join(", ") || "nothing to do"}`;
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
const told = ({ rule, action, rows, reference, ...table }: Taken): FixedRows => ({ rule, table: nameOf(table), action, rows, reference });

/** A rule's part of the plan: what it executes, and what goes with it. */
function describe(rule: FixableRule, taken: readonly Taken[]): string {
  const own = taken.filter(({ rule: name }) => name === rule.name);
  const named = own.filter(({ reference }) => reference === null).map((one) => count(one.rows, "row"));
  const along = own
    .filter(({ reference }) => reference !== null)
    .map((one) => `-- and ${count(one.rows, "row")} of ${nameOf(one)} that refer to them (${one.reference}) ${fate(one)}`);
  const table = id(rule.table.schema, rule.table.table).text;
  const values =
    rule.fix.action === "set" ? Object.entries(rule.fix.values).map(([name, value]) => `${id(name).text} = ${inline(value)}`) : [];
  const verb = rule.fix.action === "remove" ? `delete from ${table} t` : `update ${table} t set ${values.join(", ")}`;
  return [`-- ${rule.name}: ${named.join(", ")}`, `${verb} where ${inline(rule.fixWhere ?? rule.where)};`, ...along].join("\n");
}

const fate = ({ action }: Taken): string => (action === "removed" ? "go too" : "lose the reference");

/** For reading only. */
function inline({ text, values }: Sql): string {
  return text.replace(/\$(\d+)/g, (_, n: string) => {
    const value = values[Number(n) - 1];
    return literal(typeof value === "number" ? value : encode(value));
  });
}

/** A fix may bring up new rows, such as the orphans of what it removed; they were in no plan. */
async function leftOver(session: Session, rules: readonly FixableRule[]): Promise<readonly Finding[]> {
  if (rules.length === 0) return [];
  const counts = rules.map(
    ({ table, where }, i) =>
      sql`select ${i}::int as rule, count(*)::float8 as left from ${id(table.schema, table.table)} t where ${conditionOf({ where })}`,
  );
  const { rows } = await session.query<{ rule: number; left: number }>(joined(counts, " union all "));
  return rules.flatMap(({ name }, i) => {
    const left = rows.find(({ rule }) => rule === i)?.left ?? 0;
    const problem = `${left} more ${left === 1 ? "row breaks" : "rows break"} it now`;
    return left === 0 ? [] : [finding("warning", "CHECK_FIX_LEFT", name, problem, "read the next plan: `pgsteward check fix --dry-run`")];
  });
}
