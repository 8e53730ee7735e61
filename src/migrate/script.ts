/** `.ts` migrations, for changes of data: `export async function up(session)`, and `down` to undo it. Loaded only when they run. */
import { pathToFileURL } from "node:url";
import type { Row, Session } from "../core/engine.ts";
import { failure } from "../core/errors.ts";
import { id } from "../core/sql.ts";
import type { Backfill, Chunk } from "./backfill.ts";
import { migrateErrors } from "./errors.ts";
import { asksForBackfill, type MigrationFile } from "./file.ts";

/** What a `.ts` migration exports. */
export interface MigrationScript {
  up(session: Session): Promise<void>;
  down?(session: Session): Promise<void>;
  /** False runs it outside a transaction; it must then bear being run twice. On a line of its own. Default true. */
  readonly transaction?: boolean;
}

/**
 * What a `.ts` migration exports that works through a table in chunks by primary key: `export const backfill = { table: "public.users" }`
 * on a line of its own. Each call of `up` is a transaction, with the chunk's rows locked in it, that also records how far
 * it came: a run that failed or was killed goes on behind the last chunk, and no chunk is committed twice.
 */
export interface BackfillScript<R = Row> {
  readonly backfill: BackfillOptions;
  /** Works on one chunk; not called where it has no rows. */
  up(session: Session, rows: readonly R[]): Promise<void>;
  /** Runs in one transaction. */
  down?(session: Session): Promise<void>;
}

export interface BackfillOptions {
  /** As SQL names it: `public.users`. It needs a primary key. */
  readonly table: string;
  /** Rows a chunk. Default 1,000. */
  readonly batch?: number;
  /** Rest between two chunks. It grows while a replica lags or somebody waits for a lock of ours. Default 0. */
  readonly pauseMs?: number;
  /** Columns that `up` needs. Default: all. */
  readonly columns?: readonly string[];
  /** Which rows, as SQL: `email_hash is null`. Default: all. */
  readonly where?: string;
}

export interface LoadedScript {
  /** Of a script that runs in chunks, works on one; without `chunk`, on all rows. */
  run(session: Session, chunk?: Chunk): Promise<void>;
  readonly backfill?: Backfill;
}

export async function loadScript(file: MigrationFile, direction: "up" | "down"): Promise<LoadedScript> {
  const module = await load(file.path, file.hash);
  const run = module[direction];
  const refuse = (problem: string): never => {
    throw failure(migrateErrors, "MIGRATE_SCRIPT_INVALID", { path: file.path, problem });
  };
  if (typeof run !== "function") return refuse(`it does not export ${direction}()`);
  if (file.transaction && module.transaction === false) refuse("it must say on a line of its own: export const transaction = false");
  if (direction === "down") return { run: (session) => run(session, []) };
  if (asksForBackfill(file.up.text) !== (module.backfill !== undefined))
    refuse("it must say on a line of its own: export const backfill = { … }");
  if (module.backfill === undefined) return { run: (session) => run(session, []) };
  const backfill = checked(module.backfill, file.path);
  return {
    backfill,
    run: async (session, chunk) => {
      const { rows } = await session.query(chosenBy(backfill, chunk));
      if (rows.length > 0) await run(session, rows);
    },
  };
}

type ScriptBackfill = Required<BackfillOptions>;

/** Errors: MIGRATE_BACKFILL_INVALID. */
function checked(given: BackfillOptions, path: string): ScriptBackfill {
  const options = { batch: 1000, pauseMs: 0, columns: [], where: "true", ...given };
  const { table, batch, pauseMs, columns, where } = options;
  const unknown = Object.keys(options).find((key) => !["table", "batch", "pauseMs", "columns", "where"].includes(key));
  const typed = typeof table === "string" && typeof where === "string" && Array.isArray(columns);
  if (unknown === undefined && typed && Number.isInteger(batch) && batch >= 1 && pauseMs >= 0) return options;
  const problem = unknown === undefined ? "it takes { table, batch, pauseMs, columns, where }" : `it does not know ${unknown}`;
  throw failure(migrateErrors, "MIGRATE_BACKFILL_INVALID", { path, problem });
}

/** Locked, so that what `up` has read is still so when it writes. */
function chosenBy({ table, columns, where }: ScriptBackfill, chunk: Chunk | undefined): string {
  const list = columns.length === 0 ? "t.*" : columns.map((column) => `t.${id(column).text}`).join(", ");
  return `select ${list} from ${table} t where (${where}\n) and ${chunk?.within("t") ?? "true"} for no key update of t`;
}

/** The content's hash in the URL: an edited file is loaded anew in a long-lived process. */
async function load(path: string, hash: string): Promise<Partial<MigrationScript & BackfillScript>> {
  try {
    return (await import(`${pathToFileURL(path).href}?${hash.slice(0, 12)}`)) as Partial<MigrationScript & BackfillScript>;
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw failure(migrateErrors, "MIGRATE_SCRIPT_INVALID", { path, problem }, { cause });
  }
}
