/** A database with a schema, and a folder of seeders. */
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { ConfigInput } from "../../src/core/config.ts";
import type { Row, Session } from "../../src/core/engine.ts";
import type { Steward, StewardOptions } from "../../src/steward.ts";
import { type Files, project, type Project, writeFiles } from "./migrate-project.ts";
import type { DatabaseOptions } from "./migrate-server.ts";

export interface SeedProject extends Project {
  readonly session2: Session;
  /** Writes into the folder of seeders. */
  seeders(files: Files): Promise<void>;
  rows<R extends Row = Row>(query: string): Promise<R[]>;
  /** Every row of the tables, with its place and the transaction that wrote it. */
  versions(...tables: readonly string[]): Promise<readonly string[]>;
  /** Every row of the tables as text. */
  content(...tables: readonly string[]): Promise<readonly string[]>;
}

export async function seedProject(t: TestContext, schema: string, files: Files = {}, options: DatabaseOptions = {}): Promise<SeedProject> {
  const p = await project(t, {}, options);
  const session2 = await p.session();
  if (schema !== "") await session2.script(schema);
  const seeders = (more: Files): Promise<void> => writeFiles(join(p.dir, "seeders"), more);
  await seeders(files);
  const rows = async <R extends Row>(query: string): Promise<R[]> => (await session2.query<R>(query)).rows;
  const each = async (tables: readonly string[], columns: string): Promise<readonly string[]> => {
    const found = await Promise.all(tables.map((table) => rows<{ line: string }>(`select ${columns} as line from ${table} t order by 1`)));
    return found.flatMap((one, i) => one.map(({ line }) => `${tables[i] ?? ""} ${line}`));
  };
  return {
    ...p,
    session2,
    seeders,
    rows,
    versions: (...tables) => each(tables, "t::text || ' ' || t.ctid || ' ' || t.xmin"),
    content: (...tables) => each(tables, "t::text"),
  };
}

/** A steward on the project in an environment. */
export function stewardIn(
  p: SeedProject,
  environment: string,
  config: ConfigInput = {},
  more: Partial<StewardOptions> = {},
): Promise<Steward> {
  return p.steward({ environment, ...config }, more);
}

/** What was told while seeders ran. */
export function notes(p: SeedProject): readonly string[] {
  return p.events.flatMap((event) => (event.type === "note" ? [event.message] : []));
}
