/** Derives the down section of a migration and proves it: what is not proved is none. */
import type { Catalog } from "../../../core/catalog.ts";
import type { MigrationFile } from "../../file.ts";
import type { Bench } from "../../replay.ts";
import { ownedCatalog } from "../bench.ts";
import { experiment, type Making } from "../experiment.ts";
import type { FileProof } from "../proof.ts";
import { describeLoss, type Loss } from "../rows/losses.ts";
import type { Undo } from "./undo.ts";
import { derive, type Refusal } from "./derive.ts";
import { textOf, withoutNeedless } from "./text.ts";

export interface DerivedDown {
  /** `refused`: a statement has no inverse; `not proved`: the inverse does not bring back what was. */
  readonly verdict: "proved" | "lossy" | "refused" | "not proved";
  /** The section, also where it is not proved. */
  readonly sql: string;
  readonly refused: readonly Refusal[];
  /** What the proof says against it. */
  readonly problems: readonly string[];
  /** What is lost, in words. */
  readonly losses: readonly string[];
}

/** On a bench that stands before `file`; it stays there. */
export async function derivedDown(bench: Bench, file: MigrationFile, making: Making): Promise<DerivedDown> {
  const before = await ownedCatalog(bench);
  const { undos, refused } = await derive(bench, file, before);
  if (refused.length > 0) return { verdict: "refused", sql: textOf(undos), refused, problems: [], losses: [] };
  const short = withoutNeedless(undos);
  const first = await tryDown(bench, file, making, before, short);
  // A part that goes with its table may have to go earlier: a key between two tables, a trigger whose function goes first.
  return first.verdict === "not proved" && short.length < undos.length ? tryDown(bench, file, making, before, undos) : first;
}

async function tryDown(bench: Bench, file: MigrationFile, making: Making, before: Catalog, undos: readonly Undo[]): Promise<DerivedDown> {
  const text = undos.length === 0 ? "-- nothing to undo" : textOf(undos);
  const down = { path: file.path, line: 1, text, transaction: file.transaction };
  const { proof } = await experiment(bench, { ...file, down }, making, before);
  const isProved = proof.verdict === "proved" || proof.verdict === "lossy";
  const problems = isProved ? [] : proof.problems.length > 0 ? proof.problems : [proof.reason ?? proof.verdict];
  const found = lossesByObject(proof);
  // What rows have shown says more than that it had to be so.
  const marks = undos.flatMap(({ lossy, object }) => (lossy === undefined || found.has(object) ? [] : [lossy]));
  const sql = undos.length === 0 ? text : textOf(undos, found);
  const losses = [...new Set([...marks, ...proof.lost])];
  return { verdict: !isProved ? "not proved" : losses.length > 0 ? "lossy" : "proved", sql, refused: [], problems, losses };
}

function lossesByObject({ losses }: FileProof): ReadonlyMap<string, string> {
  return new Map(losses.map((loss) => [objectOf(loss), describeLoss(loss)]));
}

function objectOf({ table, column, kind }: Loss): string {
  if (kind === "restarts") return `sequence ${table}`;
  if (column === null) return `table ${table}`;
  return `column ${table}.${/^[a-z_][a-z0-9_]*$/.test(column) ? column : `"${column.replaceAll('"', '""')}"`}`;
}
