/** `check run`: every rule against one instant of the database. */
import type { z } from "zod";
import type { Finding, Report } from "../core/finding.ts";
import type { Context, JudgingOperation } from "../core/operation.ts";
import { applyBaseline, type Acknowledged, readBaseline } from "./baseline.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { categories, type Category, type Level } from "./rule.ts";
import type { Ran } from "./runner.ts";

export interface CheckOptions {
  /** Default `default`. */
  level?: Level | undefined;
  /** The catalog, and a sample of each large table: seconds. */
  quick?: boolean | undefined;
  /** Pages of tables and indexes too, orphans without trusting an index, fingerprints. */
  deep?: boolean | undefined;
  /** These categories. Default: all. */
  only?: string[] | undefined;
  /** Only rows of this tenant. */
  tenant?: string | undefined;
  /** Only tables of these schemas. Default: all. */
  schema?: string[] | undefined;
  /** Warnings make the answer no, too. Default false. */
  strict?: boolean | undefined;
  /** Sessions at work at the same time, on an engine that has several. Default 2. */
  sessions?: number | undefined;
}

export interface RunOptions extends CheckOptions {
  /** Keeps the result in the ledger, for `check trend`. Default false. */
  record?: boolean | undefined;
  /** Prints the detailed report, as Markdown. Default false. */
  report?: boolean | undefined;
}

export interface CheckResult {
  readonly level: Level;
  readonly tenant: string | null;
  /** The instant that was looked at. */
  readonly at: string;
  readonly durationMs: number;
  readonly rules: readonly RuleSummary[];
  /** Rules that could not look, and why. */
  readonly skipped: readonly { readonly rule: string; readonly reason: string }[];
  /** Of each table, in a deep run. */
  readonly fingerprints: readonly Fingerprint[];
  /** The document that was asked for. */
  readonly output?: string;
}

export interface RuleSummary {
  readonly rule: string;
  readonly category: Category;
  readonly violations: number;
  /** Only a part of the table was looked at: at least so many. */
  readonly sampled: boolean;
  readonly durationMs: number;
}

export const run: JudgingOperation<RunOptions, CheckResult> = {
  kind: "judge",
  name: "check run",
  summary: "look for orphans, broken rules, inconsistent figures, gaps in security, slow and corrupt spots",
  risk: "reads",
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      ...(await checkInput()),
      record: z.boolean().optional().describe("keep the result in the ledger, for `check trend`"),
      report: z.boolean().optional().describe("print the detailed report, as Markdown"),
    });
  },
  examples: [
    "pgsteward check run",
    "pgsteward check run --quick",
    "pgsteward check run --deep --strict",
    "pgsteward check run --only orphans,rules",
  ],
  async report(ctx, { record = false, report = false, ...options }): Promise<Report<CheckResult>> {
    const { ran, ...answer } = await judge(ctx, options);
    if (record) await (await import("./record.ts")).record(ctx, ran, answer.data.level);
    if (!report) return answer;
    const { documentOf } = await import("./formats/formats.ts");
    return {
      ...answer,
      data: { ...answer.data, output: await documentOf("md", { ...answer, target: ctx.target, root: ctx.config.root }) },
    };
  },
};

type Shape = { readonly [K in keyof CheckOptions]-?: z.ZodType<CheckOptions[K]> };

/** The inputs of every operation that runs checks. */
export async function checkInput(): Promise<Shape> {
  const { z } = await import("zod");
  return {
    level: z.enum(["quick", "default", "deep"]).optional().describe("how thorough (default: default)"),
    quick: z.boolean().optional().describe("the catalog, and a sample of each large table: seconds"),
    deep: z.boolean().optional().describe("pages of tables and indexes too, orphans without trusting an index, fingerprints"),
    only: z
      .array(z.string())
      .optional()
      .describe(`these categories (default: all): ${categories.join(", ")}`),
    tenant: z.string().optional().describe("only rows of this tenant"),
    schema: z.array(z.string()).optional().describe("only tables of these schemas (default: all)"),
    strict: z.boolean().optional().describe("warnings make the answer no, too"),
    sessions: z.coerce.number().int().min(1).max(16).optional().describe("sessions at work at the same time (default 2)"),
  };
}

export interface Judgement extends Report<CheckResult> {
  readonly ran: Ran;
  readonly baseline: readonly Acknowledged[];
}

/** Runs the rules and holds what they find against the baseline. */
export async function judge(ctx: Context, options: CheckOptions): Promise<Judgement> {
  const { only = [], tenant, schema: schemas = [], strict = false, sessions = 2 } = options;
  const level = levelOf(options);
  const started = ctx.clock.now();
  const baseline = await readBaseline(ctx.config);
  const { runChecks } = await import("./runner.ts");
  const ran = await runChecks(ctx, { level, only, tenant, schemas, sessions });
  const today = new Date(ctx.clock.now()).toISOString().slice(0, 10);
  const findings = applyBaseline(ran.results, baseline, today).toSorted(bySeverity);
  const data: CheckResult = {
    level,
    tenant: tenant ?? null,
    at: ran.at.toISOString(),
    durationMs: ctx.clock.now() - started,
    rules: ran.results.map(({ rule, category, violations, sampled, durationMs }) => ({ rule, category, violations, sampled, durationMs })),
    skipped: ran.skipped,
    fingerprints: ran.fingerprints,
  };
  return {
    ok: !findings.some(({ severity }) => severity === "error" || (strict && severity === "warning")),
    findings,
    data,
    ran,
    baseline,
  };
}

function levelOf({ level, quick, deep }: CheckOptions): Level {
  if (level !== undefined) return level;
  return deep ? "deep" : quick ? "quick" : "default";
}

const weights = { error: 0, warning: 1, info: 2 } as const;

function bySeverity(a: Finding, b: Finding): number {
  return weights[a.severity] - weights[b.severity];
}
