/** What row level security is asked: as a role that is no superuser, in a transaction that is taken back. */
import type { Row, Session } from "../../src/core/engine.ts";
import { sqlstate } from "../../src/core/errors.ts";
import { id } from "../../src/core/sql.ts";

/** `local` are settings of the transaction. */
export async function asRole<T>(
  session: Session,
  role: string,
  local: Readonly<Record<string, string>>,
  body: () => Promise<T>,
): Promise<T> {
  await session.script(`begin; set local role ${id(role).text}`);
  try {
    for (const [name, value] of Object.entries(local)) await session.query("select set_config($1, $2, true)", [name, value]);
    return await body();
  } finally {
    await session.script("rollback");
  }
}

/** The sqlstate of a refusal, undefined for a statement that went through; either way nothing of it stays. */
export async function refusalOf(session: Session, text: string, values: readonly unknown[] = []): Promise<string | undefined> {
  await session.script("savepoint before");
  try {
    await session.query(text, values);
    return undefined;
  } catch (error) {
    const state = sqlstate(error);
    if (state === undefined) throw error;
    return state;
  } finally {
    await session.script("rollback to savepoint before; release savepoint before");
  }
}

export async function rowOf(session: Session, text: string, values: readonly unknown[] = []): Promise<Row> {
  const { rows } = await session.query(text, values);
  return rows[0] ?? {};
}

/** Rows that a query answers, or that an INSERT, UPDATE or DELETE changes. */
export async function rowsIn(session: Session, text: string, values: readonly unknown[] = []): Promise<number> {
  return (await session.query(text, values)).count;
}
