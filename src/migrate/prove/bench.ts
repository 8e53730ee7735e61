/** What experiments on a bench have in common. */
import { type Catalog, readCatalog } from "../../core/catalog.ts";
import type { Row, Rows, Session } from "../../core/engine.ts";
import { asStewardError, type StewardError } from "../../core/errors.ts";
import type { MigrationFile } from "../file.ts";
import { type Bench, settle } from "../replay.ts";
import { preparing } from "./prepared.ts";

/**
 * The whole catalog, with the names of owners: on a bench they differ only by what files do. The schemas of the platform too,
 * where a migration can put a trigger.
 */
export function ownedCatalog({ session }: Bench): Promise<Catalog> {
  return readCatalog(preparing(session), { owners: true });
}

/** Runs a section as in a session of its own, as far as temporary tables show it. */
export async function runAlone(bench: Bench, file: MigrationFile, direction: "up" | "down"): Promise<void> {
  await bench.apply(file, direction);
  await bench.session.script("discard temp");
}

/** Why `work` failed; undefined where it did not. */
export function failureOf(work: Promise<unknown>): Promise<StewardError | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => causeOf(asStewardError(error)),
  );
}

/** The bench says "the applied files do not run": here the cause says more. */
function causeOf(error: StewardError): StewardError {
  return error.code === "MIGRATE_SCRATCH_FAILED" && error.cause !== undefined ? asStewardError(error.cause) : error;
}

/** Runs a script in the open transaction, all of it or nothing; what failed is the answer. */
export async function attempt(
  session: Session,
  text: string,
): Promise<{ readonly results: Rows<Row>[] } | { readonly failed: StewardError }> {
  // A message of its own: one that cannot be parsed leaves no savepoint behind.
  await session.script(`${settle}; savepoint pgsteward_attempt`);
  try {
    return { results: (await session.script(`${text}\n; release savepoint pgsteward_attempt`)).slice(0, -1) };
  } catch (error) {
    await session.script("rollback to savepoint pgsteward_attempt; release savepoint pgsteward_attempt");
    return { failed: asStewardError(error) };
  }
}
