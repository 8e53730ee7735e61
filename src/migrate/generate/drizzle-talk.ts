/** What we and the process that loads a drizzle schema say to each other. */
import type { Renamed } from "./decisions.ts";

export interface DrizzleTask {
  /** The project: packages are resolved from here. */
  readonly root: string;
  /** drizzle.config.ts, where there is one. */
  readonly config: string | undefined;
  /** Instead of the configuration's. */
  readonly schema: string | undefined;
  /** Asks for drizzle-kit's own migration in a folder of its 1.0 layout, instead of the schema. */
  readonly folder?: FolderTask;
}

export interface FolderTask {
  /** A copy, which drizzle-kit writes into. */
  readonly out: string;
  /** The schema's. */
  readonly files: readonly string[];
  readonly name: string;
  readonly renames: readonly Renamed[];
}

export interface FolderAnswer {
  readonly kind: "folder";
  /** The SQL that drizzle-kit wrote: its snapshot lies beside it. */
  readonly migration: string;
}

export interface DrizzleAnswer {
  readonly kind: "schema";
  /** Version of drizzle-kit. */
  readonly kit: string;
  readonly files: readonly string[];
  /** That make the whole schema from nothing. */
  readonly statements: readonly string[];
  /** As drizzle-kit writes it beside a migration. */
  readonly snapshot: Readonly<Record<string, unknown>>;
  readonly breakpoints: boolean;
  /** How drizzle-kit begins the names of migrations. */
  readonly prefix: string;
}

export interface DrizzleProblem {
  readonly kind: "problem";
  /** `missing`: a package; `version`: one that we do not know; `schema`: the project's files; `kit`: drizzle-kit itself. */
  readonly what: "missing" | "version" | "schema" | "kit";
  readonly text: string;
  readonly path?: string;
  /** Of Node: ERR_MODULE_NOT_FOUND. */
  readonly code?: string;
  readonly detail?: string;
}
