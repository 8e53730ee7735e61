/** Runs a declaration on a bench and reads what it makes; takes it back. */
import type { Catalog } from "../../core/catalog.ts";
import { failure } from "../../core/errors.ts";
import { splitStatements, type Statement } from "../../core/sql-text.ts";
import { readSchema } from "../diff/read.ts";
import { keyOf, type Schema, type SchemaObject } from "../diff/schema.ts";
import { migrateErrors } from "../errors.ts";
import { type MigrationFile, sqlMigration } from "../file.ts";
import { failureOf } from "../prove/bench.ts";
import type { Bench } from "../replay.ts";
import { nameOf } from "../statements.ts";
import { isDeclarableWhole } from "./target.ts";

export interface Declared {
  readonly schema: Schema;
  readonly catalog: Catalog;
}

/**
 * `files` is what the bench has, where the declaration knows less than that: what a tool can declare is cleared away
 * first, and extensions, functions and types that its SQL may build on stay. Errors: MIGRATE_DECLARED_SQL_FAILED.
 */
export function declare(bench: Bench, declared: MigrationFile, files?: Schema): Promise<Declared> {
  return bench.undoing(async () => {
    const { session, ignoreSchemas } = bench;
    if (files) await clear(bench, files);
    const failed = await failureOf(bench.apply(files ? await beside(bench, declared, files) : declared));
    if (failed)
      throw failure(migrateErrors, "MIGRATE_DECLARED_SQL_FAILED", { text: failed.message }, { cause: failed, detail: failed.detail });
    return { schema: await readSchema(session, { ignoreSchemas }), catalog: await bench.catalog() };
  });
}

async function clear({ session }: Bench, { objects }: Schema): Promise<void> {
  const noun = (object: SchemaObject): string => object.kind.toUpperCase();
  const drops = [...objects.values()]
    .filter(isDeclarableWhole)
    .map((object) => `DROP ${noun(object)} IF EXISTS ${object.extra["ref"]} CASCADE`);
  if (drops.length > 0) await session.script(`set local client_min_messages = error;\n${drops.join(";\n")};\nreset client_min_messages`);
}

/** CREATE ROLE of those that are neither the server's nor made by a migration. */
export async function missingRoles({ session }: Bench, sql: string): Promise<string[]> {
  const { rows } = await session.query<{ name: string }>("select rolname as name from pg_catalog.pg_roles");
  const present = new Set(rows.map(({ name }) => name));
  const isMissing = (role: string | undefined): boolean => role !== undefined && !present.has(role);
  return splitStatements(sql).flatMap((statement) => (isMissing(createdBy(statement, "ROLE")) ? [statement.text] : []));
}

/** Without the roles and schemas that are there. */
async function beside(bench: Bench, declared: MigrationFile, { objects }: Schema): Promise<MigrationFile> {
  const roles = await missingRoles(bench, declared.up.text);
  const statements = splitStatements(declared.up.text).filter((statement) => {
    const schema = createdBy(statement, "SCHEMA");
    if (schema !== undefined) return !objects.has(keyOf("schema", schema)) && !objects.has(keyOf("schema", `"${schema}"`));
    return createdBy(statement, "ROLE") === undefined || roles.includes(statement.text);
  });
  return sqlMigration({ ...declared, text: statements.map(({ text }) => `${text};`).join("\n\n"), whole: true, down: undefined });
}

function createdBy({ tokens }: Statement, noun: "ROLE" | "SCHEMA"): string | undefined {
  const [create, kind, ...rest] = tokens;
  if (create?.value !== "CREATE" || kind?.value !== noun) return undefined;
  const name = rest.find(({ value }) => !["IF", "NOT", "EXISTS"].includes(value));
  return name && nameOf(name);
}
