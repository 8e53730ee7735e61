/** A schema as SQL that makes it: what a baseline and a proof start from. */
import type { Session } from "../../core/engine.ts";
import { readSchema, type SchemaOptions } from "./read.ts";
import { keyOf, type Schema, type SchemaObject } from "./schema.ts";
import { type Change, planBetween, statementsBetween } from "./statements.ts";

export interface DumpOptions extends SchemaOptions {
  /** What is there already where the SQL will run. Default: what every new database has. */
  readonly onto?: Schema | undefined;
}

/** Statements that make the schema of the session's database where there is none. What cannot be written stands in a comment. */
export async function dumpSchema(session: Session, options: DumpOptions = {}): Promise<string> {
  const schema = await readSchema(session, options);
  const { changes, bent } = planBetween(options.onto ?? pristine(schema), schema);
  return bent ? `SET check_function_bodies = off;\n\n${sqlOf(changes)}` : sqlOf(changes);
}

export function dumpStatements(schema: Schema, onto: Schema = pristine(schema)): Change[] {
  return statementsBetween(onto, schema);
}

/** Statements as a file: each with its semicolon, what a person should know above it. */
export function sqlOf(changes: readonly Change[]): string {
  return changes
    .map(({ sql, note }) => [...(note ? [`-- ${headOf[note.kind]}: ${note.text}`] : []), ...(sql === "" ? [] : [`${sql};`])].join("\n"))
    .join("\n\n");
}

const headOf = {
  destroys: "destroys data",
  converts: "converts data",
  rows: "fails where rows do not fit",
  "left out": "left out",
} as const;

/** What a database made from template0 has, as `readSchema` would show it. */
export function pristine({ version, casts }: Schema): Schema {
  const schema = bare("schema", "public", {}, "SCHEMA public");
  const objects = [
    schema,
    { ...bare("extension", "plpgsql", { schema: "pg_catalog" }, ""), extra: { relocatable: false, name: "plpgsql" } },
    granted(schema, "owner", "all", "n"),
    granted(schema, "public", "usage", "n"),
    granted(undefined, "owner", "all", "d"),
    granted(undefined, "public", "connect, temporary", "d"),
  ];
  return { version, casts, objects: new Map(objects.map((object) => [keyOf(object.kind, object.name), object])) };
}

function bare(kind: SchemaObject["kind"], name: string, facts: SchemaObject["facts"], target: string): SchemaObject {
  const none: ReadonlySet<string> = new Set();
  return { kind, name, facts, extra: {}, target, needs: none, takers: none, expression: none, host: undefined, follows: undefined };
}

function granted(owner: SchemaObject | undefined, grantee: string, privileges: string, acltype: string): SchemaObject {
  const label = owner ? keyOf(owner.kind, owner.name) : "database";
  const object = bare("grant", `${label} to ${grantee}`, { privileges }, owner?.target ?? "DATABASE");
  const host = owner && keyOf(owner.kind, owner.name);
  return { ...object, extra: { grantee, acltype }, host, needs: new Set(host ? [host] : []), takers: new Set(host ? [host] : []) };
}
