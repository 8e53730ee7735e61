/**
 * Operation: one verb of one room, declared once. The CLI command with its help, the library function and the page
 * under docs/reference/ come from the declaration. `perform` is the one way of every operation through the house:
 * input → plan (reads only) → guard → lock → plan again → apply step by step → verify → ledger → result.
 */
import type { z } from "zod";
import { type ApplyOptions, applyPlan } from "./apply.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import type { Engine, Session } from "./engine.ts";
import { coreErrors, failure, type StewardError } from "./errors.ts";
import type { Listener } from "./events.ts";
import type { Finding, Report } from "./finding.ts";
import { type Consent, guard, guardErrors, type Risk, type Target } from "./guard.ts";
import { beginRun, ensureLedger, failRun, finishRun } from "./ledger.ts";
import { watchBlockers, withLock } from "./lock.ts";
import type { Plan, StepFailure } from "./plan.ts";

/** What a room is given instead of the world: configuration, engine, events, time. */
export interface Context {
  readonly config: Config;
  readonly target: Target;
  readonly events: Listener;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** Who runs this and where, for the ledger. */
  readonly actor: string;
  readonly host: string;
  /** Opened at the first call. */
  engine(): Promise<Engine>;
  /** The session of this command, opened at the first call and closed with the command. */
  session(): Promise<Session>;
  /** Refuses a pooler that hands every transaction to another backend; costs nothing on a direct connection. */
  requireSession(): Promise<void>;
  /** A fresh, empty database to try things on, with these extensions at hand. */
  scratch(extensions: readonly string[]): Promise<Scratch>;
}

export interface Scratch {
  readonly session: Session;
  /** Extensions that no engine here offers: what the scratch database therefore could not show. */
  readonly missing: readonly string[];
  /** Where it is, in words. */
  readonly where: string;
  close(): Promise<void>;
}

interface Declaration<I> {
  /** `migrate up`: room and verb. */
  readonly name: string;
  /** One line for help and docs: starts with a verb, no full stop. */
  readonly summary: string;
  readonly risk: Risk;
  /**
   * The input's schema, loaded when there is an input to validate or to describe: importing zod costs 45 ms CPU, twice
   * a connection and a query (decision 0003). Every input of an operation may be left out.
   */
  readonly input?: () => Promise<z.ZodType<I>>;
  /** Inputs that the command line takes by position, in this order. */
  readonly positional?: readonly string[];
  /** Command lines for help and docs. */
  readonly examples?: readonly string[];
}

/** Changes a database, by a plan. */
export interface ChangingOperation<I, R> extends Declaration<I> {
  readonly kind: "change";
  /** Reads only. Called again under the lock. */
  plan(ctx: Context, input: I): Promise<Plan<R>>;
}

/** Judges; never throws for bad news. */
export interface JudgingOperation<I, R> extends Declaration<I> {
  readonly kind: "judge";
  report(ctx: Context, input: I): Promise<Report<R>>;
}

/** Works beside the database: writes files, starts the local server. */
export interface ActingOperation<I, R> extends Declaration<I> {
  readonly kind: "act";
  act(ctx: Context, input: I): Promise<R>;
}

export type Operation<I, R> = ChangingOperation<I, R> | JudgingOperation<I, R> | ActingOperation<I, R>;
// biome-ignore lint/suspicious/noExplicitAny: a registry holds operations of every input and result
export type AnyOperation = Operation<any, any>;

export interface RunOptions extends Consent {
  /** Returns the plan and changes nothing. */
  readonly dryRun?: boolean | undefined;
  /** The hash of the plan that was approved; any other plan is refused. */
  readonly plan?: string | undefined;
  /** Called after every step that is done. */
  readonly afterStep?: ApplyOptions["afterStep"];
}

/** What an operation that changes answers. */
export interface Outcome<R> {
  readonly plan: Plan<R>;
  /** False for a dry run and where there was nothing to do. */
  readonly applied: boolean;
  readonly result: R;
  readonly findings: readonly Finding[];
  readonly durationMs: number;
}

export type Answer<O> =
  O extends ChangingOperation<never, infer R>
    ? Outcome<R>
    : O extends JudgingOperation<never, infer R>
      ? Report<R>
      : O extends ActingOperation<never, infer R>
        ? R
        : never;

/** Validates an input against the operation's schema; throws INPUT_INVALID that names the field. */
export async function validateInput<I>(operation: Operation<I, unknown>, input: unknown): Promise<I> {
  if (!operation.input || (typeof input === "object" && input !== null && Object.keys(input).length === 0)) return input as I;
  const parsed = (await operation.input()).safeParse(input);
  if (parsed.success) return parsed.data;
  const problem = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "input"}: ${message}`).join("; ");
  throw failure(coreErrors, "INPUT_INVALID", { operation: operation.name, problem });
}

/** Runs a changing operation on the context's database. */
export async function change<I, R>(
  operation: ChangingOperation<I, R>,
  ctx: Context,
  input: I,
  options: RunOptions = {},
): Promise<Outcome<R>> {
  const started = ctx.clock.now();
  const first = await operation.plan(ctx, input);
  refuseOther(operation.name, options.plan, first);
  const outcome = (plan: Plan<R>, applied: boolean, findings: readonly Finding[] = plan.findings): Outcome<R> => ({
    plan,
    applied,
    result: plan.result,
    findings,
    durationMs: ctx.clock.now() - started,
  });
  if (options.dryRun || first.steps.length === 0) return outcome(first, false);
  await guard(operation.name, first.risk ?? operation.risk, ctx.target, first, options);
  await ctx.requireSession();
  const session = await ctx.session();
  const lock = { waitMs: ctx.config.lockWaitMs, clock: ctx.clock, events: ctx.events, signal: ctx.signal };
  return withLock(session, "schema", lock, async () => {
    await ensureLedger(session);
    const plan = await operation.plan(ctx, input);
    // Others may have done a part of it while we waited; what nobody has read must not run.
    if (!isPartOf(plan, first)) refuseOther(operation.name, first.hash, plan);
    if (plan.steps.length === 0) return outcome(plan, false);
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

async function execute<I, R>(
  operation: ChangingOperation<I, R>,
  ctx: Context,
  input: I,
  session: Session,
  plan: Plan<R>,
  options: RunOptions,
): Promise<readonly Finding[]> {
  const { target, config, actor, host } = ctx;
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
  return Object.assign(error, { detail, database: state, data: { ...error.data, stepsDone: done, stepsTotal: plan.steps.length } });
}
