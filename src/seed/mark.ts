/** `seed mark`: the environment that the database itself says it is. */
import { readMark, writeMark } from "../core/environment.ts";
import { type Environment, environments } from "../core/guard.ts";
import type { ChangingOperation, Context } from "../core/operation.ts";
import { plan, type Step } from "../core/plan.ts";

export interface MarkOptions {
  environment?: Environment | undefined;
}

export interface MarkResult {
  readonly environment: Environment;
  /** What it said before; null where it said nothing. */
  readonly before: Environment | null;
}

export const mark: ChangingOperation<MarkOptions, MarkResult> = {
  kind: "change",
  name: "seed mark",
  summary: "write into the database which environment it is",
  risk: "changes",
  requires: ["environment"],
  positional: ["environment"],
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({ environment: z.enum(environments).describe("what the database is to say of itself") });
  },
  examples: ["pgsteward seed mark production", "pgsteward seed mark staging --confirm shop"],
  async plan(ctx, { environment = "development" }) {
    const found = await readMark(await ctx.session());
    const before = found?.binding ? found.environment : null;
    return plan({
      title: `mark the database as ${environment}`,
      steps: before === environment ? [] : [markStep(ctx, environment)],
      findings: [],
      // To take the protection away from a database is as dangerous as what it protects from.
      risk: before === "production" ? "destroys" : "changes",
      result: { environment, before },
    });
  },
};

/** The step that marks a database which has no mark of its own yet; none where it has. */
export async function markSteps(ctx: Context): Promise<readonly Step[]> {
  const found = await readMark(await ctx.session());
  return found?.binding ? [] : [markStep(ctx, ctx.target.environment)];
}

function markStep(ctx: Context, environment: Environment): Step {
  return {
    title: `mark the database as ${environment}`,
    transaction: "own",
    run: async (session) => {
      const { actor } = await ctx.who();
      await session.transaction(() => writeMark(session, environment, actor));
    },
  };
}
