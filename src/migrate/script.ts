/** `.ts` migrations, for changes of data: `export async function up(session)`, and `down` to undo it. Loaded only when they run. */
import { pathToFileURL } from "node:url";
import type { Session } from "../core/engine.ts";
import { failure } from "../core/errors.ts";
import { migrateErrors } from "./errors.ts";
import type { MigrationFile } from "./file.ts";

/** What a `.ts` migration exports. */
export interface MigrationScript {
  up(session: Session): Promise<void>;
  down?(session: Session): Promise<void>;
  /** False runs it outside a transaction; it must then bear being run twice. On a line of its own. Default true. */
  readonly transaction?: boolean;
}

/** True where a script's text asks to run outside a transaction: what a plan says of it must not need it loaded. */
export const asksForNoTransaction = (text: string): boolean => /^\s*export\s+const\s+transaction\b[^=\n]*=\s*false\b/m.test(text);

export interface LoadedScript {
  run(session: Session): Promise<void>;
}

export async function loadScript({ path, hash, transaction }: MigrationFile, direction: "up" | "down"): Promise<LoadedScript> {
  const module = await load(path, hash);
  const run = module[direction];
  if (typeof run !== "function")
    throw failure(migrateErrors, "MIGRATE_SCRIPT_INVALID", { path, problem: `it does not export ${direction}()` });
  if (transaction && module.transaction === false) {
    const problem = "it must say on a line of its own: export const transaction = false";
    throw failure(migrateErrors, "MIGRATE_SCRIPT_INVALID", { path, problem });
  }
  return { run: (session) => run(session) };
}

/** The content's hash in the URL: an edited file is loaded anew in a long-lived process. */
async function load(path: string, hash: string): Promise<Partial<MigrationScript>> {
  try {
    return (await import(`${pathToFileURL(path).href}?${hash.slice(0, 12)}`)) as Partial<MigrationScript>;
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw failure(migrateErrors, "MIGRATE_SCRIPT_INVALID", { path, problem }, { cause });
  }
}
