/**
 * Flyway: `V1_2__name.sql`, in any subfolder, undone by `U1_2__….sql`; `R__name.sql` runs again when it changes, after all
 * versions, in the order of the names. `<file>.conf` beside a script can put it outside a transaction.
 *
 * `B1__name.sql`, a baseline for new databases, counts as a version where no V of its version or below is left. Callbacks
 * (`beforeMigrate.sql`) are not migrations and not read. Placeholders (`${name}`) stay as they are.
 */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { failure } from "../../core/errors.ts";
import { migrateErrors } from "../errors.ts";
import { compareVersions, hashOf, type MigrationFile, readText, refuseDuplicates, type Section, sqlMigration } from "../file.ts";
import { bareVersion, readFlywayHistory } from "./flyway-history.ts";
import type { Layout } from "./layout.ts";
import { allSqlFit, partsOf } from "./reading.ts";

const migrationName = /^(?:([VUB])(\d+(?:[._]\d+)*)(?:__(.*))?|(R)__(.*))\.sql$/;
const callbackName = /^(?:before|after)[A-Z]\w*(?:__.*)?\.sql$|^createSchema(?:__.*)?\.sql$/;
const eitherName = new RegExp(`${migrationName.source}|${callbackName.source}`);

export const flywayLayout: Layout = {
  name: "flyway",
  detect: (_, entries) => Promise.resolve(allSqlFit(entries, eitherName) && entries.some((name) => /^(?:V[\d._]+|R)__.*\.sql$/.test(name))),
  read: async (dir) => {
    const scripts = await Promise.all((await scriptsIn(dir)).map((path) => readScript(dir, path)));
    const versioned = withoutOldBaselines(scripts).map((script) => withUndo(script, scripts));
    refuseOrphans(scripts);
    refuseDuplicates(versioned.map((file) => ({ ...file, version: bareVersion(file.version) })));
    const repeatable = scripts.filter(({ prefix }) => prefix === "R").map(({ file }) => file);
    return [...versioned.sort(byVersion), ...refuseDuplicates(repeatable.sort((a, b) => (a.name < b.name ? -1 : 1)))];
  },
  history: { table: "public.flyway_schema_history", read: readFlywayHistory },
};

interface Script {
  readonly prefix: string;
  readonly file: MigrationFile;
}

async function scriptsIn(dir: string): Promise<readonly string[]> {
  const paths = await readdir(dir, { recursive: true });
  return paths.filter((path) => path.endsWith(".sql") && !callbackName.test(basename(path))).sort();
}

async function readScript(dir: string, relative: string): Promise<Script> {
  const entry = basename(relative);
  const parts = partsOf(dir, entry, "flyway", migrationName, "V1__name.sql, U1__name.sql or R__name.sql");
  const [, versioned, version = "", name, repeatable, repeatableName] = parts;
  const path = join(dir, relative);
  const file = sqlMigration({
    name: basename(entry, ".sql"),
    version: version.replaceAll("_", "."),
    path,
    text: await readText(path),
    repeatable: repeatable === "R",
    whole: true,
  });
  const title = file.title ?? (name ?? repeatableName ?? "").replaceAll("_", " ");
  return { prefix: versioned ?? "R", file: { ...file, title, transaction: file.transaction && (await inTransaction(path)) } };
}

async function inTransaction(path: string): Promise<boolean> {
  return !existsSync(`${path}.conf`) || !/^\s*executeInTransaction\s*=\s*false\s*$/im.test(await readText(`${path}.conf`));
}

const byVersion = (a: MigrationFile, b: MigrationFile): number => compareVersions(a.version, b.version);

const sameVersion = (a: MigrationFile, b: MigrationFile): boolean => bareVersion(a.version) === bareVersion(b.version);

function withoutOldBaselines(scripts: readonly Script[]): readonly MigrationFile[] {
  const versions = scripts.filter(({ prefix }) => prefix === "V").map(({ file }) => file);
  const baselines = scripts.filter(({ prefix }) => prefix === "B").map(({ file }) => file);
  return [...versions, ...baselines.filter((baseline) => !versions.some((file) => byVersion(file, baseline) <= 0))];
}

function withUndo(file: MigrationFile, scripts: readonly Script[]): MigrationFile {
  const undo = scripts.find((script) => script.prefix === "U" && sameVersion(script.file, file))?.file;
  if (!undo) return file;
  const down: Section = { ...undo.up, ...(undo.transaction ? {} : { transaction: false }) };
  return { ...file, down, hash: hashOf(`${file.up.text}\n${down.text}`) };
}

function refuseOrphans(scripts: readonly Script[]): void {
  for (const { prefix, file } of scripts) {
    if (prefix !== "U" || scripts.some((script) => script.prefix !== "U" && sameVersion(script.file, file))) continue;
    throw failure(migrateErrors, "MIGRATE_DOWN_ALONE", { path: file.path, up: `V${file.version}__….sql` });
  }
}
