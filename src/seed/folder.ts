/** The folder of seeders: found, read, put in order. */
import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../core/config.ts";
import { failure } from "../core/errors.ts";
import { findSeeders, usualSeederFolders } from "../core/seed-folder.ts";
import { seedErrors } from "./errors.ts";
import type { SeederFile } from "./file.ts";
import { inOrder } from "./order.ts";

const seederName = /\.(ts|mts|js|mjs|sql|csv|jsonl)$/;
/** `fill.ts` and `snapshot.ts` are specifications of other verbs. */
const ignored = /^[._]|\.d\.ts$|\.(test|spec)\.\w+$|^(fill|snapshot)\.ts$/;

/** Reads every seeder, in the order in which they run. `.ts` files are loaded: that is where they declare what they are. */
export async function readSeeders(config: Config): Promise<{ dir: string; files: readonly SeederFile[] }> {
  const dir = findSeeders(config);
  if (dir === undefined || !existsSync(dir)) {
    const looked = dir ?? usualSeederFolders.map((name) => join(config.root, name)).join(", ");
    throw failure(seedErrors, "SEED_NO_FOLDER", { looked });
  }
  const entries = readdirSync(dir, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && seederName.test(entry.name) && !ignored.test(entry.name))
    .map(({ name }) => name)
    .sort();
  refuseDuplicates(entries);
  return { dir, files: inOrder(await Promise.all(entries.map((entry) => readSeeder(dir, entry)))) };
}

async function readSeeder(dir: string, entry: string): Promise<SeederFile> {
  const path = join(dir, entry);
  const name = nameOfEntry(entry);
  const bytes = await readFile(path);
  if (entry.endsWith(".sql")) return (await import("./sql-file.ts")).readSql(name, path, bytes.toString("utf8"));
  if (entry.endsWith(".csv")) return (await import("./data-file.ts")).readData(name, path, "csv", bytes);
  if (entry.endsWith(".jsonl")) return (await import("./data-file.ts")).readData(name, path, "jsonl", bytes);
  return (await import("./script.ts")).readScript(name, path, await (await import("./imports.ts")).hashOfModule(path, bytes));
}

const nameOfEntry = (entry: string): string => entry.replace(seederName, "");

function refuseDuplicates(entries: readonly string[]): void {
  for (const [name, files] of Map.groupBy(entries, nameOfEntry)) {
    if (files.length > 1) throw failure(seedErrors, "SEED_DUPLICATE", { name, files: files.join(", ") });
  }
}
