/**
 * Steps of a migration. Where the whole section can be one transaction, the step is one message:
 * `begin; settings; the file; history row; commit` (measured over a 20 ms link: 1.03 × psql one by one, 0.24 × batched;
 * the peers' four to six messages a file cost 2 to 7 ×). What cannot run in a transaction becomes steps of its own, each
 * recorded in the history row, so that a killed run continues at the right statement.
 */
import type { Clock } from "../core/clock.ts";
import type { Session } from "../core/engine.ts";
import { failure } from "../core/errors.ts";
import type { Context } from "../core/operation.ts";
import type { Step } from "../core/plan.ts";
import type { Statement } from "../core/sql-text.ts";
import { type Backfill, runBackfill } from "./backfill.ts";
import { migrateErrors } from "./errors.ts";
import type { MigrationFile, Section } from "./file.ts";
import { recordApplied, recordNothing, recordPartial, recordReverted, recordSettings, startClock, stepSettings } from "./history.ts";
import { explainScript, explainSql, type Located } from "./locate.ts";
import { cleanUp, prepare } from "./resume.ts";
import { loadScript } from "./script.ts";
import { replaySettings, type Segment, segmentsOf } from "./segments.ts";
import { changesSettings, rememberSettings, resetRole, restoreSettings } from "./settings.ts";

