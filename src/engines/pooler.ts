/** Tells a pooler in transaction mode from one in session mode, by what it does. */
import { failure, StewardError } from "../core/errors.ts";
import type { Session } from "../core/engine.ts";
import { engineErrors } from "./errors.ts";
import type { PostgresEngine } from "./postgres.ts";
import type { PgSession } from "./session.ts";

/**
 * Throws ENGINE_TRANSACTION_POOLER when two sessions share a backend, or one session changes backends. Costs nothing on a
 * direct connection. Only pids are compared: an advisory lock taken for the test could not be given back through such a pooler.
 */
export async function detectTransactionPooling(engine: PostgresEngine): Promise<void> {
  if (!engine.behindPooler) return;
  const first = await engine.session();
  const second = await openSecond(engine);
  try {
    if (second && (await sharesBackends(first, second))) {
      throw failure(engineErrors, "ENGINE_TRANSACTION_POOLER", { ...first.place });
    }
  } finally {
    await Promise.all([first.close(), second?.close()]);
  }
}

/** A pooler in session mode whose only server connection is taken by the first session lets the second wait: no transaction mode. */
async function openSecond(engine: PostgresEngine): Promise<PgSession | undefined> {
  try {
    return await engine.session({ waitMs: 5_000 });
  } catch (error) {
    if (StewardError.is(error) && ["ENGINE_UNREACHABLE", "ENGINE_TOO_MANY_CONNECTIONS"].includes(error.code)) return undefined;
    throw error;
  }
}

/** While the second holds a transaction open, the first must get a backend of its own, and always the same. */
async function sharesBackends(first: Session, second: Session): Promise<boolean> {
  const mine = await backend(first);
  return second.transaction(async () => {
    const other = await backend(second);
    return other === mine || (await backend(first)) !== mine;
  });
}

async function backend(session: Session): Promise<number> {
  const { rows } = await session.query<{ pid: number }>("select pg_catalog.pg_backend_pid() as pid");
  return rows[0]?.pid ?? 0;
}
