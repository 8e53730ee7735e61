/** Executing an approved plan: the run's row in the ledger, the steps, and the record of a failure. */
import { applyPlan } from "./apply.ts";
import type { Session } from "./engine.ts";
import { asStewardError, type StewardError } from "./errors.ts";
import type { Finding } from "./finding.ts";
import { beginRun, failRun, finishRun } from "./ledger.ts";
import { watchBlockers } from "./lock.ts";
import type { ChangingOperation, Context, RunOptions } from "./operation.ts";
import type { Plan, Step } from "./plan.ts";
import { sql } from "./sql.ts";

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
  const told = applied.error && (await failed(ctx, operation.name, session, plan, { ...applied, error: applied.error, runId }));
  if (told) throw told;
  if (!applied.error) await finish(ctx, operation.name, session, plan, runId);
  return [...plan.findings, ...((await plan.verify?.(session)) ?? [])];
}

interface Failed {
  readonly error: StewardError;
  readonly done: number;
  readonly runId: bigint;
}

/**
 * Records a failure, after a lost connection from a new session, which also tells how far it really came: undefined
 * where all of it was done and only the answer was lost.
 */
async function failed(ctx: Context, name: string, session: Session, plan: Plan, failure: Failed): Promise<StewardError | undefined> {
  const { error, runId } = failure;
  const lost = error.code === "ENGINE_CONNECTION_LOST";
  let done = failure.done;
  let known = !lost;
  const tell = (): void => void Object.assign(error, whatIsLeft(error, plan, done, known));
  try {
    await onLiveSession(ctx, name, session, lost, async (live) => {
      if (lost) done = Math.max(done, (await plan.done?.(live, runId)) ?? 0);
      known ||= plan.done !== undefined;
      if (done === plan.steps.length) return finishRun(live, runId, done);
      tell();
      await plan.failed?.(live, { step: plan.steps[done] as Step, error, runId });
      await failRun(live, runId, done, error, error.database);
    });
    if (done === plan.steps.length) return undefined;
  } catch {
    // The failure itself must be told, not that it could not be recorded: the server may be what failed.
    tell();
  }
  return error;
}

/** What the error says of the database. Where the connection is gone and nobody could be asked, several steps may have been under way. */
function whatIsLeft(error: StewardError, { steps }: Plan, done: number, known: boolean): Partial<StewardError> {
  const step = steps[done];
  const sentTogether = !known && steps[done + 1] !== undefined && step?.script !== undefined;
  const halfway = (step?.part?.index ?? 0) > 0 || error.database === "partly changed";
  // An interrupted step cleans up behind itself; one that lost its connection cannot.
  const leaves = error.code === "INTERRUPTED" ? halfway : halfway || sentTogether || step?.transaction !== "own";
  const cut = error.code === "ENGINE_CONNECTION_LOST" || error.code === "INTERRUPTED";
  const untouched = cut ? "rolled back" : error.database;
  const state = (cut ? leaves : halfway) ? "partly changed" : untouched;
  const before = steps.length > 1 ? `${known ? "" : "at least "}${done} of ${steps.length} steps were applied before it` : undefined;
  return {
    detail: [error.detail, before].filter(Boolean).join("\n") || undefined,
    database: state,
    exit: state === "partly changed" ? 7 : error.exit,
    data: { ...error.data, stepsDone: done, stepsTotal: steps.length },
  };
}

/** Ends the run's row. All is applied by now: a connection that is lost here takes nothing back. */
async function finish(ctx: Context, name: string, session: Session, { steps }: Plan, runId: bigint): Promise<void> {
  try {
    await finishRun(session, runId, steps.length);
  } catch (thrown) {
    const error = asStewardError(thrown);
    if (error.code !== "ENGINE_CONNECTION_LOST") throw error;
    await onLiveSession(ctx, name, session, true, (live) => finishRun(live, runId, steps.length)).catch(() => {
      ctx.events({ type: "note", level: "warning", message: "all is applied, but the connection was lost before the ledger said so" });
    });
  }
}

/** The session, or a new one where it is lost. */
async function onLiveSession<T>(
  ctx: Context,
  name: string,
  session: Session,
  lost: boolean,
  work: (live: Session) => Promise<T>,
): Promise<T> {
  if (!lost) return work(session);
  const live = await (await ctx.engine()).session({ room: name.split(" ")[0] ?? "core" });
  try {
    await endBackend(live, session.pid);
    return await work(live);
  } finally {
    await live.close();
  }
}

/** Where the network was cut, the server still works on the last message and may commit it after we have looked. */
async function endBackend(live: Session, pid: number): Promise<void> {
  await live.query(sql`
    select pg_catalog.pg_terminate_backend(a.pid, 5000) from pg_catalog.pg_stat_activity a
    where a.pid = ${pid} and a.datname = current_database() and a.application_name like 'pgsteward%'`);
}
