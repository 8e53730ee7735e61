/** Layout: how one tool lays out its folder of migrations, and where it keeps its history. One file a tool. */
import type { Config } from "../../core/config.ts";
import type { Session } from "../../core/engine.ts";
import type { MigrationFile } from "../file.ts";

export type LayoutName = Exclude<Config["migrate"]["format"], "auto">;

export interface Layout {
  readonly name: LayoutName;
  /** True where the folder can only be this tool's; `entries` are the names in it. Asked in the order of `layouts`. */
  detect(dir: string, entries: readonly string[]): Promise<boolean>;
  /** Every migration of the folder, in the order in which the tool would apply them. */
  read(dir: string): Promise<readonly MigrationFile[]>;
  /** The tool's own record of what is applied; undefined for our own layout. */
  readonly history?: ForeignHistory;
}

export interface ForeignHistory {
  /** The table's qualified name, for messages. */
  readonly table: string;
  /** What the tool recorded as applied, in order, matched to the folder's files; undefined where the table does not exist. */
  read(session: Session, files: readonly MigrationFile[]): Promise<readonly ForeignRow[] | undefined>;
}

/** One applied migration as another tool recorded it. */
export interface ForeignRow {
  /** As the tool calls it. */
  readonly label: string;
  /** The folder's file that it is; undefined where the folder has none. */
  readonly file: MigrationFile | undefined;
  readonly appliedAt: Date | undefined;
  /** Whether the tool's checksum matches the file; undefined where the tool keeps none. */
  readonly checksumMatches: boolean | undefined;
  /** False for a migration that the tool recorded as failed or half done. */
  readonly finished: boolean;
}
