/** `check trend`: how often each rule was broken in the runs that were recorded. */
import { isLedgerAbsent } from "../core/ledger.ts";
import type { Session } from "../core/engine.ts";
import type { JudgingOperation } from "../core/operation.ts";
import { sql } from "../core/sql.ts";
import type { Level } from "./rule.ts";

export interface TrendOptions {
  /** How many runs, the latest ones. Default 10. */
  last?: number | undefined;
  /** Rules that were never broken, too. Default false. */
  all?: boolean | undefined;
}

export interface TrendResult {
  /** From the earliest to the latest. */
  readonly runs: readonly { readonly at: string; readonly level: Level }[];
  readonly rules: readonly RuleTrend[];
}

export interface RuleTrend {
  readonly rule: string;
  readonly category: string;
  /** In the order of the runs; null where the rule was not asked. */
  readonly violations: readonly (number | null)[];
  /** The last answer against the one before. */
  readonly direction: "up" | "down" | "same" | "new";
}

export const trend: JudgingOperation<TrendOptions, TrendResult> = {
  kind: "judge",
  name: "check trend",
  summary: "show how often each rule was broken in the recorded runs",
  risk: "reads",
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      last: z.coerce.number().int().positive().optional().describe("how many runs (default 10)"),
      all: z.boolean().optional().describe("rules that were never broken, too"),
    });
  },
  examples: ["pgsteward check trend", "pgsteward check trend --last 30 --all"],
  async report(ctx, { last = 10, all = false }) {
    const rows = await readRows(await ctx.session(), last);
    const keys = [...new Set(rows.map(({ run }) => run))];
    const runs = keys.flatMap((key) => rows.find(({ run }) => run === key) ?? []).map(({ at, level }) => ({ at: at.toISOString(), level }));
    const byRule = [...Map.groupBy(rows, ({ rule }) => rule).values()];
    const rules = byRule.map((own) => trendOf(keys, own)).filter(({ violations }) => all || violations.some((n) => n !== null && n > 0));
    return { ok: true, findings: [], data: { runs, rules } };
  },
};

interface RecordedRow {
  readonly run: string;
  readonly level: Level;
  readonly rule: string;
  readonly category: string;
  readonly violations: number;
  readonly at: Date;
}

/** A database without a ledger has recorded nothing. */
async function readRows(session: Session, last: number): Promise<readonly RecordedRow[]> {
  try {
    const { rows } = await session.query<RecordedRow>(sql`
      select r.run_key as run, r.level, r.rule, r.category, r.violations::pg_catalog.float8 as violations, r.checked_at as at
      from pgsteward.check_result r
      where r.run_key in (
        select k.run_key from pgsteward.check_result k group by k.run_key order by max(k.checked_at) desc limit ${last})
      order by r.checked_at, r.run_key, r.id`);
    return rows;
  } catch (error) {
    if (isLedgerAbsent(error)) return [];
    throw error;
  }
}

function trendOf(keys: readonly string[], own: readonly RecordedRow[]): RuleTrend {
  const violations = keys.map((key) => own.find(({ run }) => run === key)?.violations ?? null);
  const [before, now] = violations.filter((n) => n !== null).slice(-2);
  const { rule = "", category = "" } = own[0] ?? {};
  return { rule, category, violations, direction: directionOf(before, now) };
}

function directionOf(before: number | undefined, now: number | undefined): RuleTrend["direction"] {
  if (before === undefined || now === undefined) return "new";
  return now > before ? "up" : now < before ? "down" : "same";
}