export interface StepSettings {
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

export type Direction = "up" | "down";

/** What a run in this direction executes, and how far an interrupted one came. */
export interface Work {
  readonly direction: Direction;
  readonly file: MigrationFile;
  readonly section: Section;
  readonly transaction: boolean;
  /** Hashes of the steps that an earlier run did. */
  readonly done: readonly string[];
  /** The step that an earlier run began and did not finish. */
  readonly open: number | null;
  /** How far that step came: a backfill's statement and last key. */
  readonly after: readonly string[] | null;
}

/** What steps need of the context. */
export function settingsOf({ config, clock, signal }: Context): StepSettings {
  return { lockTimeoutMs: config.lockTimeoutMs, statementTimeoutMs: config.statementTimeoutMs, clock, signal };
}

/** The steps that are left to do for one migration in one direction. */
export function stepsOf(work: Work, settings: StepSettings): readonly Step[] {
  const { file, direction, section } = work;
  const placed = (step: Step, index: number): Step => ({ ...step, part: { way: direction, index } });
  if (file.kind === "ts") return [placed(scriptStep(work, settings), 0)];
  const segments = segmentsOf(section, work.transaction);
  const hashes = segments.map(({ hash }) => hash);
  if (work.done.some((hash, i) => hashes[i] !== hash)) throw failure(migrateErrors, "MIGRATE_PARTIAL_CHANGED", { name: file.name });
  if (segments.length === 0) return [placed(emptyStep(work, settings), 0)];
  return segments.flatMap((segment, i) => {
    if (i < work.done.length) return [];
    const title = segments.length === 1 ? titleOf(work) : `${titleOf(work)} (${i + 1}/${segments.length})`;
    const last = i === segments.length - 1;
    const record = last ? finalRecord(direction, file) : recordPartial(file, stateOf(direction), hashes.slice(0, i + 1), null);
    const part: Part = { work, segment, title, record, index: i, hashes, settings };
    if (segment.backfill) return [placed(backfillStep(part, segment.backfill), i)];
    return [placed(segment.bare === undefined ? transactionStep(part) : bareStep(part), i)];
  });
}

interface Part {
  readonly work: Work;
  readonly segment: Segment;
  readonly title: string;
  /** What the history says once the step is done. */
  readonly record: string;
  readonly index: number;
  readonly hashes: readonly string[];
  readonly settings: StepSettings;
}

const stateOf = (direction: Direction): "applying" | "reverting" => (direction === "up" ? "applying" : "reverting");
const titleOf = ({ direction, file }: Work): string => (direction === "up" ? file.name : `undo ${file.name}`);
const finalRecord = (direction: Direction, file: MigrationFile): string =>
  direction === "up" ? recordApplied(file) : recordReverted(file.name);

function transactionStep({ work, segment, title, record, index, settings }: Part): Step {
  const leaks = segment.settings.length > 0 || segment.statements.some(changesSettings);
  const head = `begin; ${stepSettings(settings.lockTimeoutMs, settings.statementTimeoutMs, leaks ? [rememberSettings(true)] : [])}\n${replaySettings(segment)}`;
  // Deferred constraints are checked before the role and the settings that the file chose are gone.
  const tail = leaks
    ? `\n;\nset constraints all immediate; ${resetRole}\n${record}\n${restoreSettings}\ncommit;`
    : `\n;\n${record}\ncommit;`;
  const before = { prefix: [...head].length, begun: 2 + segment.settings.length };
  return {
    title,
    object: work.file.name,
    sql: `${replaySettings(segment)}${segment.text.trim()}`,
    transaction: "own",
    script: `${head}${segment.text}${tail}`,
    explain: (error) => explainSql(error, { ...located(work, segment), ...before }, index),
  };
}

function bareStep({ work, segment, title, record, index, hashes, settings }: Part): Step {
  const { file, direction } = work;
  const [statement] = segment.statements;
  const step: Step = {
    title,
    object: file.name,
    sql: `${replaySettings(segment)}${segment.text.trim()}`,
    transaction: "none",
    async run(session) {
      const resumed = work.open === index;
      const within = <T>(body: () => Promise<T>): Promise<T> => withFileSettings(session, segment, settings, body);
      if (statement && (await within(() => prepare(session, segment.bare, statement, file, resumed))) === "run") {
        await transact(session, settings, recordPartial(file, stateOf(direction), hashes.slice(0, index), index));
        try {
          await within(() => runBare(session, segment, statement));
        } catch (error) {
          await transact(session, settings, recordNothing(file, stateOf(direction), hashes.slice(0, index))).catch(() => undefined);
          throw error;
        }
      }
      await transact(session, settings, record);
    },
    explain: (error) => explainSql(error, { ...located(work, segment), prefix: 0, begun: 0 }, index),
  };
  return step;
}

/** In chunks, each recorded in its own transaction: after a failure or a kill the next run goes on behind the last chunk. */
function backfillStep({ work, segment, title, record, index, hashes, settings }: Part, backfill: Backfill): Step {
  const { file, direction, section } = work;
  const [statement] = segment.statements;
  let chunks = 0;
  return {
    title,
    object: file.name,
    sql: `-- in chunks of ${backfill.batch} rows of ${backfill.table}\n${segment.text.trim()}`,
    transaction: "none",
    async run(session, progress) {
      if (!statement) return;
      const note = (key: readonly string[]): string =>
        recordPartial(file, stateOf(direction), hashes.slice(0, index), index, [segment.hash, ...key]);
      // A statement that was edited since begins anew.
      const after = work.open === index && work.after?.[0] === segment.hash ? work.after.slice(1) : [];
      if (after.length === 0) await transact(session, settings, note([]));
      await runBackfill(session, {
        backfill,
        statement,
        path: section.path,
        after: after.length === 0 ? undefined : after,
        settings: `${stepSettings(settings.lockTimeoutMs, settings.statementTimeoutMs)} ${replaySettings(segment)}`,
        record: note,
        progress: (done, total, unit) => {
          chunks++;
          progress(done, total, unit);
        },
        clock: settings.clock,
        signal: settings.signal,
      });
      await transact(session, settings, record);
    },
    explain: (error) => explainSql(error, { ...located(work, segment), prefix: 0, begun: 0 }, Math.max(index, Math.min(chunks, 1))),
  };
}

async function runBare(session: Session, { bare, text }: Segment, statement: Statement): Promise<void> {
  try {
    await session.script(text);
  } catch (error) {
    await session.script("rollback").catch(() => undefined);
    await cleanUp(session, bare, statement).catch(() => undefined);
    throw error;
  }
}

/** Runs `body` under the SETs of the file's earlier steps, with the step's clock, and puts the session's own settings back. */
async function withFileSettings<T>(
  session: Session,
  segment: Segment,
  { statementTimeoutMs }: StepSettings,
  body: () => Promise<T>,
): Promise<T> {
  // CONCURRENTLY waits for old transactions on purpose; a lock timeout would leave an INVALID index behind.
  const timeouts = `set lock_timeout = 0; set statement_timeout = ${statementTimeoutMs};`;
  await session.script(`select ${rememberSettings(false)}, ${startClock}false); ${timeouts} ${replaySettings(segment)}`);
  try {
    return await body();
  } finally {
    await session.script(`${resetRole} ${restoreSettings}`).catch(() => undefined);
  }
}

/** An empty section is applied too: there is nothing to run, and the history says so. */
function emptyStep(work: Work, settings: StepSettings): Step {
  const script = `begin; ${stepSettings(settings.lockTimeoutMs, settings.statementTimeoutMs)}\n${finalRecord(work.direction, work.file)}\ncommit;`;
  return { title: titleOf(work), object: work.file.name, sql: "-- nothing to run", transaction: "own", script };
}

function scriptStep(work: Work, settings: StepSettings): Step {
  const { file, direction } = work;
  return {
    title: titleOf(work),
    object: file.name,
    sql: `-- ${direction}() of ${file.path}, sha256 ${file.hash.slice(0, 12)}`,
    transaction: file.transaction ? "own" : "none",
    async run(session) {
      const script = await loadScript(file, direction);
      if (file.transaction) {
        await session.transaction(async (tx) => {
          await tx.script(stepSettings(settings.lockTimeoutMs, settings.statementTimeoutMs, [rememberSettings(true)]));
          await script.run(tx);
          await tx.script(`set constraints all immediate; ${resetRole}\n${finalRecord(direction, file)}\n${restoreSettings}`);
        });
      } else {
        await session.script(`select ${rememberSettings(false)}`);
        try {
          await script.run(session);
        } finally {
          await session.script(`${resetRole} ${restoreSettings}`).catch(() => undefined);
        }
        await transact(session, settings, finalRecord(direction, file));
      }
    },
    explain: (error) => explainScript(error, file),
  };
}

async function transact(session: Session, { lockTimeoutMs, statementTimeoutMs }: StepSettings, sql: string): Promise<void> {
  try {
    await session.script(`begin; ${recordSettings(lockTimeoutMs, statementTimeoutMs)}\n${sql}\ncommit;`);
  } catch (error) {
    await session.script("rollback").catch(() => undefined);
    throw error;
  }
}

function located({ file, section }: Work, segment: Segment): Omit<Located, "prefix" | "begun"> {
  return { name: file.name, section, offset: segment.offset, statements: segment.statements };
}
