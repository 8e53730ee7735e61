/** The down of a generated migration: derived from its statements, else the way back between the two schemas; proved either way. */
import { readSchema } from "../diff/read.ts";
import type { Schema } from "../diff/schema.ts";
import { derivedDown } from "../prove/derive/derived-down.ts";
import { ownedCatalog } from "../prove/bench.ts";
import { experiment } from "../prove/experiment.ts";
import { describeLoss } from "../prove/rows/losses.ts";
import type { Bench } from "../replay.ts";
import { migrationOf } from "./migration-of.ts";

export interface Down {
  readonly verdict: "proved" | "lossy" | "none";
  readonly sql: string | undefined;
  /** Data that it does not bring back, in words. */
  readonly losses: readonly string[];
  /** Why there is none. */
  readonly problems: readonly string[];
}

/** On a bench that stands before the migration. `back` writes what leads from a schema to that of the bench. */
export async function downOf(bench: Bench, up: string, back: (after: Schema) => string): Promise<Down> {
  const file = migrationOf(up);
  const making = { rows: 3, solved: new Map() };
  const derived = await derivedDown(bench, file, making);
  if (derived.verdict === "proved" || derived.verdict === "lossy")
    return { verdict: derived.verdict, sql: derived.sql, losses: derived.losses, problems: [] };
  const problems = [...derived.refused.map(({ statement, reason }) => `${statement}: ${reason}`), ...derived.problems];
  const sql = await bench.undoing(async () => {
    await bench.apply(file);
    return back(await readSchema(bench.session, { ignoreSchemas: bench.ignoreSchemas }));
  });
  const down = { path: file.path, line: 1, text: sql };
  const { proof } = await experiment(bench, { ...file, down }, making, await ownedCatalog(bench));
  const losses = proof.losses.map(describeLoss);
  if (proof.verdict === "proved" || proof.verdict === "lossy") return { verdict: proof.verdict, sql, losses, problems: [] };
  return { verdict: "none", sql: undefined, losses: [], problems };
}
