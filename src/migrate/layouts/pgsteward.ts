/**
 * Our own layout, which is also what most hand-written folders look like: `001_name.sql` or `20260102030405_name.sql`
 * with both sections in one file, `name.up.sql` and `name.down.sql`, `001_name.ts`, or `name.sql` without a number.
 *
 * Files without a number have no order of their own; a committed file `order` records it (decision 0007): the names it
 * lists come first, as listed, then numbered files by version, then the rest by name.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { failure } from "../../core/errors.ts";
import { migrateErrors } from "../errors.ts";
import type { MigrationFile } from "../file.ts";
import { asksForNoTransaction, compareVersions, hashOf, headerOf, readText, refuseDuplicates, sqlMigration } from "../file.ts";
import type { Layout } from "./layout.ts";

export const orderFile = "order";

export const pgstewardLayout: Layout = {
  name: "pgsteward",
  detect: () => Promise.resolve(true),
  read: async (dir) => {
    const entries = readdirSync(dir)
      .filter((name) => migrationName.test(name) && !ignored.test(name))
      .sort();
    const known = new Set(entries);
    const files = await Promise.all(entries.filter((name) => !name.endsWith(".down.sql")).map((name) => readOne(dir, name, known)));
    refuseDownAlone(dir, entries, files);
    return refuseDuplicates(await inOrder(dir, files));
  },
};

const migrationName = /\.(sql|ts|mts|js|mjs)$/;
const ignored = /^[._]|\.d\.ts$|\.(test|spec)\.\w+$/;

function refuseDownAlone(dir: string, entries: readonly string[], files: readonly MigrationFile[]): void {
  const names = new Set(files.map(({ name }) => name));
  const alone = entries.find((entry) => entry.endsWith(".down.sql") && !names.has(entry.slice(0, -".down.sql".length)));
  if (alone !== undefined)
    throw failure(migrateErrors, "MIGRATE_DOWN_ALONE", { path: join(dir, alone), up: alone.replace(/\.down\.sql$/, ".up.sql") });
}

async function readOne(dir: string, entry: string, entries: ReadonlySet<string>): Promise<MigrationFile> {
  const path = join(dir, entry);
  const name = entry.replace(migrationName, "").replace(/\.up$/, "");
  const version = versionOf(name);
  const text = await readText(path);
  if (!entry.endsWith(".sql")) return scriptMigration(name, version, path, text);
  const downEntry = `${name}.down.sql`;
  const down = entries.has(downEntry) ? { path: join(dir, downEntry), line: 1, text: await readText(join(dir, downEntry)) } : undefined;
  return sqlMigration({ name, version, path, text, down });
}

/** The leading number of a name, if it has one. */
export function versionOf(name: string): string {
  return /^[vV]?(\d+)(?=[_.-]|$)/.exec(name)?.[1] ?? "";
}

function scriptMigration(name: string, version: string, path: string, text: string): MigrationFile {
  const hash = hashOf(text);
  const section = { path, line: 1, text };
  const header = headerOf(text.replaceAll(/^\/\//gm, "--"));
  return {
    name,
    version,
    kind: "ts",
    path,
    up: section,
    down: section,
    ...header,
    hash,
    upHash: hash,
    transaction: !asksForNoTransaction(text),
    repeatable: false,
  };
}

async function inOrder(dir: string, files: readonly MigrationFile[]): Promise<readonly MigrationFile[]> {
  const listed = await readOrder(dir);
  const rank = (file: MigrationFile): number => {
    const at = listed.indexOf(file.name);
    return at >= 0 ? at : listed.length + (file.version === "" ? 1 : 0);
  };
  return [...files].sort((a, b) => rank(a) - rank(b) || compareVersions(a.version, b.version) || (a.name < b.name ? -1 : 1));
}

/** The names that the folder's `order` file lists; none where there is no such file. */
export async function readOrder(dir: string): Promise<readonly string[]> {
  if (!readdirSync(dir).includes(orderFile)) return [];
  const lines = (await readText(join(dir, orderFile))).split("\n");
  return lines
    .map((line) =>
      line
        .replace(/#.*/, "")
        .trim()
        .replace(/\.sql$/, ""),
    )
    .filter(Boolean);
}
