/** `seed run`: runs the seeders of a profile, each whole or not at all. */
import { finding, type Finding } from "../core/finding.ts";
import { type Environment, environments } from "../core/guard.ts";
import type { ChangingOperation, Context } from "../core/operation.ts";
import { type Plan, plan, type Step } from "../core/plan.ts";
import { failure } from "../core/errors.ts";
import { choose } from "./choose.ts";
import { seedErrors } from "./errors.ts";
import { look, type Standing, type View } from "./look.ts";
import { markSteps } from "./mark.ts";
import { type SeederOutcome, seederStep } from "./step.ts";
import { count, list } from "./words.ts";

export interface RunOptions {
  /** The profile, or a category. Default: the database's environment. */
  profile?: string | undefined;
  /** Categories or names of seeders. Default: all of the profile. */
  only?: string[] | undefined;
  /** Only the data that nothing works without. Default false. */
  minimal?: boolean | undefined;
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
    });
  },
  examples: ["pgsteward seed run", "pgsteward seed run production", "pgsteward seed run development --only plans"],
  plan: async (ctx, options) => planRun(ctx, await look(ctx), options),
};

/** The plan of a run. */
export async function planRun(ctx: Context, view: View, options: RunOptions): Promise<Plan<RunResult>> {
  const { profile, files } = choose(view.files, options, ctx.target.environment);
  const chosen = view.standings.filter(({ file }) => file && files.includes(file));
  refuseDrifted(chosen);
  const skipped = chosen.filter(({ state, file }) => state === "applied" && file?.repeatable === false);
  const due = chosen.filter((standing) => !skipped.includes(standing));
  const outcomes: SeederOutcome[] = [];
  const facts = { profile, minimal: options.minimal ?? false };
  const steps: readonly Step[] = due.flatMap(({ file }) => (file ? [seederStep(ctx, file, facts, outcomes)] : []));
  return plan({
    title: `run ${count(steps.length, "seeder")} (${profile})`,
    steps: steps.length === 0 ? [] : [...(await markSteps(ctx)), ...steps],
    findings: [],
    result: { profile, seeders: outcomes, skipped: skipped.map(({ name }) => name) },
    verify: () => Promise.resolve(unrecordedFindings(outcomes)),
  });
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
