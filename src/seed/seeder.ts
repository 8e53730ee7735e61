/** What a seeder is: the default export of a `.ts` file in the folder of seeders. */
import type { Row, Session } from "../core/engine.ts";
import type { Environment } from "../core/guard.ts";

/** What every kind of seeder declares: a `.ts` file by its exports, `.sql` by its first comments, `.csv` and `.jsonl` by a file beside it. */
export interface SeederFacts {
  /** Where it may run. Default: everywhere but production, and there too where `productionSafe`. */
  readonly environments?: readonly Environment[];
  /** For `--only`. Default: the file's name without its number. */
  readonly category?: string;
  /** It may run in production: reference data that bears being written again. Default false. */
  readonly productionSafe?: boolean;
  /** `--minimal` runs it. Default: `productionSafe`. */
  readonly essential?: boolean;
  /** Seeders that run before it, by name, beside those with lower numbers. They run with it when it is chosen. */
  readonly after?: readonly string[];
  /** Tables whose rows are recorded for undo, also where a trigger or a function writes them. */
  readonly tables?: readonly string[];
}

/** A seeder; `defineSeeder` types it. A file may instead export a function `seedName` and constants of these names. */
export interface Seeder extends SeederFacts {
  /** Runs in one transaction of its own. */
  run(seed: SeedContext): Promise<void>;
  /** `--validate` calls it after the run, in a transaction that changes nothing. Each text is one problem. */
  validate?(seed: Pick<SeedContext, "environment" | "session">): Promise<readonly string[]>;
}

/** What a seeder works with. */
export interface SeedContext {
  /** The profile that runs: the database's environment, unless another one was asked for. */
  readonly environment: Environment;
  /** Only the data that nothing works without is wanted. */
  readonly minimal: boolean;
  /** The session of this transaction, for what `upsert` does not cover. */
  readonly session: Session;
  /**
   * Writes rows by their natural key: new ones are inserted, changed ones updated, equal ones left alone (no new row
   * version, no value of a sequence). Answers with the rows as they are then, in the order given. The table may be
   * qualified. A column that a row leaves out gets its default, or keeps its value. Values are those of `Session`; a
   * json column takes any value, null is SQL's null.
   * Errors: SEED_TABLE_UNKNOWN, SEED_COLUMN_UNKNOWN, SEED_KEY_NOT_UNIQUE, SEED_KEY_AMBIGUOUS, SEED_ROW_INVALID, SEED_ROWS_HIDDEN.
   */
  upsert<R extends Row = Row>(table: string, rows: readonly Row[], options: UpsertOptions): Promise<readonly R[]>;
  /** Tells the person who runs it something once, such as a generated password, when all of the seeder is done; it is recorded nowhere. */
  tell(message: string): void;
}

export interface UpsertOptions {
  /** Columns of a unique index or constraint. */
  readonly key: readonly string[];
  /** False leaves the rows that are there as they are. Default true. */
  readonly update?: boolean;
}

/** Types a seeder; returns what it is given. */
export function defineSeeder(seeder: Seeder): Seeder {
  return seeder;
}
