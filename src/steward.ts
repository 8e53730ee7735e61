/** The steward: one database, every room. Opens the engine when an operation first needs it, and closes what it opened. */
import type * as check from "./check/index.ts";
import type * as db from "./db/index.ts";
import { type Clock, systemClock } from "./core/clock.ts";
import { type Config, type ConfigInput, loadConfig } from "./core/config.ts";
import type { Engine, Session } from "./core/engine.ts";
import { StewardError } from "./core/errors.ts";
import type { Listener } from "./core/events.ts";
import type { Report } from "./core/finding.ts";
import type { Target } from "./core/guard.ts";
import {
  type ActingOperation,
  type AnyOperation,
  type ChangingOperation,
  type Context,
  type JudgingOperation,
  type Outcome,
  type RunOptions,
  validateInput,
} from "./core/operation.ts";
import type * as migrate from "./migrate/index.ts";
import type * as project from "./project/index.ts";
import type * as seed from "./seed/index.ts";
import { operationOf } from "./registry.ts";

/** 180004 → `18.4`. */
function versionText(version: number): string {
  return `${Math.floor(version / 10_000)}.${version % 10_000}`;
}

export interface StewardOptions {
  /** The configuration itself; without it pgsteward.config.ts is looked for from `cwd` upwards. */
  readonly config?: ConfigInput;
  /** Default: the process's working directory. */
  readonly cwd?: string;
  /** Variables such as DATABASE_URL. Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** An explicit configuration file. */
  readonly configFile?: string | undefined;
  /** Settings that win over everything else, by their keys. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** Told what happens: target, waits, steps, progress. */
  readonly onEvent?: Listener;
  /** Cancels the statement under way; the step is rolled back. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/** A room's operations as functions: `steward.migrate.up({ to: "004" }, { dryRun: true })`. */
export type RoomOf<M> = {
  readonly [K in keyof M as M[K] extends AnyOperation ? K : never]: M[K] extends ChangingOperation<infer I, infer R>
    ? (input?: I, options?: RunOptions) => Promise<Outcome<R>>
    : M[K] extends JudgingOperation<infer I, infer R>
      ? (input?: I) => Promise<Report<R>>
      : M[K] extends ActingOperation<infer I, infer R>
        ? (input?: I) => Promise<R>
        : never;
};

export interface Steward extends AsyncDisposable {
  readonly config: Config;
  readonly target: Target;
  readonly migrate: RoomOf<typeof migrate>;
  readonly seed: RoomOf<typeof seed>;
  readonly check: RoomOf<typeof check>;
  readonly db: RoomOf<typeof db>;
  readonly project: RoomOf<typeof project>;
  /** Runs an operation; the answer of a change is an Outcome, of a judgement a Report. */
  run<I, R>(operation: ChangingOperation<I, R>, input?: I, options?: RunOptions): Promise<Outcome<R>>;
  run<I, R>(operation: JudgingOperation<I, R>, input?: I, options?: RunOptions): Promise<Report<R>>;
  run<I, R>(operation: ActingOperation<I, R>, input?: I, options?: RunOptions): Promise<R>;
  run(operation: AnyOperation, input?: unknown, options?: RunOptions): Promise<unknown>;
  /** A session of its own on the target, for what no operation covers. */
  session(): Promise<Session>;
  close(): Promise<void>;
}

/** Loads the configuration and says what the target is; connects when the first operation needs it. */
export async function createSteward(options: StewardOptions = {}): Promise<Steward> {
  const { cwd = process.cwd(), env = process.env, clock = systemClock, onEvent: events = () => undefined, signal } = options;
  const { config: input, configFile: file, overrides: flags } = options;
  const config = await loadConfig({ cwd, env, file, ...(input && { input }), ...(flags && { flags }) });
  const { cacheDirOf, describeTarget, explained, openEngine, openScratch } = await import("./engines/open.ts");
  const target = await describeTarget(config);
  const opening = { config, events, clock, cacheDir: cacheDirOf(env) };
  let engine: Promise<Engine> | undefined;
  let session: Promise<Session> | undefined;
  const scratches = new Map<string, ReturnType<typeof openScratch>>();

  let room = "steward";

  const ctx: Context = {
    config,
    target,
    events,
    clock,
    signal,
    who: async () => (await import("./who.ts")).whoIsThis(env),
    engine: () => (engine ??= openEngine({ ...opening, direct: true, room })),
    session: () => (session ??= ctx.engine().then((opened) => opened.session({ room }))),
    scratch: async (extensions) => {
      const key = extensions.toSorted().join();
      const target = config.scratch === "target" ? { target: await ctx.engine() } : {};
      const made = await (scratches.get(key) ?? openScratch({ ...opening, extensions, ...target }));
      scratches.set(key, Promise.resolve(made));
      return {
        session: made.session,
        version: made.version,
        missing: made.missing,
        where: `scratch ${made.engine} ${versionText(made.version)}`,
        alone: made.engine === "pglite",
        discard: async () => {
          scratches.delete(key);
          await made.close();
        },
      };
    },
  };

  /** An engine with one session is free between two operations, for whoever asks for a session of their own. */
  const freeOnlySession = async (): Promise<void> => {
    if ((await engine?.catch(() => undefined))?.abilities.sessions !== 1) return;
    await (await session?.catch(() => undefined))?.close();
    session = undefined;
  };

  /** One operation at a time: they share a session, and its advisory lock lets the same session in twice. */
  let queue: Promise<unknown> = Promise.resolve();
  const run = (operation: AnyOperation, raw?: unknown, runOptions?: RunOptions): Promise<unknown> => {
    const turn = queue.then(() => runNow(operation, raw, runOptions));
    queue = turn.catch(() => undefined);
    return turn;
  };
  const runNow = async (operation: AnyOperation, raw: unknown = {}, runOptions: RunOptions = {}): Promise<unknown> => {
    const valid = await validateInput(operation, raw);
    room = operation.name.split(" ")[0] ?? room;
    events({ type: "target", target });
    try {
      if (operation.kind === "change") return await (await import("./core/change.ts")).change(operation, ctx, valid, runOptions);
      return await (operation.kind === "judge" ? operation.report(ctx, valid) : operation.act(ctx, valid));
    } catch (error) {
      // The next operation gets a connection of its own.
      if (StewardError.is(error) && error.code === "ENGINE_CONNECTION_LOST") session = undefined;
      throw await explained(error, config);
    } finally {
      await freeOnlySession();
    }
  };
  const functionsOf = (name: string): never =>
    new Proxy(
      {},
      {
        get: (_, verb) => async (raw?: unknown, runOptions?: RunOptions) =>
          run(
            await operationNamed(
              name,
              String(verb).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
            ),
            raw,
            runOptions,
          ),
      },
    ) as never;
  const close = async (): Promise<void> => {
    const open = [...scratches.values(), session, engine];
    scratches.clear();
    engine = session = undefined;
    // Each is closed, whatever the one before says: what stays open keeps the process alive.
    for (const one of open) await one?.then((opened) => opened.close()).catch(() => undefined);
  };
  return {
    config,
    target,
    migrate: functionsOf("migrate"),
    seed: functionsOf("seed"),
    check: functionsOf("check"),
    db: functionsOf("db"),
    project: functionsOf("project"),
    run: run as Steward["run"],
    session: async () => (await ctx.engine()).session(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function operationNamed(room: string, verb: string): Promise<AnyOperation> {
  const operation = await operationOf(room, verb);
  if (!operation) throw new TypeError(`there is no operation ${room}.${verb}`);
  return operation;
}
