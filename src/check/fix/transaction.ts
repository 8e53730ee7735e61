/** How the transactions of a plan and of its execution begin. Neither lets row security hide rows: a statement that it would affect fails. */
import type { Session } from "../../core/engine.ts";
import { sql } from "../../core/sql.ts";

export interface Timeouts {
  readonly lockTimeoutMs: number;
  /** 0 means none. */
  readonly statementTimeoutMs: number;
}

/** One snapshot for everything that is asked. */
export async function beginReading(session: Session): Promise<void> {
  await session.script("set transaction isolation level repeatable read; set local row_security = off");
}

/** Each statement sees what was committed while an earlier one waited for a lock. */
export async function beginWriting(session: Session, { lockTimeoutMs, statementTimeoutMs }: Timeouts): Promise<void> {
  await session.script(`
    set transaction isolation level read committed, read write;
    set local row_security = off; set local lock_timeout = ${lockTimeoutMs}; set local statement_timeout = ${statementTimeoutMs}`);
}

/** Settings that end with the transaction. */
export async function setLocally(session: Session, settings: readonly (readonly [name: string, value: string])[]): Promise<void> {
  const [names, values] = [settings.map(([name]) => name), settings.map(([, value]) => value)];
  await session.query(
    sql`select pg_catalog.set_config(s.name, s.value, true) from unnest(${names}::text[], ${values}::text[]) s (name, value)`,
  );
}
