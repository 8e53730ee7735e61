/** What cannot run in a transaction and fails: what is left is clean or told, and mended, it goes on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Session } from "../../src/core/engine.ts";
import { failureOf, project } from "../support/migrate-project.ts";
import { until } from "../support/migrate-server.ts";

const base = "create table a (id int, name text); insert into a select i, 'n' || i from generate_series(1, 100) i;";

const indexes = async (session: Session): Promise<readonly string[]> =>
  (
    await session.query<{ name: string }>(
      "select c.relname || case when i.indisvalid then '' else ' INVALID' end as name from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = 'a'::regclass order by 1",
    )
  ).rows.map(({ name }) => name);

test("a unique build that fails leaves no INVALID index, and says so truly", async (t) => {
  const p = await project(t, {
    "001_a.sql": `${base} insert into a values (1, 'again');`,
    "002_i.sql": "create unique index concurrently a_id on a (id);",
  });
  const { migrate } = await p.steward();
  const error = await failureOf(migrate.up(), "MIGRATE_FAILED");
  assert.equal(error.data["sqlstate"], "23505");
  assert.equal(error.database, "rolled back");
  const session = await p.session();
  assert.deepEqual(await indexes(session), []);
  const status = (await migrate.status()).data.migrations[1];
  assert.equal(status?.state, "pending", "nothing of it stands");
  assert.match(status?.failure ?? "", /could not create unique index/);
  await session.query("delete from a where name = 'again'");
  assert.deepEqual((await migrate.up()).result.applied, ["002_i"]);
  assert.deepEqual(await indexes(session), ["a_id"]);
});

test("IF NOT EXISTS does not hide an INVALID index of the name: it is dropped and built anew", async (t) => {
  const p = await project(t, { "001_a.sql": base, "002_i.sql": "create index concurrently if not exists a_id on a (id);" });
  const { migrate } = await p.steward();
  await migrate.up({ to: "1" });
  const session = await p.session();
  await session.query("insert into a values (1, 'again')");
  await assert.rejects(async () => session.query("create unique index concurrently a_id on a (id)"));
  assert.deepEqual(await indexes(session), ["a_id INVALID"]);
  await migrate.up();
  assert.deepEqual(await indexes(session), ["a_id"]);
});

test("a valid index of the name is somebody else's work: the failure is told, and told again", async (t) => {
  const p = await project(t, {
    "001_a.sql": `${base} create index a_id on a (name);`,
    "002_i.sql": "create index concurrently a_id on a (id);",
  });
  const { migrate } = await p.steward();
  for (const _ of ["once", "twice"]) {
    const error = await failureOf(migrate.up(), "MIGRATE_FAILED");
    assert.equal(error.data["sqlstate"], "42P07");
  }
  const session = await p.session();
  const { rows } = await session.query("select pg_get_indexdef('a_id'::regclass) like '%(name)' as kept");
  assert.equal(rows[0]?.["kept"], true);
});

test("a failure in the middle keeps what is done; status says so; the mended rest runs alone", async (t) => {
  const text = (last: string): string => `alter table a add column b int;\ncreate index concurrently a_b on a (b);\n${last}`;
  const p = await project(t, { "001_a.sql": base, "002_mixed.sql": text("insert into nowhere values (1);") });
  const { migrate } = await p.steward();
  const error = await failureOf(migrate.up(), "MIGRATE_FAILED_PARTLY");
  assert.equal(error.exit, 7);
  assert.equal(error.database, "partly changed");
  assert.match(error.message, /002_mixed\.sql:3/);
  const session = await p.session();
  assert.deepEqual(await indexes(session), ["a_b"]);
  const status = await migrate.status();
  assert.equal(status.data.migrations[1]?.state, "applying");
  assert.ok(status.findings.some(({ code, message }) => code === "MIGRATE_PARTLY_APPLIED" && /2 steps are done/.test(message)));
  await failureOf(migrate.down(), "MIGRATE_PARTIAL_OTHER");
  await p.write({ "002_mixed.sql": text("insert into a (id) values (7);") });
  const { plan } = await migrate.up();
  assert.deepEqual(
    plan.steps.map(({ title }) => title),
    ["002_mixed (3/3)"],
  );
  assert.equal((await migrate.status()).ok, true);
});

test("an edit of the part that is done is refused", async (t) => {
  const p = await project(t, { "001_a.sql": `${base}\nvacuum a;\nselect 1/0;` });
  const { migrate } = await p.steward();
  await failureOf(migrate.up(), "MIGRATE_FAILED_PARTLY");
  await p.write({ "001_a.sql": `${base.replace("id int", "id bigint")}\nvacuum a;\nselect 1;` });
  const error = await failureOf(migrate.up(), "MIGRATE_PARTIAL_CHANGED");
  assert.equal(error.exit, 7);
});

test("a DO or CALL outside a transaction that fails is not in doubt: mended, it runs again", async (t) => {
  const text = (body: string): string => `-- pgsteward: no-transaction\ndo $$ begin ${body} end $$;`;
  const p = await project(t, { "001_a.sql": base, "002_do.sql": text("raise exception 'not today';") });
  const { migrate } = await p.steward();
  const error = await failureOf(migrate.up(), "MIGRATE_FAILED");
  assert.match(error.message, /not today/);
  await p.write({ "002_do.sql": text("delete from a; commit;") });
  assert.deepEqual((await migrate.up()).result.applied, ["002_do"]);
});

test("no-transaction: each statement is its own, except between BEGIN and COMMIT", async (t) => {
  const p = await project(t, {
    "001_a.sql":
      "-- pgsteward: no-transaction\ncreate table a (id int);\nbegin;\ninsert into a values (1);\ninsert into a values (1/0);\ncommit;",
  });
  const { migrate } = await p.steward();
  const { steps } = (await migrate.plan()).data;
  assert.equal(steps.length, 2);
  await failureOf(migrate.up(), "MIGRATE_FAILED_PARTLY");
  const session = await p.session();
  assert.equal((await session.query("select 1 from a")).rows.length, 0);
});

test("what a file SETs holds for the rest of the file, also for the part that a later run does", async (t) => {
  const text = (last: string): string =>
    `create schema s;\nset search_path = s;\ncreate table a (id int);\ncreate index concurrently a_id on a (id);\n${last}\ncreate index concurrently if not exists a_two on a (id);`;
  const p = await project(t, { "001_a.sql": text("select 1/0;") });
  const { migrate } = await p.steward();
  await failureOf(migrate.up(), "MIGRATE_FAILED_PARTLY");
  await p.write({ "001_a.sql": text("create table b (id int);") });
  await migrate.up();
  const session = await p.session();
  const { rows } = await session.query("select relname as name from pg_class where relnamespace = 's'::regnamespace order by 1");
  assert.deepEqual(
    rows.map(({ name }) => name as string),
    ["a", "a_id", "a_two", "b"],
  );
});

test("a lock timeout of ours never cuts a CONCURRENTLY short", async (t) => {
  const p = await project(t, { "001_a.sql": base, "002_i.sql": "create index concurrently a_id on a (id);" });
  const { migrate } = await p.steward({ lockTimeout: 20, lockRetries: 0 });
  await migrate.up({ to: "1" });
  const reader = await p.session();
  await reader.script("begin isolation level repeatable read; select * from a;");
  const watcher = await p.session();
  const run = migrate.up();
  await until(
    watcher,
    "select 1 from pg_stat_activity where query like 'create index concurrently%' and wait_event_type = 'Lock' and clock_timestamp() - query_start > '100 ms'",
  );
  await reader.script("commit");
  assert.deepEqual((await run).result.applied, ["002_i"]);
});

test("an index of the name that somebody else is building is not torn down", async (t) => {
  const p = await project(t, { "001_a.sql": base, "002_i.sql": "create index concurrently if not exists a_id on a (id);" });
  const { migrate } = await p.steward();
  await migrate.up({ to: "1" });
  const [blocker, builder, watcher] = [await p.session(), await p.session(), await p.session()];
  await blocker.script("begin; lock table a in row exclusive mode;");
  const building = builder.query("create index concurrently a_id on a (id)");
  await until(watcher, "select 1 from pg_stat_progress_create_index where pid = $1 and index_relid <> 0", [builder.pid]);
  const error = await failureOf(migrate.up(), "MIGRATE_INDEX_IN_PROGRESS");
  assert.equal(error.exit, 5);
  assert.match(error.message, new RegExp(`index public\\.a_id is being built by pid ${builder.pid}`));
  await blocker.script("rollback");
  await building;
  assert.deepEqual((await migrate.up()).result.applied, ["002_i"]);
  assert.deepEqual(await indexes(watcher), ["a_id"]);
});
