/** Which migrations in drizzle's folder came out of a schema: those whose snapshot says something new. */
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { textOf } from "../diff/schema.ts";
import type { MigrationFile } from "../file.ts";

export async function generatedByDrizzle(files: readonly MigrationFile[]): Promise<ReadonlySet<string>> {
  const generated = new Set<string>();
  let before = "";
  for (const file of files) {
    const snapshot = await readSnapshot(file);
    if (snapshot === undefined) continue;
    const deltas = snapshot["deltas"];
    const state = Array.isArray(deltas) ? JSON.stringify(deltas) : stateOf(snapshot);
    const isNew = Array.isArray(deltas) ? deltas.length > 0 : state !== before;
    if (isNew) generated.add(file.name);
    before = state;
  }
  return generated;
}

type Snapshot = Readonly<Record<string, unknown>>;

/** `meta/0001_snapshot.json`, from 1.0 beside the migration; without one nobody knows. */
async function readSnapshot({ path, name }: MigrationFile): Promise<Snapshot | undefined> {
  const isFolder = basename(path) === "migration.sql";
  const file = isFolder ? join(dirname(path), "snapshot.json") : join(dirname(path), "meta", `${name.split("_")[0]}_snapshot.json`);
  return readFile(file, "utf8").then(
    (text) => JSON.parse(text) as Snapshot,
    () => undefined,
  );
}

/** Without what is new in every snapshot. */
function stateOf(snapshot: Snapshot): string {
  const own = Object.entries(snapshot).filter(([name]) => !["id", "prevId", "prevIds", "_meta", "footprints", "renames"].includes(name));
  return textOf(Object.fromEntries(own));
}
