/** Executing an approved plan: the run's row in the ledger, the steps, and the record of a failure. */
import { applyPlan } from "./apply.ts";
import type { Session } from "./engine.ts";
import type { StewardError } from "./errors.ts";
import type { Finding } from "./finding.ts";
import { beginRun, failRun, finishRun } from "./ledger.ts";
import { watchBlockers } from "./lock.ts";
import type { ChangingOperation, Context, RunOptions } from "./operation.ts";
import type { Plan, StepFailure } from "./plan.ts";

/** Applies a plan under the lock and records it in the ledger; throws the failure, with what it left behind. */
export async function execute<I, R>(
  operation: ChangingOperation<I, R>,
  ctx: Context,
  input: I,
  session: Session,
  plan: Plan<R>,
  options: RunOptions,
): Promise<readonly Finding[]> {
  const { target, config } = ctx;
  const { actor, host } = await ctx.who();
  const runId = await beginRun(session, {
    operation: operation.name,
    input,
    planHash: plan.hash,
    environment: target.environment,
    actor,
    host,
    stepsTotal: plan.steps.length,
  });
  const applied = await applyPlan(session, plan, {
    clock: ctx.clock,
    events: ctx.events,
    signal: ctx.signal,
    retries: config.lockRetries,
    batchBytes: config.migrate.batchBytes,
    watch: async () => watchBlockers(await ctx.engine(), session.pid, ctx.clock),
    afterStep: options.afterStep,
  });
  if (applied.error && applied.step)
    throw await failed(operation, ctx, input, plan, { ...applied, error: applied.error, step: applied.step, runId });
  await finishRun(session, runId, applied.done);
  return [...plan.findings, ...((await plan.verify?.(session)) ?? [])];
}

interface Failed extends StepFailure {
  readonly done: number;
}

/** Records a failure; after a lost connection from a new session, which also tells how far it really came. */
async function failed<I, R>(
  operation: ChangingOperation<I, R>,
  ctx: Context,
  input: I,
  plan: Plan<R>,
  failure: Failed,
): Promise<StewardError> {
  const { error, step, runId } = failure;
  const lost = error.code === "ENGINE_CONNECTION_LOST";
  let done = failure.done;
  try {
    const session = lost ? await (await ctx.engine()).session({ room: operation.name.split(" ")[0] ?? "core" }) : await ctx.session();
    if (lost) done = plan.steps.length - (await operation.plan({ ...ctx, session: () => Promise.resolve(session) }, input)).steps.length;
    await plan.failed?.(session, { step, error, runId });
    await failRun(session, runId, done, error, error.database);
    if (lost) await session.close();
  } catch {
    // The failure itself must be told, not that it could not be recorded: the server may be what failed.
  }
  const before = plan.steps.length > 1 ? `${done} of ${plan.steps.length} steps were applied before it` : undefined;
  const detail = [error.detail, before].filter(Boolean).join("\n") || undefined;
  const state = lost ? (step.transaction === "own" ? "rolled back" : "partly changed") : error.database;
  return Object.assign(error, {
    detail,
    database: state,
    exit: state === "partly changed" ? 7 : error.exit,
    data: { ...error.data, stepsDone: done, stepsTotal: plan.steps.length },
  });
}
