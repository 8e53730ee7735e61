/**
 * The environment that a database itself says it is. A URL can be wrong; the database that it leads to still knows what it
 * is. The mark counts only on the server and in the database that it was written for, so a restored copy is free.
 */
import type { Session } from "./engine.ts";
import { failure, sqlstate } from "./errors.ts";
import type { Listener } from "./events.ts";
import { type Environment, guardErrors, type Target } from "./guard.ts";
import { isLedgerAbsent } from "./ledger.ts";
import { sql } from "./sql.ts";

export interface EnvironmentMark {
  readonly environment: Environment;
  /** It was written for this very database. */
  readonly binding: boolean;
  /** Database it was written for, where that is another one. */
  readonly database: string;
  readonly markedBy: string;
  readonly markedAt: Date;
}

/** Answers of a role that may not read it, and of a ledger that does not have it yet. */
const unreadable: readonly (string | undefined)[] = ["42501", "42703"];

/** The mark, undefined where the database has none. One query. */
export async function readMark(session: Session): Promise<EnvironmentMark | undefined> {
  try {
    const { rows } = await session.query<EnvironmentMark>(sql`
      select m.environment, m.database_name as database, m.marked_by as "markedBy", m.marked_at as "markedAt",
        m.database_name = current_database() and m.system_identifier = s.system_identifier::text as binding
      from pgsteward.database_environment m cross join pg_catalog.pg_control_system() s`);
    return rows[0];
  } catch (error) {
    if (isLedgerAbsent(error) || unreadable.includes(sqlstate(error))) return undefined;
    throw error;
  }
}

/** Writes the mark for this database. The ledger must be installed. */
export async function writeMark(session: Session, environment: Environment, by: string): Promise<void> {
  await session.query(sql`
    insert into pgsteward.database_environment (environment, system_identifier, database_name, marked_by)
    select ${environment}, s.system_identifier::text, current_database(), ${by} from pg_catalog.pg_control_system() s
    on conflict (only_row) do update set environment = excluded.environment, system_identifier = excluded.system_identifier,
      database_name = excluded.database_name, marked_by = excluded.marked_by, marked_at = excluded.marked_at`);
}

const protection: Readonly<Record<Environment, number>> = { production: 2, staging: 1, demo: 0, testing: 0, development: 0 };

/** Refuses to change a database whose own mark asks for more protection than the configuration would give it. */
export async function refuseUnderstated(session: Session, operation: string, target: Target, events: Listener): Promise<void> {
  const mark = await readMark(session);
  if (!mark || protection[mark.environment] <= protection[target.environment]) return;
  const { environment: marked, database: original } = mark;
  if (!mark.binding) {
    const message = `a mark says ${marked}, but it was written for the database ${original} elsewhere: it does not bind this one`;
    events({ type: "note", level: "warning", message });
    return;
  }
  const { database, environment, environmentFrom } = target;
  throw failure(guardErrors, "GUARD_ENVIRONMENT_MISMATCH", { operation, database, environment, from: environmentFrom, marked });
}
