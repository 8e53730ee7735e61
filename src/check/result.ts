/** What a rule answers, and what becomes of one that cannot. */
import { asStewardError, sqlstate } from "../core/errors.ts";
import { type Finding, finding } from "../core/finding.ts";
import type { Category, Level, Rule } from "./rule.ts";
import type { Schema } from "./schema.ts";
import type { Scope } from "./scope.ts";
import type { Tenants } from "./tenants.ts";

/** What one rule found. */
export interface RuleResult {
  readonly rule: string;
  readonly category: Category;
  /** Bad rows, or bad objects; of a sample at least so many. */
  readonly violations: number;
  readonly sampled: boolean;
  /** Of a pass that rules shared, all of it. */
  readonly durationMs: number;
  readonly findings: readonly Finding[];
}

/** What rules are asked with. */
export interface Sight {
  readonly schema: Schema;
  readonly tenants: Tenants;
  readonly scope: Scope | undefined;
  readonly level: Level;
}

export function resultOf(
  { name, category }: Pick<Rule, "name" | "category">,
  findings: readonly Finding[],
  durationMs: number,
): RuleResult {
  const told = findings.map((found) => ({ ...found, facts: { rule: name, category, ...found.facts } }));
  return { rule: name, category, violations: findings.length, sampled: false, durationMs, findings: told };
}

/** By sqlstate: lock_not_available, insufficient_privilege. */
const waysOut: Readonly<Record<string, string>> = {
  "55P03": "run it again when the migration has ended that holds the table",
  "42501": "run it as a role that may do this",
};

/** A rule that cannot be computed is a finding: silence would mean that all is well. A lost connection ends the run. */
export async function orFailed<T>(rule: Pick<Rule, "name">, work: () => Promise<T>): Promise<T | readonly Finding[]> {
  try {
    return await work();
  } catch (thrown) {
    const { message, hint } = asStewardError(thrown);
    const state = sqlstate(thrown);
    // query_canceled is Ctrl-C.
    if (state === undefined || state === "57014" || /^(08|57P)/.test(state)) throw thrown;
    return [
      finding(
        "error",
        "CHECK_FAILED",
        rule.name,
        `could not be answered: ${message}`,
        hint ?? waysOut[state] ?? "correct what it computes",
        {
          sqlstate: state,
        },
      ),
    ];
  }
}
