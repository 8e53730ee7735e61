/** What a seeder is: the default export of a `.ts` file in the folder of seeders. */
import type { Row, Session } from "../core/engine.ts";
import type { Environment } from "../core/guard.ts";

/** A seeder; `defineSeeder` types it. A file may instead export a function `seedName` and constants of these names. */
export interface Seeder {
  /** Where it may run. Default: everywhere but production, and there too where `productionSafe`. */
  readonly environments?: readonly Environment[];
  /** For `--only`. Default: the file's name without its number. */
  readonly category?: string;
  /** It may run in production: reference data that bears being written again. Default false. */
  readonly productionSafe?: boolean;
  /** `--minimal` runs it. Default: `productionSafe`. */
  readonly essential?: boolean;
  /** Seeders that run before it, by name, beside those with lower numbers. */
  readonly after?: readonly string[];
  /** Tables that it fills, where it does not go through `upsert`. */
  readonly tables?: readonly string[];
  /** Runs in one transaction of its own. */
  run(seed: SeedContext): Promise<void>;
}

/** What a seeder works with. */
export interface SeedContext {
  readonly environment: Environment;
  /** Only the data that nothing works without is wanted. */
  readonly minimal: boolean;
  /** The session of this transaction, for what `upsert` does not cover. */
  readonly session: Session;
  /**
   * Writes rows by their natural key: new ones are inserted, changed ones updated, equal ones left alone (no new row
   * version). The table may be qualified. `update: false` leaves the rows that are there as they are.
   */
  upsert<R extends Row>(table: string, rows: readonly R[], options: UpsertOptions): Promise<readonly R[]>;
  /** Tells the person who runs it something once, such as a generated password; it is recorded nowhere. */
  tell(message: string): void;
}

export interface UpsertOptions {
  /** Columns of a unique index or constraint. */
  readonly key: readonly string[];
  /** Default true. */
  readonly update?: boolean;
}

/** Types a seeder; returns what it is given. */
export function defineSeeder(seeder: Seeder): Seeder {
  return seeder;
}
