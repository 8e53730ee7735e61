/** `migrate diff` on the command line: a table for people, SQL for pipes, one document for programs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readCatalog } from "../../src/core/catalog.ts";
import { cliOn } from "../support/cli-run.ts";
import { project, writeFiles } from "../support/migrate-project.ts";

test("prints differences, SQL that can be run, or JSON; exit 1 where there are any", async (t) => {
  const made = await project(t, { "001_a.sql": "create table a (id int primary key);", "002_b.sql": "create index a_id on a (id);" });
  await writeFiles(made.dir, { "schema.sql": "create table a (id int primary key, b text);" });
  await (await made.steward()).migrate.up({ to: "001" });

  const table = await cliOn(made, "migrate", "diff", "--scratch", "target");
  assert.deepEqual([table.code, table.stdout.split("\n").slice(0, 2)], [1, ["table public.a", "  + index  a_id"]]);

  const script = await cliOn(made, "migrate", "diff", "--schema", "schema.sql", "--sql", "--scratch", "target");
  assert.equal(script.code, 1);
  assert.match(script.stdout, /^-- from the database to the declared schema\n-- proved on scratch /);
  const session = await made.session();
  await session.script(script.stdout);
  assert.ok((await readCatalog(session)).objects.some(({ name }) => name === "public.a.b"));

  const json = await cliOn(made, "migrate", "diff", "--to", "schema", "--sql", "--json", "--scratch", "target");
  const { ok, result } = JSON.parse(json.stdout) as { ok: boolean; result: { differences: unknown[]; sql: string; proved: boolean } };
  assert.deepEqual([json.code, ok, result.differences, result.sql, result.proved], [0, true, [], "", true]);
});
