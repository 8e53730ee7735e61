/** Keeps what a run found in the ledger, a row for each rule: what `check trend` shows. */
import { ensureLedger } from "../core/ledger.ts";
import { withLock } from "../core/lock.ts";
import type { Context } from "../core/operation.ts";
import { sql } from "../core/sql.ts";
import type { Level } from "./rule.ts";
import type { Ran } from "./runner.ts";
import type { RuleResult } from "./result.ts";

/** After the snapshot, which is read-only. Makes the ledger where there is none. */
export async function record(ctx: Context, { at, results }: Ran, level: Level): Promise<void> {
  const session = await ctx.session();
  const { config, clock, events, signal } = ctx;
  await withLock(session, "schema", { waitMs: config.lockWaitMs, clock, events, signal }, () => ensureLedger(session));
  const key = `${at.toISOString()} ${clock.random().toString(36).slice(2, 8)}`;
  await session.query(sql`
    insert into pgsteward.check_result (run_key, level, rule, category, severity, object, violations, checked_at)
    select ${key}, ${level}, r.rule, r.category, r.severity, r.object, r.violations, ${at}
    from unnest(${results.map(({ rule }) => rule)}::text[], ${results.map(({ category }) => category)}::text[],
      ${results.map(severityOf)}::text[], ${results.map(objectOf)}::text[], ${results.map(({ violations }) => violations)}::bigint[])
      as r (rule, category, severity, object, violations)`);
}

/** Of the worst finding; a rule that found nothing has none. */
function severityOf({ findings }: RuleResult): string {
  return ["error", "warning", "info"].find((severity) => findings.some((found) => found.severity === severity)) ?? "none";
}

function objectOf({ findings }: RuleResult): string {
  return findings.map(({ object = "" }) => object).join(", ");
}
