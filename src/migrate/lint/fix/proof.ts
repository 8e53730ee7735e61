/**
 * The proof that a rewritten migration ends where the one it replaces ends: both run on the same rows, up and down, and
 * catalog and rows are compared after each. Everything is taken back.
 */
import type { Catalog } from "../../../core/catalog.ts";
import type { StewardError } from "../../../core/errors.ts";
import { diffCatalogs } from "../../../core/schema-diff.ts";
import type { MigrationFile } from "../../file.ts";
import { failureOf, ownedCatalog, runAlone } from "../../prove/bench.ts";
import { otherRows, reordered } from "../../prove/experiment.ts";
import { lines } from "../../prove/proof.ts";
import { fill, type Filling } from "../../prove/rows/fill.ts";
import { readShape, type Shape } from "../../prove/rows/shape.ts";
import { readRows } from "../../prove/rows/snapshot.ts";
import type { Bench } from "../../replay.ts";

export interface Equality {
  /** What differs, one line an object; what failed. Empty for a proof. */
  readonly problems: readonly string[];
  /** Rows that were put into every table that takes them; 0 where neither runs with any. */
  readonly rows: number;
}

/** Proves `fixed` on a bench that stands before the migration, and leaves the bench there. */
export async function proveEqual(bench: Bench, naive: MigrationFile, fixed: MigrationFile, rows = 3): Promise<Equality> {
  let filling: Filling = { rows, style: { nulls: true, large: true, digits: false }, skip: new Set(), solved: new Map() };
  for (;;) {
    const wanted = await run(bench, naive, filling);
    if ("failed" in wanted) {
      const next = otherRows(filling, wanted.failed, wanted.shape);
      if (next === undefined) return { problems: [`it cannot be tried: ${wanted.failed.message}`], rows: 0 };
      filling = next;
      continue;
    }
    const made = await run(bench, fixed, filling);
    if ("failed" in made) return { problems: [`the sequence fails: ${made.failed.message}`], rows: filling.rows };
    const again = sameContents(wanted.contents, made.contents) ? wanted : await run(bench, naive, filling);
    const chance = "failed" in again ? new Set<string>() : new Set(differing(wanted.contents, again.contents));
    return { problems: compare(wanted, made, chance), rows: filling.rows };
  }
}

/** The values of each column, by `table: column`. */
type Contents = ReadonlyMap<string, string>;

interface Ended {
  readonly after: Catalog;
  readonly contents: Contents;
  /** Undefined where there is no down section, or it fails. */
  readonly down: Catalog | undefined;
}

function run(bench: Bench, file: MigrationFile, filling: Filling): Promise<Ended | { failed: StewardError; shape: Shape }> {
  return bench.undoing(async () => {
    const { session } = bench;
    await session.script("set local check_function_bodies = on");
    const shape = await readShape(session);
    await fill(session, shape, filling);
    const failed = await failureOf(runAlone(bench, file, "up"));
    if (failed) return { failed, shape };
    const [after, contents] = [await ownedCatalog(bench), await readContents(bench)];
    const undone = file.down !== undefined && (await failureOf(runAlone(bench, file, "down"))) === undefined;
    return { after, contents, down: undone ? await ownedCatalog(bench) : undefined };
  });
}

/** Rows in the order of their keys; values of a table without one in their own order. */
async function readContents({ session }: Bench): Promise<Contents> {
  const shape = await readShape(session);
  const keys = new Map(shape.tables.map(({ name, primary }) => [name, primary]));
  const contents = new Map<string, string>();
  for (const { table, columns, rows } of await readRows(session, shape)) {
    const key = (keys.get(table) ?? []).map((column) => columns.indexOf(column));
    const keyOf = (row: readonly (string | null)[]): string => JSON.stringify(key.map((at) => row[at]));
    const ordered = rows.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    for (const [at, column] of columns.entries()) {
      const values = ordered.map((row) => row[at] ?? null);
      contents.set(`table ${table}: column ${column}`, JSON.stringify(key.length > 0 ? values : values.map(String).sort()));
    }
  }
  return contents;
}

function differing(a: Contents, b: Contents): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].filter((key) => a.get(key) !== b.get(key));
}

const sameContents = (a: Contents, b: Contents): boolean => differing(a, b).length === 0;

/** Values that differ between two runs of the same file are chance. */
function compare(wanted: Ended, made: Ended, chance: ReadonlySet<string>): string[] {
  const values = differing(wanted.contents, made.contents).filter((column) => !chance.has(column));
  const structure = lines(diffCatalogs(wanted.after, made.after), "after up");
  return [
    ...structure,
    ...reordered(wanted.after, made.after).map((table) => `after up: table ${table} has its columns in another order`),
    ...(structure.length > 0 ? [] : values.map((column) => `after up: ${column} has other values`)),
    ...downs(wanted, made),
  ];
}

function downs(wanted: Ended, made: Ended): string[] {
  if (wanted.down === undefined) return [];
  return made.down === undefined ? ["the down section does not run after it"] : lines(diffCatalogs(wanted.down, made.down), "after down");
}
