/** Which extensions the migrations of a project ask for, read from the files. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../core/config.ts";
import { findMigrations } from "../core/migration-folder.ts";
import { splitStatements, type Token } from "../core/sql-text.ts";

/** Names in `CREATE EXTENSION` statements of the project's .sql files, without plpgsql, which every engine has. */
export function neededExtensions(config: Config): ReadonlySet<string> {
  const folder = findMigrations(config);
  const files = [
    ...(folder === undefined ? [] : sqlFilesBelow(folder)),
    ...(config.migrate.prelude === undefined ? [] : [config.migrate.prelude]),
  ];
  const names = files.filter((file) => existsSync(file)).flatMap((file) => extensionsIn(readFileSync(file, "utf8")));
  return new Set(names.filter((name) => name !== "plpgsql"));
}

function sqlFilesBelow(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".sql"))
    .map((name) => join(folder, name));
}

/** In order of appearance; comments and strings do not count. */
export function extensionsIn(source: string): string[] {
  // Nearly all files have none, and taking a file apart costs a hundred times this search.
  if (!/\bextension\b/i.test(source)) return [];
  return splitStatements(source).flatMap(({ tokens }) => createdExtension(tokens) ?? []);
}

function createdExtension(tokens: readonly Token[]): string | undefined {
  if (tokens[0]?.value !== "CREATE" || tokens[1]?.value !== "EXTENSION") return undefined;
  const name = tokens[2]?.kind === "word" && tokens[2].value === "IF" ? tokens[5] : tokens[2];
  return name?.kind === "word" ? name.value.toLowerCase() : name?.value;
}
