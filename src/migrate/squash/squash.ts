/** `migrate squash`: one baseline file in the place of many, proved equal in catalog and rows. */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { failure } from "../../core/errors.ts";
import type { ActingOperation, Context } from "../../core/operation.ts";
import { migrateErrors } from "../errors.ts";
import type { MigrationFile } from "../file.ts";
import { type Folder, readFolder } from "../folder.ts";

export interface SquashOptions {
  /** The last version or name that goes into the baseline. Default: the last. */
  until?: string | undefined;
  /** Writes the baseline and moves the old files to `squashed/`. Default true. */
  write?: boolean | undefined;
}

export interface SquashResult {
  readonly path: string;
  /** Names that it stands for. */
  readonly absorbs: readonly string[];
  readonly sql: string;
  readonly written: boolean;
  /** Where it was proved. */
  readonly where: string;
}

export const squash: ActingOperation<SquashOptions, SquashResult> = {
  kind: "act",
  name: "migrate squash",
  summary: "write one baseline in the place of many migrations, proved equal on a scratch database",
  risk: "reads",
  positional: ["until"],
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      until: z.string().optional().describe("the last version that goes into the baseline (default: the last)"),
      write: z.boolean().optional().describe("write it and move the old files to squashed/ (default); --no-write prints it"),
    });
  },
  examples: ["pgsteward migrate squash 020 --no-write", "pgsteward migrate squash"],
  async act(ctx, { until, write = true }) {
    const folder = await readFolder(ctx.config);
    const files = chosenFrom(folder, until);
    const { sql, where } = await baselineOf(ctx, files);
    const version = files.at(-1)?.version ?? "";
    const name = version === "" ? "baseline" : `${version}_baseline`;
    const text = fileOf(name, files, sql);
    const path = join(folder.dir, `${name}.sql`);
    if (write) await replace(folder, files, path, text);
    return { path, absorbs: files.map((file) => file.name), sql: text, written: write, where };
  },
};

function chosenFrom({ files, layout }: Folder, until: string | undefined): readonly MigrationFile[] {
  if (layout.name !== "pgsteward") throw failure(migrateErrors, "MIGRATE_SQUASH_NOTHING", { problem: `the folder is ${layout.name}'s` });
  const bare = (text: string): string => text.replace(/^0+(?=\d)/, "");
  const last =
    until === undefined
      ? files.length - 1
      : files.findIndex(({ name, version }) => name === until || (version !== "" && bare(version) === bare(until)));
  if (last < 0) throw failure(migrateErrors, "MIGRATE_UNKNOWN_VERSION", { version: until });
  if (last < 1) throw failure(migrateErrors, "MIGRATE_SQUASH_NOTHING", { problem: "a baseline stands for two migrations or more" });
  return files.slice(0, last + 1);
}

/** What the files make, as SQL: run once for real, then proved by running the SQL in their place. */
async function baselineOf(ctx: Context, files: readonly MigrationFile[]): Promise<{ sql: string; where: string }> {
  const { extensionsOf, onScratch } = await import("../replay.ts");
  const { dumpSchema } = await import("../diff/dump.ts");
  const { readSchema } = await import("../diff/read.ts");
  const { dumpRows } = await import("./dump-rows.ts");
  const { rowHashes } = await import("../rows.ts");
  return onScratch(ctx, extensionsOf(files), async (bench) => {
    if (bench.missing.length > 0)
      throw failure(migrateErrors, "MIGRATE_EXTENSION_UNAVAILABLE", {
        names: `extension ${bench.missing.join(", ")} is`,
        where: bench.where,
      });
    const options = { ignoreSchemas: bench.ignoreSchemas };
    const onto = await readSchema(bench.session, options);
    const made = await bench.undoing(async () => {
      for (const file of files) await bench.apply(file);
      const [schema, rows] = [await dumpSchema(bench.session, { ...options, onto }), await dumpRows(bench)];
      return { sql: [schema, rows].filter(Boolean).join("\n\n"), catalog: await bench.catalog(), rows: await rowHashes(bench) };
    });
    const again = await bench.undoing(async () => {
      await bench.session.script(made.sql);
      return { catalog: await bench.catalog(), rows: await rowHashes(bench) };
    });
    await refuseDifferences(made, again);
    return { sql: made.sql, where: bench.where };
  });
}

type Made = {
  readonly catalog: Awaited<ReturnType<typeof import("../../core/catalog.ts").readCatalog>>;
  readonly rows: ReadonlyMap<string, string>;
};

async function refuseDifferences(wanted: Made, made: Made): Promise<void> {
  const { describeDifference, diffCatalogs } = await import("../../core/schema-diff.ts");
  const objects = diffCatalogs(wanted.catalog, made.catalog).map(describeDifference);
  const tables = [...wanted.rows]
    .filter(([table, hash]) => made.rows.get(table) !== hash)
    .map(([table]) => `table ${table} has other rows`);
  const differences = [...objects, ...tables];
  if (differences.length > 0)
    throw failure(
      migrateErrors,
      "MIGRATE_SQUASH_UNPROVED",
      { count: differences.length, differences },
      { detail: differences.slice(0, 20).join("\n") },
    );
}

function fileOf(name: string, files: readonly MigrationFile[], sql: string): string {
  const absorbs = files.map((file) => `-- pgsteward: absorbs ${file.name} ${file.upHash}`);
  return [
    `-- Migration: ${name}`,
    `-- Description: what ${files.length} migrations made, squashed`,
    ...absorbs,
    "",
    "-- Up migration",
    sql,
    "",
  ].join("\n");
}

/** The old files are kept beside: another branch, or a database that is behind, may need them. */
async function replace({ dir }: Folder, files: readonly MigrationFile[], path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: "wx" });
  const kept = join(dir, "squashed");
  await mkdir(kept, { recursive: true });
  for (const { path: old, down } of files) {
    await rename(old, join(kept, basename(old)));
    if (down && down.path !== old && dirname(down.path) === dir) await rename(down.path, join(kept, basename(down.path)));
  }
}
