/** What a seeder is given while it runs, and what is remembered of what it did. */
import { pathToFileURL } from "node:url";
import type { Row, Rows, Session } from "../core/engine.ts";
import type { Environment } from "../core/guard.ts";
import type { Sql } from "../core/sql.ts";
import type { SeederFile, SeederRun } from "./file.ts";
import type { UpsertOptions } from "./seeder.ts";
import { describeTable, nameOf, type Table } from "./table.ts";
import { upsertRows } from "./upsert.ts";
import { readCounters, targetsOf, type Unrecorded, unrecordedOf, watch, watchable } from "./watch.ts";

/** What a running seeder has done so far. */
export interface Doings {
  readonly tables: Map<string, { readonly table: Table; filled: readonly string[] | null }>;
  /** Tables whose rows triggers record. */
  readonly watched: Map<string, Table>;
  readonly told: string[];
  /** What savepoints took back: the server's counters keep it. */
  readonly rolledBack: Unrecorded[];
  unchanged: number;
  /** Line of the file that called last. */
  line: number | undefined;
}

export interface RunningSeeder {
  readonly seed: SeederRun;
  readonly doings: Doings;
  /** Records what is written to these tables from now on. */
  watchTables(names: readonly string[]): Promise<void>;
}

export interface RunFacts {
  readonly profile: Environment;
  readonly minimal: boolean;
}

/** The context of one seeder in its transaction; `id` is its record. */
export function contextOf(session: Session, file: SeederFile, id: bigint, { profile, minimal }: RunFacts): RunningSeeder {
  const doings: Doings = { tables: new Map(), watched: new Map(), told: [], rolledBack: [], unchanged: 0, line: undefined };
  const known = new Map<string, Table>();
  const tableNamed = async (name: string): Promise<Table> => {
    const table = known.get(name) ?? (await describeTable(session, name));
    known.set(name, table);
    return table;
  };
  const touch = (table: Table, filled: readonly string[] | null): void => {
    const before = doings.tables.get(nameOf(table));
    const both = before?.filled === null || filled === null ? null : [...new Set([...(before?.filled ?? []), ...filled])];
    doings.tables.set(nameOf(table), { table, filled: before === undefined ? filled : both });
  };
  const watchTables = async (names: readonly string[]): Promise<void> => {
    for (const name of names) {
      const table = await watchable(session, name);
      if (!table || doings.watched.has(nameOf(table))) continue;
      touch(table, null);
      if (await watch(session, table)) doings.watched.set(nameOf(table), table);
    }
  };
  const upsert = async <R extends Row>(name: string, rows: readonly Row[], options: UpsertOptions): Promise<readonly R[]> => {
    doings.line = callerLine(file.path);
    const table = await tableNamed(name);
    const record = doings.watched.has(nameOf(table)) ? undefined : id;
    const { rows: answer, counts } = await upsertRows(session, table, rows, options, record);
    if (!doings.watched.has(nameOf(table))) touch(table, [...new Set(rows.flatMap((row) => Object.keys(row)))]);
    doings.unchanged += counts.unchanged;
    return answer as readonly R[];
  };
  const called = (): void => {
    doings.line = callerLine(file.path);
  };
  return {
    doings,
    watchTables,
    seed: {
      data: {
        id,
        session,
        table: tableNamed,
        watch: watchTables,
        filled: (table, columns, unchanged) => {
          touch(table, columns);
          doings.unchanged += unchanged;
        },
      },
      environment: profile,
      minimal,
      session: watchedSession(session, doings, watchTables, called),
      upsert,
      tell: (message) => void doings.told.push(message),
    },
  };
}

/** The session with an eye on what its statements write to. */
function watchedSession(
  session: Session,
  doings: Doings,
  watchTables: (names: readonly string[]) => Promise<void>,
  called: () => void,
): Session {
  const seen = async (statement: Sql | string): Promise<void> => {
    await watchTables(targetsOf(typeof statement === "string" ? statement : statement.text));
  };
  const watched: Session = {
    pid: session.pid,
    query: async <R>(statement: Sql | string, values?: readonly unknown[]): Promise<Rows<R>> => {
      called();
      await seen(statement);
      return session.query<R>(statement, values);
    },
    script: async (text) => {
      called();
      await seen(text);
      return session.script(text);
    },
    transaction: async (body) => {
      const before = new Map(doings.watched);
      const [counters, taken] = [await readCounters(session), doings.rolledBack.length];
      try {
        return await session.transaction(() => body(watched));
      } catch (error) {
        // The savepoint took the triggers with it that were made after it.
        for (const name of doings.watched.keys()) if (!before.has(name)) doings.watched.delete(name);
        doings.rolledBack.splice(taken, Infinity, ...unrecordedOf(counters, await readCounters(session), new Map()));
        throw error;
      }
    },
    copyIn: async (statement, data) => {
      called();
      await seen(statement);
      return session.copyIn(statement, data);
    },
    copyOut: (statement) => session.copyOut(statement),
    listen: (channel, onNotify) => session.listen(channel, onNotify),
    cancel: () => session.cancel(),
    onNotice: (listener) => session.onNotice(listener),
    close: () => Promise.resolve(),
  };
  return watched;
}

/** The line of the file that stands in a stack. */
export function lineInStack(stack: string | undefined, path: string): number | undefined {
  const at = (stack ?? "").indexOf(pathToFileURL(path).href);
  const line = at < 0 ? undefined : /^[^\s?)]+(?:\?\w+)?:(\d+):\d+/.exec((stack ?? "").slice(at))?.[1];
  return line === undefined ? undefined : Number(line);
}

/** Who called: the stack of a failure that the server tells of later does not reach back to it. */
function callerLine(path: string): number | undefined {
  return lineInStack(new Error("where").stack, path);
}
