/**
 * Operation: one verb of one room, declared once. The CLI command with its help, the library function and the page
 * under docs/reference/ come from the declaration; change.ts is the one way of every operation that changes a database.
 */
import type { z } from "zod";
import type { ApplyOptions } from "./apply.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import type { Engine, Session } from "./engine.ts";
import { coreErrors, failure } from "./errors.ts";
import type { Listener } from "./events.ts";
import type { Finding, Report } from "./finding.ts";
import type { Consent, Risk, Target } from "./guard.ts";
import type { Plan } from "./plan.ts";

/** What a room is given instead of the world: configuration, engine, events, time. */
export interface Context {
  readonly config: Config;
  readonly target: Target;
  readonly events: Listener;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** Who runs this and where, for the ledger. */
  who(): Promise<{ readonly actor: string; readonly host: string }>;
  /** Opened at the first call. */
  engine(): Promise<Engine>;
  /** The session of this command, opened at the first call and closed with the command. */
  session(): Promise<Session>;
  /** An empty database to try things on, with these extensions at hand: one a command, kept warm; leave it as it was. */
  scratch(extensions: readonly string[]): Promise<Scratch>;
}

export interface Scratch {
  readonly session: Session;
  /** Server version as a number: 180004. */
  readonly version: number;
  /** Extensions that no engine here offers: what the scratch database therefore could not show. */
  readonly missing: readonly string[];
  /** Where it is, in words. */
  readonly where: string;
  /** It has a server of its own: what reaches beyond a database, such as a role, can be committed and goes with it. */
  readonly alone: boolean;
  /** Ends it, for an experiment that commits: what comes next gets a fresh one. */
  readonly discard: () => Promise<void>;
}

interface Declaration<I> {
  /** `migrate up`: room and verb. */
  readonly name: string;
  /** One line for help and docs: starts with a verb, no full stop. */
  readonly summary: string;
  readonly risk: Risk;
  /**
   * The input's schema, loaded when there is an input to validate or to describe: importing zod costs 45 ms CPU, twice
   * a connection and a query (decision 0003).
   */
  readonly input?: () => Promise<z.ZodType<I>>;
  /** Inputs that cannot be left out. */
  readonly requires?: readonly string[];
  /** Inputs that the command line takes by position, in this order. */
  readonly positional?: readonly string[];
  /** Inputs whose flag a setting has too: here it is the operation's. */
  readonly shadows?: readonly string[];
  /** An input that takes every further word, as a list. */
  readonly rest?: string;
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
  if (!operation.input) return input as I;
  if (!operation.requires && Object.keys(input ?? {}).length === 0) return input as I;
  const parsed = (await operation.input()).safeParse(input);
  if (parsed.success) return parsed.data;
  const problem = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "input"}: ${message}`).join("; ");
  throw failure(coreErrors, "INPUT_INVALID", { operation: operation.name, problem });
}
