/** A file of the folder of seeders, read: what it declares, and what it does when it runs. */
import type { Declared } from "./declare.ts";
import type { SeedContext } from "./seeder.ts";

export interface SeederFile extends Declared {
  /** The file's name without its ending: `001_admin_user`. */
  readonly name: string;
  readonly path: string;
  readonly kind: "ts" | "sql" | "csv" | "jsonl";
  /** sha256 of what it consists of. */
  readonly hash: string;
  /** False where running it a second time, unchanged, could write rows twice: SQL of its own, data without a key. */
  readonly repeatable: boolean;
  run(seed: SeederRun): Promise<void>;
  validate?(seed: Pick<SeedContext, "environment" | "session">): Promise<readonly string[]>;
}

/** What a file works with: what a seeder sees, and for files of data the way past JavaScript. */
export interface SeederRun extends SeedContext {
  /** Records that an upsert which did not go through `upsert` wrote so many rows. */
  readonly id: bigint;
}
