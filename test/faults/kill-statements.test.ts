/** SIGKILL in the middle of a statement: the server goes on alone for a while, the next run waits for it and ends the same. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startChild } from "../support/migrate-child.ts";
import { outcome } from "../support/migrate-kill.ts";
import { type Files, failureOf, project, type Project } from "../support/migrate-project.ts";
import { waitingBackend } from "../support/migrate-server.ts";

/** Runs `up` in a child, kills it in the statement that `pattern` finds, and what held it up is let go. */
async function killIn(
  t: TestContext,
  p: Project,
  pattern: string,
  release: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  const session = await p.session();
  const child = startChild(t, { dir: p.dir, config: { url: p.url }, verb: "up" });
  const pid = await waitingBackend(session, pattern);
  child.kill();
  assert.equal((await child.ended).signal, "SIGKILL");
  // The backend notices within client_connection_check_interval, or ends its statement first; we need not wait that long.
  await session.query("select pg_terminate_backend($1, 10000)", [pid]);
  await release();
}

const base = "create table a (id int primary key, name text); insert into a select i, 'n' || i from generate_series(1, 20) i;";

const cases: Readonly<Record<string, { readonly files: Files; readonly pattern: string }>> = {
  "a transaction": {
    files: { "001_a.sql": base, "002_slow.sql": "alter table a add column b int;\nselect pg_sleep(30);\nalter table a add column c int;" },
    pattern: "pg_sleep",
  },
  "a script": {
    files: {
      "001_a.sql": base,
      "002_slow.ts":
        'export async function up(session) { await session.query("alter table a add column b int"); await session.query("select pg_sleep(30)"); }',
    },
    pattern: "pg_sleep",
  },
  "the third file of one message": {
    files: {
      "001_a.sql": base,
      "002_b.sql": "create table b ();",
      "003_slow.sql": "create table c (); select pg_sleep(30);",
      "004_d.sql": "create table d ();",
    },
    pattern: "pg_sleep",
  },
};

for (const [what, { files, pattern }] of Object.entries(cases)) {
  test(`killed in ${what}`, async (t) => {
    const p = await project(t, files);
    await killIn(t, p, pattern);
    const quick = (text: string): string => text.replaceAll("pg_sleep(30)", "pg_sleep(0)");
    const mended = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, quick(String(text))]));
    await p.write(mended);
    const { migrate } = await p.steward();
    assert.ok((await migrate.status()).data.migrations.every(({ state }) => state === "applied" || state === "pending"));
    await migrate.up();
    const calm = await project(t, mended);
    await (await calm.steward()).migrate.up();
    assert.deepEqual(await outcome(p), await outcome(calm));
  });
}

test("killed in CREATE INDEX CONCURRENTLY: the INVALID index is dropped and built anew", async (t) => {
  const files = { "001_a.sql": base, "002_i.sql": "create index concurrently if not exists a_name on a (name);" };
  const p = await project(t, { "001_a.sql": files["001_a.sql"] });
  await (await p.steward()).migrate.up();
  await p.write(files);
  const [blocker, session] = [await p.session(), await p.session()];
  await blocker.script("begin; lock table a in row exclusive mode;");
  await killIn(t, p, "^create index concurrently", () => blocker.script("rollback"));
  const { rows } = await session.query("select indisvalid from pg_index where indexrelid = to_regclass('a_name')");
  assert.deepEqual(rows, [{ indisvalid: false }]);
  const { migrate } = await p.steward();
  assert.equal((await migrate.status()).data.migrations[1]?.state, "applying");
  await migrate.up();
  assert.deepEqual((await session.query("select indisvalid from pg_index where indexrelid = 'a_name'::regclass")).rows, [
    { indisvalid: true },
  ]);
  assert.deepEqual((await outcome(p))["invalid"], []);
});

test("killed in REINDEX CONCURRENTLY: what it left is taken away", async (t) => {
  const p = await project(t, { "001_a.sql": `${base} create index a_name on a (name);` });
  await (await p.steward()).migrate.up();
  await p.write({ "002_r.sql": "reindex index concurrently a_name;" });
  const [blocker, session] = [await p.session(), await p.session()];
  await blocker.script("begin; lock table a in row exclusive mode;");
  await killIn(t, p, "^reindex index concurrently", () => blocker.script("rollback"));
  await (await p.steward()).migrate.up();
  const { rows } = await session.query("select indexrelid::regclass::text as name from pg_index where indrelid = 'a'::regclass order by 1");
  assert.deepEqual(
    rows.map(({ name }) => name as string),
    ["a_name", "a_pkey"],
  );
});

test("killed in DETACH PARTITION CONCURRENTLY: it is finalized", async (t) => {
  const p = await project(t, {
    "001_p.sql": "create table parted (id int) partition by list (id); create table parted_1 partition of parted for values in (1);",
  });
  await (await p.steward()).migrate.up();
  await p.write({ "002_d.sql": "alter table parted detach partition parted_1 concurrently;" });
  const [blocker, session] = [await p.session(), await p.session()];
  await blocker.script("begin; select * from parted;");
  await killIn(t, p, "detach partition", () => blocker.script("rollback"));
  await (await p.steward()).migrate.up();
  assert.deepEqual((await session.query("select 1 from pg_inherits where inhrelid = 'parted_1'::regclass")).rows, []);
});

test("killed in a CALL that commits: nobody knows, and a person says so", async (t) => {
  const body = "insert into a values (101); commit; perform pg_sleep(30); insert into a values (102); commit;";
  const files = {
    "001_a.sql": `${base} create procedure p() language plpgsql as $$ begin ${body} end $$;`,
    "002_call.sql": "-- pgsteward: no-transaction\ncall p();\ninsert into a values (103);",
  };
  for (const answer of ["done", "again"] as const) {
    const p = await project(t, files);
    await killIn(t, p, "PgSleep|call p");
    const session = await p.session();
    const { migrate } = await p.steward();
    const error = await failureOf(migrate.up(), "MIGRATE_IN_DOUBT");
    assert.equal(error.exit, 7);
    assert.equal(error.database, "partly changed");
    assert.match(error.message, /002_call.*call p\(\)/s);
    assert.match(error.hint ?? "", /repair --done.*repair --again/);
    await failureOf(migrate.up(), "MIGRATE_IN_DOUBT");
    assert.equal((await migrate.status()).ok, false);
    await session.query("delete from a where id = 101");
    await session.script("create or replace procedure p() language plpgsql as $$ begin insert into a values (101); commit; end $$;");
    assert.equal((await migrate.repair({ [answer]: true })).result.repaired.length, 1);
    await migrate.up();
    const { rows } = await session.query("select id from a where id > 100 order by id");
    assert.deepEqual(
      rows.map(({ id }) => id as number),
      answer === "done" ? [103] : [101, 103],
    );
    assert.equal((await migrate.status()).ok, true);
  }
});
