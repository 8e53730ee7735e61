/**
 * Applying a plan: steps that are one self-contained message travel together, many in one round trip, each still its
 * own transaction; a step that loses against a lock is retried with jitter, so that nothing queues up behind it.
 */
import type { Clock } from "./clock.ts";
import type { Session } from "./engine.ts";
import type { StewardError } from "./errors.ts";
import { asStewardError, sqlstate } from "./errors.ts";
import type { Listener } from "./events.ts";
import type { Plan, Step } from "./plan.ts";

export interface ApplyOptions {
  readonly clock: Clock;
  readonly events: Listener;
  readonly signal?: AbortSignal | undefined;
  /** How often a step is tried again after a lock timeout or a deadlock. */
  readonly retries: number;
  /** Most bytes of SQL in one message; 0 sends every step alone. */
  readonly batchBytes: number;
  /** Starts to watch who blocks the session; called when a step first loses against a lock. */
  readonly watch?: (() => Promise<BlockerWatch | undefined>) | undefined;
  /** Called after every step; the tests kill here. */
  readonly afterStep?: ((done: number) => Promise<void>) | undefined;
}

/** Remembers, in words, who last kept the session waiting. */
export interface BlockerWatch {
  readonly seen: string | undefined;
  stop(): Promise<void>;
}

/** What was done before it ended; `error` and `step` are set when it ended early. */
export interface Applied {
  readonly done: number;
  readonly error?: StewardError;
  readonly step?: Step;
}

/** lock_not_available, deadlock_detected. */
const retryable = ["55P03", "40P01"];
const maximalBatch = 100;

/** Applies every step of `plan`; never throws for a failing step. */
export async function applyPlan(session: Session, { steps }: Plan, options: ApplyOptions): Promise<Applied> {
  let done = 0;
  let tries = 0;
  /** Steps before this one go alone. */
  let alone = 0;
  let watch: BlockerWatch | undefined;
  try {
    while (done < steps.length) {
      const batch = nextBatch(steps, done, tries === 0 && done >= alone ? options.batchBytes : 0);
      const { completed, error, refused, progressed } = await run(session, batch, done, steps.length, options);
      for (let i = 0; i < completed; i++) {
        options.events({ type: "step", phase: "done", index: done, total: steps.length, title: steps[done]?.title ?? "" });
        done++;
        await options.afterStep?.(done);
      }
      if (completed > 0 || progressed) tries = 0;
      if (!error) continue;
      if (refused && batch.length > 1) {
        alone = done + batch.length;
        continue;
      }
      const step = steps[done] as Step;
      if (!retryable.includes(sqlstate(error) ?? "") || tries >= options.retries)
        return { done, step, error: explain(step, error, tries + 1, watch) };
      await pause(++tries, step, error, watch, options);
      watch ??= await options.watch?.();
    }
    return { done };
  } finally {
    await watch?.stop();
  }
}

function explain(step: Step, error: StewardError, tries: number, watch: BlockerWatch | undefined): StewardError {
  const holder = watch?.seen === undefined ? {} : { holder: watch.seen };
  if (retryable.includes(sqlstate(error) ?? "")) Object.assign(error, { data: { ...error.data, tries, ...holder } });
  return step.explain?.(error) ?? error;
}

function nextBatch(steps: readonly Step[], from: number, batchBytes: number): readonly Step[] {
  const first = steps[from] as Step;
  if (first.script === undefined) return [first];
  let bytes = 0;
  let end = from;
  while (end < steps.length && end - from < maximalBatch) {
    const script = steps[end]?.script;
    if (script === undefined || (end > from && bytes + script.length > batchBytes)) break;
    bytes += script.length;
    end++;
  }
  return steps.slice(from, Math.max(end, from + 1));
}

interface BatchOutcome {
  readonly completed: number;
  readonly error?: StewardError;
  /** The server parses a whole message before it executes any of it: a syntax error anywhere in it, and not even BEGIN ran. */
  readonly refused?: boolean;
  /** A step that did not end came further than at the last try. */
  readonly progressed?: boolean;
}

async function run(session: Session, batch: readonly Step[], index: number, total: number, options: ApplyOptions): Promise<BatchOutcome> {
  const { events, signal } = options;
  const [first] = batch as [Step];
  if (signal?.aborted) return { completed: 0, error: asStewardError(signal.reason) };
  events({
    type: "step",
    phase: "start",
    index,
    total,
    title: batch.length === 1 ? first.title : `${first.title} and ${batch.length - 1} more`,
  });
  let progressed = false;
  const progress = (done: number, of: number, unit: string): void => {
    progressed = true;
    events({ type: "progress", title: first.title, done, total: of, unit });
  };
  const abort = (): void => void session.cancel().catch(() => undefined);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    if (first.script === undefined) await first.run?.(session, progress);
    else await session.script(messageOf(batch));
    return { completed: batch.length };
  } catch (thrown) {
    const error = asStewardError(signal?.aborted ? signal.reason : thrown);
    if (first.script === undefined) return { completed: 0, error, progressed };
    await session.script(batch.length > 1 ? `rollback; ${flush}` : "rollback").catch(() => undefined);
    return within(batch, asStewardError(thrown), error);
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** WAL is written in order: the last COMMIT, which waits for the disk, makes those before it durable too. 1,000 files: 0.80 × the time. */
const doNotWait = "set synchronous_commit = off;\n";
const waitAgain = "reset synchronous_commit;\n";
/** What was committed before a failure is made durable before anybody is told. A transaction that wrote no WAL would not wait for any. */
const flush = `${waitAgain}select pg_catalog.pg_logical_emit_message(true, 'pgsteward', '');`;

function messageOf(batch: readonly Step[]): string {
  const scripts = batch.map(({ script = "" }) => script);
  const last = scripts.pop() ?? "";
  return scripts.length === 0 ? last : `${doNotWait}${scripts.join("\n")}\n${waitAgain}${last}`;
}

/**
 * Which step of a message of many transactions failed: as many are done as COMMITs were answered. The position and the
 * tags that the server gave count from the start of the message; the failing step wants its own.
 */
function within(batch: readonly Step[], thrown: StewardError, error: StewardError): BatchOutcome {
  const tags = (thrown.data["completed"] ?? []) as readonly string[];
  const completed = tags.filter((tag) => tag === "COMMIT").length;
  const last = completed === batch.length - 1;
  const ours = batch.length === 1 ? "" : `${doNotWait}${last ? waitAgain : ""}`;
  const before = batch.slice(0, completed).reduce((sum, { script = "" }) => sum + [...script].length + 1, ours.length);
  const position = error.data["position"] as number | undefined;
  const from = tags.lastIndexOf("COMMIT") + (ours !== "" && (completed === 0 || last) ? 2 : 1);
  const own = { completed: tags.slice(from), ...(position === undefined ? {} : { position: position - before }) };
  Object.assign(error, { data: { ...error.data, ...own } });
  return { completed, error, refused: thrown.code === "SQL_ERROR" && tags.length === 0 };
}

async function pause(
  tries: number,
  step: Step,
  error: StewardError,
  watch: BlockerWatch | undefined,
  options: ApplyOptions,
): Promise<void> {
  const why = sqlstate(error) === "40P01" ? "a deadlock" : "a lock that it did not get";
  const holder = watch?.seen === undefined ? "" : `, held by ${watch.seen}`;
  options.events({ type: "wait", message: `${step.title}: trying again after ${why}${holder}` });
  await options.clock
    .sleep(Math.min(100 * 2 ** Math.min(tries, 7), 10_000) * (0.5 + options.clock.random()), options.signal)
    .catch(() => undefined);
}
