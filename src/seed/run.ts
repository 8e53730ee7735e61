/** `seed run`: runs the seeders of a profile, each whole or not at all. */
import { finding, type Finding } from "../core/finding.ts";
import { type Environment, environmentNamed, environments } from "../core/guard.ts";
import type { ChangingOperation, Context } from "../core/operation.ts";
import { type Plan, plan, type Step } from "../core/plan.ts";
import { failure } from "../core/errors.ts";
import { choose } from "./choose.ts";
import { seedErrors } from "./errors.ts";
import { look, type Standing, type View } from "./look.ts";
import { markSteps } from "./mark.ts";
import type { SeederFile } from "./file.ts";
import { type SeederOutcome, seederStep } from "./step.ts";
import { planTakeBack, readRuns, type TakeBackPlan } from "./undo.ts";
import { validateStep } from "./validate.ts";
import { count, list } from "./words.ts";

export interface RunOptions {
  /** The profile, or a category. Default: the database's environment. */
  profile?: string | undefined;
  /** Categories or names of seeders. Default: all of the profile. */
  only?: string[] | undefined;
  /** Only the data that nothing works without. Default false. */
  minimal?: boolean | undefined;
  /** Take back what earlier runs made, then run. Default false. */
  clean?: boolean | undefined;
  /** With `clean`: take rows back that were changed since. Default false. */
  force?: boolean | undefined;
  /** Afterwards look whether rows are there, foreign keys hold and the seeders' own checks are content. Default false. */
  validate?: boolean | undefined;
}

export interface RunResult {
  readonly profile: Environment;
  /** In the order in which they ran; filled as they run. */
  readonly seeders: readonly SeederOutcome[];
  /** Seeders with SQL of their own that have run before and are not changed. */
  readonly skipped: readonly string[];
}

export const run: ChangingOperation<RunOptions, RunResult> = {
  kind: "change",
  name: "seed run",
  summary: "run the seeders of a profile",
  risk: "changes",
  positional: ["profile"],
  rest: "only",
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      profile: z
        .string()
        .optional()
        .describe(`${environments.join(", ")}, or a category (default: the database's environment)`),
      only: z.array(z.string()).optional().describe("only this category or seeder; may be given several times"),
      minimal: z.boolean().optional().describe("only the data that nothing works without"),
      clean: z.boolean().optional().describe("take back the rows that earlier runs made, then run"),
      force: z.boolean().optional().describe("with --clean: take rows back that were changed since"),
      validate: z.boolean().optional().describe("afterwards check rows, foreign keys and what the seeders check themselves"),
    });
  },
  examples: [
    "pgsteward seed run",
    "pgsteward seed run production",
    "pgsteward seed run plans",
    "pgsteward seed run staging --clean --validate",
  ],
  plan: async (ctx, options) => planRun(ctx, await look(ctx), options),
};

/** The plan of a run; `fresh`: on tables that an earlier step empties. */
export async function planRun(ctx: Context, view: View, options: RunOptions, fresh = false): Promise<Plan<RunResult>> {
  const { profile, files } = choose(view.files, options, ctx.target.environment);
  const chosen = view.standings.filter(({ file }) => file && files.includes(file));
  const taken = options.clean === true ? await planClean(ctx, options, files) : undefined;
  const anew = fresh || taken !== undefined;
  refuseDrifted(chosen);
  if (!anew) refuseReloading(chosen);
  const skipped = anew ? [] : chosen.filter((standing) => standing.state === "applied" && !isRepeatable(standing));
  const due = chosen.filter((standing) => !skipped.includes(standing));
  const outcomes: SeederOutcome[] = [];
  const found: Finding[] = [];
  const facts = { profile, minimal: options.minimal ?? false };
  const steps: readonly Step[] = [
    ...(taken?.steps ?? []),
    ...due.flatMap(({ file }) => (file ? [seederStep(ctx, file, facts, outcomes)] : [])),
    ...(options.validate === true ? [validateStep(ctx, files, profile, found)] : []),
  ];
  return plan({
    title: `run ${count(due.length, "seeder")} (${profile})`,
    steps: steps.length === 0 ? [] : [...(await markSteps(ctx)), ...steps],
    findings: [...(taken?.findings ?? []), ...(anew ? [] : againFindings(due))],
    risk: (taken?.steps.length ?? 0) > 0 ? "destroys" : "changes",
    result: { profile, seeders: outcomes, skipped: skipped.map(({ name }) => name) },
    verify: async () => [...((await taken?.verify()) ?? []), ...unrecordedFindings(outcomes), ...found],
  });
}

/** What all earlier runs made; of some seeders, where only some are wanted. */
async function planClean(ctx: Context, options: RunOptions, files: readonly SeederFile[]): Promise<TakeBackPlan> {
  const runs = await readRuns(await ctx.session());
  const all = (options.only ?? []).length === 0 && (options.profile === undefined || environmentNamed(options.profile) !== undefined);
  const chosen = all ? runs : runs.filter(({ seeder }) => files.some(({ name }) => name === seeder));
  return planTakeBack(ctx, chosen, options.force ?? false);
}

/** False where a second run of the same content could write rows twice: SQL of its own, and data without a key. */
function isRepeatable({ file, record }: Standing): boolean {
  if (file?.kind === "sql") return false;
  return file?.kind === "ts" || Object.values(record?.shape ?? {}).every(({ filled }) => filled !== null);
}

/** Data without a key that changed after it was loaded: nothing tells which rows are new. */
function refuseReloading(standings: readonly Standing[]): void {
  const again = standings.find((standing) => standing.state === "changed" && standing.file?.kind !== "sql" && !isRepeatable(standing));
  if (again) throw failure(seedErrors, "SEED_DATA_CHANGED", { name: again.name, path: again.file?.path });
}

/** What would write rows twice if its author did not think of it. */
function againFindings(standings: readonly Standing[]): readonly Finding[] {
  return standings
    .filter(({ state, file }) => state === "changed" && file?.kind === "sql")
    .map(({ name }) =>
      finding(
        "warning",
        "SEED_SQL_AGAIN",
        name,
        "changed and runs again: its statements have to bear that",
        "--clean takes back what it made before",
      ),
    );
}

function refuseDrifted(standings: readonly Standing[]): void {
  const drifted = standings.filter(({ state }) => state === "drifted");
  if (drifted.length === 0) return;
  const detail = drifted.flatMap(({ name, drift }) => drift.map((why) => `${name}: ${why}`)).join("\n");
  throw failure(seedErrors, "SEED_DRIFTED", { names: list(drifted.map(({ name }) => name)) }, { detail });
}

function unrecordedFindings(outcomes: readonly SeederOutcome[]): readonly Finding[] {
  return outcomes.flatMap(({ name, unrecorded }) =>
    unrecorded.map(({ table, inserted, updated, deleted }) => {
      const parts = Object.entries({ inserted, updated, deleted }).flatMap(([what, n]) => (n > 0 ? [`${count(n, "row")} ${what}`] : []));
      return finding(
        "info",
        "SEED_UNRECORDED",
        name,
        `changed ${table} beside its own rows, as triggers and functions do (${parts.join(", ")}): undo leaves that as it is`,
        `name ${table} in its tables to have inserts and updates recorded`,
        { table, inserted, updated, deleted },
      );
    }),
  );
}
