/** Where the up and the down of a generated migration go in the folders of other tools. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf } from "../support/migrate-project.ts";
import { declared, filesIn } from "./support.ts";

const both = "create table a (id int);\ncreate table b (id int);\n";
const up = "CREATE TABLE public.b (\n  id integer\n);";

test("dbmate: both sections in one file", async (t) => {
  const p = await declared(t, { "schema.sql": both }, { modules: null });
  await p.write({ "20260101000001_a.sql": "-- migrate:up\ncreate table a (id int);\n\n-- migrate:down\ndrop table a;\n" });
  await p.generate({ name: "b" });
  const [, name = ""] = await filesIn(p.migrations);
  assert.equal(
    await p.text(`migrations/${name}`),
    `-- Description: generated from schema.sql\n-- migrate:up\n\n${up}\n\n-- migrate:down\n\nDROP TABLE public.b;\n`,
  );
  assert.equal((await p.generate({ name: "again" })).up, null);
});

test("Prisma: a directory with migration.sql, and our down.sql beside it", async (t) => {
  const p = await declared(t, { "schema.sql": both }, { modules: null });
  await p.write({ "20260101000001_a/migration.sql": "create table a (id int);\n", "migration_lock.toml": 'provider = "postgresql"\n' });
  await p.generate({ name: "b" });
  const [, name = ""] = await filesIn(p.migrations);
  assert.deepEqual(await filesIn(`${p.migrations}/${name}`), ["down.sql", "migration.sql"]);
  assert.equal(await p.text(`migrations/${name}/migration.sql`), `-- Description: generated from schema.sql\n-- b\n\n${up}\n`);
  assert.equal(await p.text(`migrations/${name}/down.sql`), "DROP TABLE public.b;\n");
});

test("Flyway: V and U", async (t) => {
  const p = await declared(t, { "schema.sql": both }, { modules: null });
  await p.write({ "V1__a.sql": "create table a (id int);\n" });
  await p.generate({ name: "b" });
  assert.deepEqual(await filesIn(p.migrations), ["U2__b.sql", "V1__a.sql", "V2__b.sql"]);
});

test("Supabase: the CLI would run a down with the up, so there is none, and it is said", async (t) => {
  const p = await declared(
    t,
    { "schema.sql": both, "supabase/migrations/20260101000001_a.sql": "create table a (id int);\n" },
    { modules: null, config: { migrate: { dir: "supabase/migrations" } } },
  );
  const made = await p.generate({ name: "b" });
  const [, name = ""] = await filesIn(`${p.dir}/supabase/migrations`);
  assert.doesNotMatch(await p.text(`supabase/migrations/${name}`), /DROP/);
  assert.equal(made.down.sql, "DROP TABLE public.b;");
  assert.ok(made.findings.some(({ code }) => code === "MIGRATE_GENERATED_NO_DOWN"));
});

test("graphile-migrate keeps a chain of hashes of its own: refused before anything is tried", async (t) => {
  const p = await declared(t, { "schema.sql": both }, { modules: null });
  await p.write({ "000001.sql": "--! Previous: -\n--! Hash: sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709\n\ncreate table a (id int);\n" });
  await failureOf(p.generate({ name: "b" }), "MIGRATE_NEW_ELSEWHERE");
});
