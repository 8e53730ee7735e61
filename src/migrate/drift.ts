/** Drift: the live catalog against what the files make. */
import { readCatalog } from "../core/catalog.ts";
import type { Context } from "../core/operation.ts";
import { type Difference, diffCatalogs } from "../core/schema-diff.ts";
import type { MigrationFile } from "./file.ts";
import { knownHistories } from "./layouts/layouts.ts";
import { extensionsOf, onScratch } from "./replay.ts";

export interface Drift {
  readonly differences: readonly Difference[];
  /** Where the files were run. */
  readonly where: string;
  /** Extensions that no engine here offers: with one of these nothing could be compared. */
  readonly missing: readonly string[];
}

/** Runs `files` on a scratch database and compares the live catalog with what they made. */
export function findDrift(ctx: Context, files: readonly MigrationFile[]): Promise<Drift> {
  return onScratch(ctx, extensionsOf(files), async (bench) => {
    if (bench.missing.length > 0) return { differences: [], where: bench.where, missing: bench.missing };
    for (const file of files) await bench.apply(file);
    const actual = await readCatalog(await ctx.session(), { ignoreSchemas: bench.ignoreSchemas });
    const differences = diffCatalogs(await bench.catalog(), actual).filter(
      (difference) => !isForeignHistory(difference) && !isOfDatabase(difference),
    );
    return { differences, where: bench.where, missing: [] };
  });
}

/** What another tool keeps for itself is no drift: its history table, and the schema made for it. */
function isForeignHistory({ change, kind, name }: Difference): boolean {
  if (change !== "unexpected") return false;
  return knownHistories.some((table) => {
    const [schema = ""] = table.split(".");
    const bare = name.replace(/^\w+ (?=\w+\.)/, "");
    return (
      bare === table ||
      bare.startsWith(`${table}_`) ||
      bare.startsWith(`${table}.`) ||
      (schema !== "public" && ((kind === "schema" && name === schema) || bare.startsWith(`${schema}.`)))
    );
  });
}

/** Grants on the database itself belong to the host: a scratch database has another name and another owner. */
function isOfDatabase({ kind, name }: Difference): boolean {
  return kind === "grant" && name.startsWith("database to ");
}
