/**
 * The one way of a change through the house: plan (reads only) → guard → lock → plan again → apply step by step →
 * verify → ledger → result. What only a real change needs is loaded when there is one: most runs find nothing to do.
 */
import { failure } from "./errors.ts";
import type { Finding } from "./finding.ts";
import { guardErrors } from "./guard.ts";
import type { ChangingOperation, Context, Outcome, RunOptions } from "./operation.ts";
import type { Plan } from "./plan.ts";

/** Runs a changing operation on the context's database. */
export async function change<I, R>(
  operation: ChangingOperation<I, R>,
  ctx: Context,
  input: I,
  options: RunOptions = {},
): Promise<Outcome<R>> {
  const started = ctx.clock.now();
  const outcome = (plan: Plan<R>, applied: boolean, findings: readonly Finding[]): Outcome<R> => {
    return { plan, applied, result: plan.result, findings, durationMs: ctx.clock.now() - started };
  };
  const first = await operation.plan(ctx, input);
  refuseOther(operation.name, options.plan, first);
  if (options.dryRun || first.steps.length === 0) return outcome(first, false, first.findings);
  const { execute } = await import("./execute.ts");
  const { guard } = await import("./guard.ts");
  const { ensureLedger } = await import("./ledger.ts");
  const { withLock } = await import("./lock.ts");
  const { refuseUnderstated } = await import("./environment.ts");
  const session = await ctx.session();
  await refuseUnderstated(session, operation.name, ctx.target, ctx.events);
  await guard(operation.name, first.risk ?? operation.risk, ctx.target, first, options);
  const lock = { waitMs: ctx.config.lockWaitMs, clock: ctx.clock, events: ctx.events, signal: ctx.signal };
  return withLock(session, "schema", lock, async () => {
    await ensureLedger(session);
    const plan = await operation.plan(ctx, input);
    // Others may have done a part of it while we waited; what nobody has read must not run.
    if (!isPartOf(plan, first)) refuseOther(operation.name, first.hash, plan);
    if (plan.steps.length === 0) return outcome(plan, false, plan.findings);
    return outcome(plan, true, await execute(operation, ctx, input, session, plan, options));
  });
}

function refuseOther(operation: string, approved: string | undefined, { hash }: Plan): void {
  if (approved !== undefined && approved !== hash) throw failure(guardErrors, "GUARD_PLAN_CHANGED", { operation, approved, actual: hash });
}

function isPartOf(plan: Plan, approved: Plan): boolean {
  const known = new Set(approved.steps.map(({ title, sql }) => `${title}\0${sql}`));
  return plan.steps.every(({ title, sql }) => known.has(`${title}\0${sql}`));
}
