/** What other code generates migrations with: the SQL between the files and a declared schema, proved, or an error that says why not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JudgingOperation } from "../../src/core/operation.ts";
import { generateFromSchema, type Generated } from "../../src/migrate/diff/generate.ts";
import { failureOf, project, type Project, writeFiles } from "../support/migrate-project.ts";

interface Wanted {
  readonly rename?: readonly string[];
  readonly drop?: readonly string[];
}

/** As an operation would call it. */
async function generate(made: Project, choices: Wanted): Promise<Generated> {
  const operation: JudgingOperation<Wanted, Generated> = {
    kind: "judge",
    name: "migrate try",
    summary: "try it",
    risk: "reads",
    report: async (ctx, { rename = [], drop = [] }) => ({
      ok: true,
      findings: [],
      data: await generateFromSchema(ctx, "schema.sql", "next", { rename, drop }),
    }),
  };
  return (await (await made.steward()).run(operation, choices)).data;
}

test("the SQL makes of the files' schema the declared one", async (t) => {
  const made = await project(t, { "001_a.sql": "create table users (id int primary key, name text);" });
  await writeFiles(made.dir, {
    "schema.sql": "create table users (id int primary key, name text not null); create index on users (name);",
  });
  const { name, sql, changes, findings, where } = await generate(made, {});
  assert.deepEqual([name, changes], ["next", 2]);
  assert.match(where, /^scratch /);
  assert.match(
    sql,
    /^-- fails where rows do not fit: no row may hold null\nALTER TABLE public.users ALTER COLUMN name SET NOT NULL;\n\nCREATE INDEX users_name_idx/,
  );
  assert.deepEqual(
    findings.map(({ code }) => code),
    ["DIFF_ROWS_MUST_FIT"],
  );
  await made.write({ "002_next.sql": sql });
  assert.equal((await generate(made, {})).sql, "");
});

test("a rename that nobody decided is an error with exit 3 and the exact flags", async (t) => {
  const made = await project(t, { "001_a.sql": "create table users (id int, name text); create type mood as enum ('sad', 'ok');" });
  await writeFiles(made.dir, { "schema.sql": "create table users (id int, full_name text); create type mood as enum ('unhappy', 'ok');" });
  const error = await failureOf(generate(made, {}), "MIGRATE_RENAME_UNDECIDED");
  assert.equal(error.exit, 3);
  assert.deepEqual(error.data["flags"], [
    "--rename users.name=full_name",
    "--drop users.name",
    "--rename mood.sad=unhappy",
    "--drop mood.sad",
  ]);
  assert.match(error.hint ?? "", /--rename users.name=full_name, or --drop users.name$/);
  const { sql } = await generate(made, { rename: ["users.name=full_name", "mood.sad=unhappy"] });
  assert.match(sql, /RENAME COLUMN name TO full_name;\n\nALTER TYPE public.mood RENAME VALUE 'sad' TO 'unhappy';$/);
  const dropped = await generate(made, { drop: ["users.name", "mood.sad"] });
  assert.match(dropped.sql, /-- destroys data: the column and its values\nALTER TABLE public.users DROP COLUMN name;/);
  assert.equal((await failureOf(generate(made, { rename: ["users.nobody=x"] }), "INPUT_INVALID")).exit, 2);
});

test("what cannot be written is an error, never a file", async (t) => {
  const made = await project(t, { "001_a.sql": "create table a (id int primary key); create table b (id int references a);" });
  await writeFiles(made.dir, {
    "schema.sql": "create table a (id int primary key); create table b (id int references a); alter table b disable trigger all;",
  });
  const error = await failureOf(generate(made, {}), "MIGRATE_GENERATE_NOT_PROVED");
  assert.equal(error.database, "unchanged");
  assert.match(error.detail ?? "", /constraint b_id_fkey differs/);
});
