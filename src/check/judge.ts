/** Rules over rows, asked and told. */
import type { Session } from "../core/engine.ts";
import { type Finding, finding } from "../core/finding.ts";
import type { Context } from "../core/operation.ts";
import { sql } from "../core/sql.ts";
import { badRows } from "./project/validate.ts";
import type { QueryRule, RowRule } from "./rule.ts";
import { orFailed, resultOf, type RuleResult, type Sight } from "./result.ts";
import type { Table } from "./schema.ts";
import { countBad, findBad, type Pass, type ScanOptions } from "./scan.ts";
import { tell } from "./tell.ts";
import { count } from "./words.ts";

export async function judgePass(ctx: Context, session: Session, sight: Sight, pass: Pass): Promise<readonly RuleResult[]> {
  const [only] = pass.rules;
  if (only && pass.rules.length === 1) return [await judgeRule(ctx, session, sight, pass.table, only)];
  const started = ctx.clock.now();
  const name = pass.rules.map((rule) => rule.name).join(", ");
  const counts = await orFailed({ name }, () => session.transaction((inner) => countBad(inner, pass, optionsOf(sight, pass.table))));
  const durationMs = ctx.clock.now() - started;
  const results: RuleResult[] = [];
  for (const [i, rule] of pass.rules.entries()) {
    // Where one condition of a shared pass fails, each is asked alone, and the one that failed is told.
    const isBad = isFailure(counts) || (counts[i] ?? 0) > 0;
    results.push(isBad ? await judgeRule(ctx, session, sight, pass.table, rule) : resultOf(rule, [], durationMs));
  }
  return results;
}

function isFailure(counts: readonly number[] | readonly Finding[]): counts is readonly Finding[] {
  return typeof counts[0] === "object";
}

function optionsOf({ level, scope, tenants }: Sight, table: Table): ScanOptions {
  return { level, scope: scope?.of(table), tenant: scope === undefined ? tenants.get(table.oid) : undefined };
}

async function judgeRule(ctx: Context, session: Session, sight: Sight, table: Table, rule: RowRule): Promise<RuleResult> {
  const started = ctx.clock.now();
  const found = await orFailed(rule, () =>
    session.transaction((inner) => findBad(inner, sight.schema, table, rule, optionsOf(sight, table))),
  );
  const durationMs = ctx.clock.now() - started;
  if (!("count" in found)) return resultOf(rule, found, durationMs);
  const { count: violations, sampled } = found;
  return {
    rule: rule.name,
    category: rule.category,
    violations,
    sampled,
    durationMs,
    findings: violations === 0 ? [] : [tell(rule, found)],
  };
}

export async function judgeQuery(ctx: Context, session: Session, rule: QueryRule): Promise<RuleResult> {
  const started = ctx.clock.now();
  const asked = await orFailed(rule, () => session.transaction((inner) => askQuery(inner, rule)));
  const durationMs = ctx.clock.now() - started;
  if (!("violations" in asked)) return resultOf(rule, asked, durationMs);
  return { ...resultOf(rule, asked.findings, durationMs), violations: asked.violations };
}

/** Examples are the first rows as the query returns them. */
async function askQuery(session: Session, rule: QueryRule): Promise<Pick<RuleResult, "violations" | "findings">> {
  const { name, category, severity, message, hint, source } = rule;
  const { rows } = await session.query<{ n: number }>(sql`select count(*)::pg_catalog.float8 as n from (${badRows(rule)}) bad`);
  const violations = rows[0]?.n ?? 0;
  if (violations === 0) return { violations, findings: [] };
  const { rows: examples } = await session.query<Record<string, unknown>>(sql`${badRows(rule)} limit 5`);
  const facts = { rule: name, category, count: violations, examples, file: source.file, line: source.line };
  return { violations, findings: [finding(severity, "CHECK_QUERY", name, `returns ${count(violations, "row")}: ${message}`, hint, facts)] };
}
