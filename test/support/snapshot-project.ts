/** A database that is copied, and one of the same schema that the copy is loaded into. */
import { cp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Row } from "../../src/core/engine.ts";
import type { SnapshotSpec } from "../../src/seed/snapshot/spec.ts";
import { seedProject, type SeedProject } from "./seed-project.ts";

export const salt = "a salt of the tests, long enough";

export interface SnapshotProject extends SeedProject {
  /** Writes snapshot.ts. */
  rules(spec: SnapshotSpec): Promise<void>;
  /** The files of the last snapshot with their text. */
  files(): Promise<Readonly<Record<string, string>>>;
  /** A fresh database with the schema, and the snapshot loaded into it by `seed run`. */
  load(): Promise<SeedProject>;
}

export async function snapshotProject(t: TestContext, schema: string, data = "", spec?: SnapshotSpec): Promise<SnapshotProject> {
  const p = await seedProject(t, schema);
  if (data !== "") await p.session2.script(data);
  const seeders = join(p.dir, "seeders");
  const rules = (given: SnapshotSpec): Promise<void> => p.seeders({ "snapshot.ts": `export default ${JSON.stringify(given)};` });
  await rules({ salt, ...spec });
  return {
    ...p,
    rules,
    files: async () => {
      const names = (await readdir(seeders)).filter((name) => name.includes("_snapshot_")).sort();
      return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(seeders, name), "utf8")] as const)));
    },
    load: async () => {
      const fresh = await seedProject(t, schema);
      await cp(seeders, join(fresh.dir, "seeders"), { recursive: true });
      const { findings } = await (await fresh.steward()).seed.run({ profile: "snapshot", validate: true });
      // Rows of a table without a key cannot be recorded, which is told.
      if (findings.some(({ severity }) => severity !== "info")) throw new Error(JSON.stringify(findings));
      return fresh;
    },
  };
}

export async function only<R extends Row>(p: SeedProject, query: string): Promise<R> {
  const [row, ...more] = await p.rows<R>(query);
  if (!row || more.length > 0) throw new Error(`not one row: ${query}`);
  return row;
}
