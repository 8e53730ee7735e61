/**
 * Steps of a migration. Where the whole section can be one transaction, the step is one message:
 * `begin; settings; the file; history row; commit` (measured over a 20 ms link: 1.03 × psql one by one, 0.24 × batched;
 * the peers' four to six messages a file cost 2 to 7 ×). What cannot run in a transaction becomes steps of its own, each
 * recorded in the history row, so that a killed run continues at the right statement.
 */
import type { Session } from "../core/engine.ts";
import { failure } from "../core/errors.ts";
import type { Step } from "../core/plan.ts";
import { migrateErrors } from "./errors.ts";
import type { MigrationFile, Section } from "./file.ts";
import { recordApplied, recordPartial, recordReverted, recordSettings, startClock, stepSettings } from "./history.ts";
import { explainSql, type Located } from "./locate.ts";
import { cleanUp, prepare } from "./resume.ts";
import { loadScript } from "./script.ts";
import { type Segment, segmentsOf } from "./segments.ts";
import { changesSettings } from "./statements.ts";

export interface StepSettings {
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
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
}

/** The steps that are left to do for one migration in one direction. */
export function stepsOf(work: Work, settings: StepSettings): readonly Step[] {
  const { file, direction, section } = work;
  if (file.kind === "ts") return [scriptStep(work, settings)];
  const segments = segmentsOf(section, work.transaction);
  const hashes = segments.map(({ hash }) => hash);
  if (work.done.some((hash, i) => hashes[i] !== hash)) throw failure(migrateErrors, "MIGRATE_PARTIAL_CHANGED", { name: file.name });
  if (segments.length === 0) return [emptyStep(work, settings)];
  return segments.flatMap((segment, i) => {
    if (i < work.done.length) return [];
    const title = segments.length === 1 ? titleOf(work) : `${titleOf(work)} (${i + 1}/${segments.length})`;
    const last = i === segments.length - 1;
    const record = last ? finalRecord(direction, file) : recordPartial(file, stateOf(direction), hashes.slice(0, i + 1), null);
    const part: Part = { work, segment, title, record, index: i, hashes, settings };
    return [segment.bare === undefined ? transactionStep(part) : bareStep(part)];
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

/** What a file may change for its session, put back for the next one; our own keepalives are set again by RESET's defaults. */
const resetSettings = "reset session authorization; reset role; reset all;";

function transactionStep({ work, segment, title, record, index, settings }: Part): Step {
  const head = `begin; ${stepSettings(settings.lockTimeoutMs, settings.statementTimeoutMs)}\n`;
  const leaks = segment.statements.some(changesSettings);
  const tail = leaks ? `\n;\nreset session authorization; reset role;\n${record}\ncommit; ${resetSettings}` : `\n;\n${record}\ncommit;`;
  return {
    title,
    object: work.file.name,
    sql: segment.text.trim(),
    transaction: "own",
    script: `${head}${segment.text}${tail}`,
    explain: (error) => explainSql(error, { ...located(work, segment), prefix: head.length, begun: 2 }, index),
  };
}

function bareStep({ work, segment, title, record, index, hashes, settings }: Part): Step {
  const { file, direction } = work;
  const [statement] = segment.statements;
  const step: Step = {
    title,
    object: file.name,
    sql: segment.text.trim(),
    transaction: "none",
    async run(session) {
      const resumed = work.open === index;
      if (!statement || (await prepare(session, segment.bare, statement, file, resumed)) === "done")
        return transact(session, settings, record);
      await transact(session, settings, recordPartial(file, stateOf(direction), hashes.slice(0, index), index));
      try {
        // CONCURRENTLY waits for old transactions on purpose; a lock timeout would leave an INVALID index behind.
        await session.script(`set lock_timeout = 0; set statement_timeout = ${settings.statementTimeoutMs}; select ${startClock}false)`);
        await session.script(segment.text);
      } catch (error) {
        await session.script("rollback").catch(() => undefined);
        await cleanUp(session, segment.bare, statement).catch(() => undefined);
        throw error;
      } finally {
        await session.script("reset lock_timeout; reset statement_timeout").catch(() => undefined);
      }
      await transact(session, settings, record);
    },
    explain: (error) => explainSql(error, { ...located(work, segment), prefix: 0, begun: 0 }, index),
  };
  return step;
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
    transaction: "own",
    async run(session) {
      const script = await loadScript(file, direction);
      if (script.transaction) {
        await session.transaction(async (tx) => {
          await tx.script(stepSettings(settings.lockTimeoutMs, settings.statementTimeoutMs));
          await script.run(tx);
          await tx.script(finalRecord(direction, file));
        });
      } else {
        await script.run(session);
        await transact(session, settings, finalRecord(direction, file));
      }
    },
    explain: (error) =>
      error.code === "SQL_ERROR"
        ? failure(
            migrateErrors,
            "MIGRATE_FAILED",
            { ...error.data, name: file.name, where: file.path },
            { cause: error, detail: error.detail, hint: error.hint },
          )
        : error,
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
