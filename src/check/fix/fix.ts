/** `check fix`: wrong rows into quarantine, or set right; `check undo` brings back what was there. */
import { failure } from "../../core/errors.ts";
import { finding } from "../../core/finding.ts";
import type { ChangingOperation, Context } from "../../core/operation.ts";
import { plan, type Plan } from "../../core/plan.ts";
import { checkErrors } from "../errors.ts";
import type { RowRule } from "../rule.ts";
import type { FixResult } from "./plan-fix.ts";

export interface FixOptions {
  /** Only these rules or categories, whatever their severity. Default: those that are errors. */
  readonly only?: readonly string[] | undefined;
  /** Not these rules or categories. Default: none. */
  readonly except?: readonly string[] | undefined;
  /** Rules that are warnings too. Default false. */
  readonly all?: boolean | undefined;
  /** Largest share of a table that a rule may touch, 0 to 1. Default: what the rule declares, else 0.01. */
  readonly maxShare?: number | undefined;
  /** Rows of a table that a rule may touch whatever their share. Default 1. */
  readonly maxRows?: number | undefined;
  /** Switch the triggers of the tables off for the transaction. Default false. */
  readonly withoutTriggers?: boolean | undefined;
  /** Also write a migration that keeps it from coming back. Default false. */
  readonly permanent?: boolean | undefined;
}

export const fix: ChangingOperation<FixOptions, FixResult> = {
  kind: "change",
  name: "check fix",
  summary: "move wrong rows into quarantine, or set them right; it can be undone",
  risk: "changes",
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      only: z.array(z.string()).optional().describe("only these rules or categories, whatever their severity"),
      except: z.array(z.string()).optional().describe("not these rules or categories"),
      all: z.boolean().optional().describe("rules that are warnings too (default: errors)"),
      maxShare: z.coerce.number().min(0).max(1).optional().describe("largest share of a table that a rule may touch (default: 0.01)"),
      maxRows: z.coerce.number().int().min(0).optional().describe("rows of a table that it may touch whatever their share (default: 1)"),
      withoutTriggers: z.boolean().optional().describe("switch the tables' triggers off for the transaction"),
      permanent: z.boolean().optional().describe("also write a migration that keeps it from coming back"),
    });
  },
  examples: [
    "pgsteward check fix --dry-run",
    "pgsteward check fix --only wallets.negative_balance",
    "pgsteward check fix --except wallets.negative_balance",
    "pgsteward check fix --all --max-share 0.05",
    "pgsteward check fix --permanent",
  ],
  async plan(ctx, options) {
    const session = await ctx.session();
    const { rulesOf } = await import("./rules-of.ts");
    const { fixPlan } = await import("./plan-fix.ts");
    const rules = chosenRules(await rulesOf(ctx), options);
    const { lockTimeoutMs, statementTimeoutMs } = ctx.config;
    const without = (names: readonly string[]): string => commandOf({ ...options, except: [...(options.except ?? []), ...names] });
    const planned = await fixPlan(session, rules, { ...options, lockTimeoutMs, statementTimeoutMs, without });
    const { withRowConstraint } = await import("./row-constraint.ts");
    const own: RowRule[] = [];
    for (const rule of concerned(rules, planned, options)) own.push(await withRowConstraint(session, rule));
    return options.permanent === true ? withMigration(ctx, own, planned) : withAdvice(own, planned);
  },
};

/** Errors: CHECK_FIX_UNKNOWN_RULE. */
function chosenRules(rules: readonly RowRule[], options: FixOptions): readonly RowRule[] {
  const { all = false } = options;
  const named = ({ name, category }: RowRule, wanted: string): boolean => name === wanted || category === wanted;
  const isKnown = (wanted: string): boolean => rules.some((rule) => named(rule, wanted));
  // `--only orphans,rules`, as `check run` takes it; the name of a rule may have a comma.
  const listed = (wanted: string): readonly string[] => (isKnown(wanted) ? [wanted] : wanted.split(",").map((one) => one.trim()));
  const only = options.only?.flatMap(listed);
  const except = (options.except ?? []).flatMap(listed);
  const unknown = [...(only ?? []), ...except].find((wanted) => !isKnown(wanted));
  if (unknown !== undefined) throw failure(checkErrors, "CHECK_FIX_UNKNOWN_RULE", { rule: unknown });
  return rules.filter((rule) => {
    if (except.some((other) => named(rule, other))) return false;
    if (only !== undefined) return only.some((wanted) => named(rule, wanted));
    return rule.severity === "error" || (all && rule.severity === "warning");
  });
}

/** The command as a person would type it. */
function commandOf({ only = [], except = [], all, maxShare, maxRows, withoutTriggers, permanent }: FixOptions): string {
  const words = [
    ...only.map((one) => `--only ${quoted(one)}`),
    ...except.map((one) => `--except ${quoted(one)}`),
    all === true ? "--all" : "",
    maxShare === undefined ? "" : `--max-share ${maxShare}`,
    maxRows === undefined ? "" : `--max-rows ${maxRows}`,
    withoutTriggers === true ? "--without-triggers" : "",
    permanent === true ? "--permanent" : "",
  ];
  return ["pgsteward check fix", ...words.filter(Boolean)].join(" ");
}

/** For a shell. */
function quoted(word: string): string {
  return /^[\w./:+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Rules that this plan fixes; a rule that is asked for by its name counts also where no row breaks it any more. */
function concerned(rules: readonly RowRule[], planned: Plan<FixResult>, { only = [] }: FixOptions): readonly RowRule[] {
  const fixed = new Set(planned.result.rows.map(({ rule }) => rule));
  const asked = new Set(only.flatMap((wanted) => [wanted, ...wanted.split(",").map((one) => one.trim())]));
  return rules.filter(({ name }) => fixed.has(name) || asked.has(name));
}

/** What keeps it from coming back, told beside the fix. */
function withAdvice(rules: readonly RowRule[], planned: Plan<FixResult>): Plan<FixResult> {
  const advice = rules.flatMap(({ name, permanent }) => {
    if (!permanent) return [];
    const hint = "--permanent writes the migration";
    return [finding("info", "CHECK_FIX_PERMANENT", name, `can come back; for good: ${permanent.title}`, hint)];
  });
  return { ...planned, findings: [...planned.findings, ...advice] };
}

/** A last step that writes the file: a dry run prints what will be in it. */
async function withMigration(ctx: Context, rules: readonly RowRule[], planned: Plan<FixResult>): Promise<Plan<FixResult>> {
  const { lastingFix } = await import("./permanent.ts");
  const { steps, findings } = await lastingFix(ctx, rules, planned.result);
  return plan({ ...planned, steps: [...planned.steps, ...steps], findings: [...planned.findings, ...findings] });
}
