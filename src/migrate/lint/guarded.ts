/** Runs SQL so that a failure, or what it does beyond the database, can be taken back without the rest of the transaction. */
import type { Row, Rows } from "../../core/engine.ts";
import type { Stage } from "./stage.ts";
import { ownRoles, type SharedWrites, sharedWrites } from "./shared.ts";

/** Why something was not executed. */
export const beyond = "it changes what all databases of the scratch server share; on a scratch server of its own it runs: --scratch pglite";

/** The results of `text`, or why it was taken back. Throws the server's error, after taking back what is taken back at all. */
export async function guarded(stage: Stage, text: string): Promise<readonly Rows<Row>[] | string> {
  const { session, alone, tolerant } = stage;
  if (!tolerant) return session.script(text);
  const before = alone ? undefined : await sharedWrites(session);
  await session.script("savepoint pgsteward_lint");
  try {
    const results = await session.script(text);
    if (before === undefined || (await isOurs(stage, before, await sharedWrites(session)))) return results;
  } catch (error) {
    await session.script("rollback to savepoint pgsteward_lint");
    throw error;
  }
  await session.script("rollback to savepoint pgsteward_lint");
  return beyond;
}

/** True where nothing of others was written: new roles can be given another name before they are committed. */
async function isOurs({ session, borrowed }: Stage, before: SharedWrites, after: SharedWrites): Promise<boolean> {
  if (after.others !== before.others) return false;
  if (after.newRoles === before.newRoles) return true;
  const own = await ownRoles(session);
  if (own !== undefined) borrowed.add(own.filter((name) => !borrowed.has(name)));
  return own !== undefined;
}
