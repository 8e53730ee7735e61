/** A file of the folder of seeders, read: what it declares, and what it does when it runs. */
import type { Declared } from "./declare.ts";
import type { Session } from "../core/engine.ts";
import type { SeedContext } from "./seeder.ts";
import type { Table } from "./table.ts";

export interface SeederFile extends Declared {
  /** The file's name without its ending: `001_admin_user`. */
  readonly name: string;
  readonly path: string;
  readonly kind: "ts" | "sql" | "csv" | "jsonl";
  /** sha256 of what it consists of, the modules that it imports by relative paths included. */
  readonly hash: string;
  /** What it executes, where that can be printed. */
  readonly sql?: string;
  run(seed: SeederRun): Promise<void>;
  validate?(seed: Pick<SeedContext, "environment" | "session">): Promise<readonly string[]>;
}

/** What a file works with: what a seeder sees, and for files of data the way past JavaScript. */
export interface SeederRun extends SeedContext {
  readonly data: DataAccess;
}

export interface DataAccess {
  /** The record of this run. */
  readonly id: bigint;
  /** The session itself: what goes through it is not watched. */
  readonly session: Session;
  table(name: string): Promise<Table>;
  /** Says which columns of a table were filled, and how many rows were as they should be. */
  filled(table: Table, columns: readonly string[], unchanged: number): void;
  /** Records what is written to these tables from now on. */
  watch(names: readonly string[]): Promise<void>;
}
