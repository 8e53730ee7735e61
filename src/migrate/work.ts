/** What steps of a migration are made of: what to run, what the history says afterwards, the transaction around it. */
import type { Clock } from "../core/clock.ts";
import type { Row, Rows, Session } from "../core/engine.ts";
import type { Listener } from "../core/events.ts";
import type { MigrationFile, Section } from "./file.ts";
import { recordApplied, recordReverted, type stepSettings } from "./history.ts";
import type { Located } from "./locate.ts";
import { replaySettings, type Segment } from "./segments.ts";
import { changesSettings, rememberSettings, resetRole, restoreSettings } from "./settings.ts";

/** What steps need of the context. */
export interface StepSettings {
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly clock: Clock;
  readonly events: Listener;
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
  /** How far that step came: a backfill's hash, rows and last key. */
  readonly after: readonly string[] | null;
}

/** One step of a file that has several. */
export interface Part {
  readonly work: Work;
  readonly segment: Segment;
  readonly title: string;
  /** What the history says once the step is done. */
  readonly record: string;
  readonly index: number;
  readonly hashes: readonly string[];
  readonly settings: StepSettings;
}

export const stateOf = (direction: Direction): "applying" | "reverting" => (direction === "up" ? "applying" : "reverting");
export const titleOf = ({ direction, file }: Work): string => (direction === "up" ? file.name : `undo ${file.name}`);
export const finalRecord = ({ direction, file }: Work): string => (direction === "up" ? recordApplied(file) : recordReverted(file.name));

export function located({ file, section }: Work, segment: Segment): Omit<Located, "prefix" | "begun"> {
  return { name: file.name, section, offset: segment.offset, statements: segment.statements };
}

/** What stands before and behind a segment's text in the message that runs it as one transaction. */
export interface Frame {
  readonly head: string;
  /** `last` comes right before COMMIT. */
  tail(record: string, last?: string): string;
}

export function frameOf({ segment, settings }: Part, begin: typeof stepSettings): Frame {
  const leaks = segment.settings.length > 0 || segment.statements.some(changesSettings);
  const timeouts = begin(settings.lockTimeoutMs, settings.statementTimeoutMs, leaks ? [rememberSettings(true)] : []);
  return {
    head: `begin; ${timeouts}\n${replaySettings(segment)}`,
    tail: (record, last = "") => `\n;\n${leaks ? withoutLeaks(record) : record}\n${last}commit;`,
  };
}

/** Deferred constraints are checked before the role and the settings that the file chose are gone. */
export const withoutLeaks = (record: string): string => `set constraints all immediate; ${resetRole}\n${record}\n${restoreSettings}`;

/** One message that is one transaction. */
export async function atomically(session: Session, message: string): Promise<readonly Rows<Row>[]> {
  try {
    return await session.script(message);
  } catch (error) {
    await session.script("rollback").catch(() => undefined);
    throw error;
  }
}
