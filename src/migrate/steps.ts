/**
 * Steps of a migration. Where the whole section can be one transaction, the step is one message:
 * `begin; settings; the file; history row; commit` (measured over a 20 ms link: 1.03 × psql one by one, 0.24 × batched;
 * the peers' four to six messages a file cost 2 to 7 ×). What cannot run in a transaction becomes steps of its own, each
 * recorded in the history row, so that a killed run continues at the right statement.
 */
import type { Session } from "../core/engine.ts";
import { failure } from "../core/errors.ts";
import type { Context } from "../core/operation.ts";
import type { Step } from "../core/plan.ts";
import type { Statement } from "../core/sql-text.ts";
import { backfillStep, runsInChunks, scriptBackfillStep } from "./backfill-steps.ts";
import { migrateErrors } from "./errors.ts";
import { recordNothing, recordPartial, recordSettings, startClock, stepSettings } from "./history.ts";
import { explainScript, explainSql } from "./locate.ts";
import { cleanUp, prepare } from "./resume.ts";
import { loadScript } from "./script.ts";
import { replaySettings, type Segment, segmentsOf } from "./segments.ts";
import { rememberSettings, resetRole, restoreSettings } from "./settings.ts";
import {
  atomically,
  finalRecord,
  frameOf,
  located,
  type Part,
  stateOf,
  type StepSettings,
  titleOf,
  withoutLeaks,
  type Work,
} from "./work.ts";

/** What steps need of the context. */
export function settingsOf({ config, clock, events, signal }: Context): StepSettings {
  return { lockTimeoutMs: config.lockTimeoutMs, statementTimeoutMs: config.statementTimeoutMs, clock, events, signal };
}

/** The steps that are left to do for one migration in one direction. */
export function stepsOf(work: Work, settings: StepSettings): readonly Step[] {
  const { file, direction, section } = work;
  const placed = (step: Step, index: number): Step => ({ ...step, part: { way: direction, index } });
  if (file.kind === "ts") return [placed(runsInChunks(work) ? scriptBackfillStep(work, settings) : scriptStep(work, settings), 0)];
  const segments = segmentsOf(section, work.transaction);
  const hashes = segments.map(({ hash }) => hash);
  if (work.done.some((hash, i) => hashes[i] !== hash)) throw failure(migrateErrors, "MIGRATE_PARTIAL_CHANGED", { name: file.name });
  if (segments.length === 0) return [placed(emptyStep(work, settings), 0)];
  return segments.flatMap((segment, i) => {
    if (i < work.done.length) return [];
    const title = segments.length === 1 ? titleOf(work) : `${titleOf(work)} (${i + 1}/${segments.length})`;
    const last = i === segments.length - 1;
    const record = last ? finalRecord(work) : recordPartial(file, stateOf(direction), hashes.slice(0, i + 1), null);
    const part: Part = { work, segment, title, record, index: i, hashes, settings };
    if (segment.backfill) return [placed(backfillStep(part, segment.backfill), i)];
    return [placed(segment.bare === undefined ? transactionStep(part) : bareStep(part), i)];
  });
}

function transactionStep(part: Part): Step {
  const { work, segment, title, record, index } = part;
  const { head, tail } = frameOf(part, stepSettings);
  const before = { prefix: [...head].length, begun: 2 + segment.settings.length };
  return {
    title,
    object: work.file.name,
    sql: `${replaySettings(segment)}${segment.text.trim()}`,
    transaction: "own",
    script: `${head}${segment.text}${tail(record)}`,
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
  const script = `begin; ${stepSettings(settings.lockTimeoutMs, settings.statementTimeoutMs)}\n${finalRecord(work)}\ncommit;`;
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
          await tx.script(withoutLeaks(finalRecord(work)));
        });
      } else {
        await session.script(`select ${rememberSettings(false)}`);
        try {
          await script.run(session);
        } finally {
          await session.script(`${resetRole} ${restoreSettings}`).catch(() => undefined);
        }
        await transact(session, settings, finalRecord(work));
      }
    },
    explain: (error) => explainScript(error, file, file.transaction ? "nothing" : "unknown"),
  };
}

async function transact(session: Session, { lockTimeoutMs, statementTimeoutMs }: StepSettings, sql: string): Promise<void> {
  await atomically(session, `begin; ${recordSettings(lockTimeoutMs, statementTimeoutMs)}\n${sql}\ncommit;`);
}
