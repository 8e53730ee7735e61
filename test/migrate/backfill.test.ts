/** Backfills: in chunks by primary key, resumed behind the last chunk. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { StewardEvent } from "../../src/core/events.ts";
import { failureOf, project, type Project } from "../support/migrate-project.ts";

const table = `create table users (tenant int, id int, name text, touched int default 0, primary key (tenant, id));
insert into users (tenant, id) select i % 3, i from generate_series(1, 2500) i;`;
const fill = (statement: string, options = "table=users batch=100"): string => `-- pgsteward: backfill ${options}\n${statement};\n`;

test("every row is taken once, in transactions of a batch each", async (t) => {
  const made = await project(t, {
    "001_a.sql": table,
    "002_b.sql": fill("update users u set name = 'n' || u.id, touched = touched + 1 where u.id > 0 or u.id < 0"),
  });
  const steward = await made.steward();
  await steward.migrate.up();
  const session = await made.session();
  const { rows } = await session.query<{ all: number; once: number; transactions: number }>(
    "select count(*)::int as all, count(*) filter (where touched = 1 and name = 'n' || id)::int as once, count(distinct xmin::text)::int as transactions from users",
  );
  assert.deepEqual({ ...rows[0] }, { all: 2500, once: 2500, transactions: 25 });
});

test("a run that fails in the middle is resumed behind the last chunk: no row is touched twice", async (t) => {
  const poisoned = `${table}\ncreate function check_row() returns trigger language plpgsql as $$ begin if new.id = 1700 and exists (select from poison) then raise 'poisoned'; end if; return new; end $$;
create table poison (x int); insert into poison values (1);
create trigger watch before update on users for each row execute function check_row();`;
  const made = await project(t, {
    "001_a.sql": poisoned,
    "002_b.sql": `alter table users add done boolean;\n${fill("update users set touched = touched + 1")}alter table users alter column touched set not null;\n`,
  });
  const steward = await made.steward();
  const error = await failureOf(steward.migrate.up(), "MIGRATE_FAILED_PARTLY");
  assert.equal(error.exit, 7);
  assert.equal(error.database, "partly changed");
  const session = await made.session();
  const touched = async (): Promise<number> =>
    (await session.query<{ n: number }>("select count(*) filter (where touched = 1)::int as n from users")).rows[0]?.n ?? 0;
  const before = await touched();
  assert.ok(before > 0 && before < 2500 && before % 100 === 0, String(before));
  assert.match(error.hint ?? "", /goes on behind its last chunk/);
  const { data, findings } = await steward.migrate.status();
  assert.equal(data.migrations.find(({ name }) => name === "002_b")?.state, "applying");
  assert.match(findings[0]?.message ?? "", new RegExp(`1 steps are done, and ${before} rows of a backfill`));
  await session.query("delete from poison");
  await steward.migrate.up();
  assert.equal(await touched(), 2500);
  assert.deepEqual(await made.applied(), ["001_a", "002_b"]);
});

test("an edited statement begins anew", async (t) => {
  const made = await project(t, {
    "001_a.sql": table,
    "002_b.sql": fill("update users set touched = case when id = 1700 then 1 / (id - 1700) else 1 end"),
  });
  const steward = await made.steward();
  await failureOf(steward.migrate.up(), "MIGRATE_FAILED_PARTLY");
  await made.write({ "002_b.sql": fill("update users set touched = 7") });
  await steward.migrate.up();
  const { rows } = await (await made.session()).query<{ n: number }>("select count(*) filter (where touched = 7)::int as n from users");
  assert.equal(rows[0]?.n, 2500);
});

test("DELETE, a quoted name, an alias, a sub-select with its own WHERE", async (t) => {
  const made = await project(t, {
    "001_a.sql": `${table} alter table users rename to "My Users";`,
    "002_b.sql": fill(
      `delete from only public."My Users" as u where u.id in (select x.id from "My Users" x where x.id % 2 = 0)`,
      'table=public."My Users" batch=300 pause=1ms',
    ),
  });
  await (await made.steward()).migrate.up();
  const { rows } = await (await made.session()).query<{ n: number; even: number }>(
    'select count(*)::int as n, count(*) filter (where id % 2 = 0)::int as even from "My Users"',
  );
  assert.deepEqual({ ...rows[0] }, { n: 1250, even: 0 });
});

test("a directive that cannot be followed is refused before anything runs", async (t) => {
  for (const bad of [
    fill("update users set name = 'x'", "batch=10"),
    fill("update users set name = 'x'", "table=users size=10"),
    fill("insert into users values (9, 9)"),
    fill("update users set name = 'x' returning id"),
    fill("update users set name = 'x'", "table=users batch=0"),
  ]) {
    const made = await project(t, { "001_a.sql": table, "002_b.sql": bad });
    await failureOf((await made.steward()).migrate.up(), "MIGRATE_BACKFILL_INVALID");
    assert.equal((await (await made.session()).query("select to_regclass('users') as t")).rows[0]?.["t"], null);
  }
});

const touched = async (p: Project): Promise<Record<string, number>> => {
  const { rows } = await (await p.session()).query<{ touched: number; n: number }>(
    "select touched, count(*)::int as n from users group by touched order by touched",
  );
  return Object.fromEntries(rows.map((row) => [row.touched, row.n]));
};

test("a chunk that loses against a lock is tried again, and none before it: more often than lockRetries, as long as it moves", async (t) => {
  const p = await project(t, { "001_a.sql": table });
  await (await p.steward()).migrate.up();
  await p.write({ "002_b.sql": fill("update users set touched = touched + 1", "table=users batch=1000") });
  const blocker = await p.session();
  const held = ["(1, 1000)", "(2, 2000)"];
  const hold = (): Promise<unknown> =>
    blocker.script(held.length === 0 ? "rollback" : `rollback; begin; select from users where (tenant, id) = ${held.shift()} for update;`);
  await hold();
  const { migrate } = await p.steward(
    { lockTimeout: 50, lockRetries: 1 },
    { onEvent: (event) => void (/trying again/.test(said(event)) && void hold()) },
  );
  await migrate.up();
  assert.deepEqual(await touched(p), { 1: 2500 });
});

test("one that never gets its lock leaves the chunks before it, and says so", async (t) => {
  const p = await project(t, { "001_a.sql": table });
  await (await p.steward()).migrate.up();
  await p.write({ "002_b.sql": fill("update users set touched = touched + 1") });
  const blocker = await p.session();
  await blocker.script("begin; select from users where (tenant, id) = (1, 1000) for update;");
  const error = await failureOf((await p.steward({ lockTimeout: 50, lockRetries: 1 })).migrate.up(), "MIGRATE_LOCK_TIMEOUT");
  assert.deepEqual([error.exit, error.database], [7, "partly changed"]);
  await blocker.script("rollback");
  await (await p.steward()).migrate.up();
  assert.deepEqual(await touched(p), { 1: 2500 });
});

test("interrupted between two chunks: partly changed, and continued", async (t) => {
  const p = await project(t, { "001_a.sql": table, "002_b.sql": fill("update users set touched = touched + 1") });
  const stop = new AbortController();
  const { migrate } = await p.steward({}, { signal: stop.signal, onEvent: (event) => void (event.type === "progress" && stop.abort()) });
  stop.signal.throwIfAborted();
  const error = await migrate.up().then(
    () => assert.fail("it was not interrupted"),
    (thrown: unknown) => thrown as { readonly database: string },
  );
  assert.equal(error.database, "partly changed");
  assert.deepEqual(await touched(p), { 0: 2400, 1: 100 });
  await (await p.steward()).migrate.up();
  assert.deepEqual(await touched(p), { 1: 2500 });
});

test("progress counts the rows that it has passed, those of an earlier run too", async (t) => {
  const p = await project(t, { "001_a.sql": `${table}\nanalyze users;` });
  await (await p.steward()).migrate.up();
  await p.write({ "002_b.sql": fill("update users set touched = touched + 1 / (1700 - id)") });
  await failureOf((await p.steward()).migrate.up(), "MIGRATE_FAILED_PARTLY");
  await (await p.session()).query("delete from users where id = 1700");
  await (await p.steward()).migrate.up();
  const seen = p.events.flatMap((event) => (event.type === "progress" ? [`${event.done}/${event.total} ${event.unit}`] : []));
  const all = Array.from({ length: 24 }, (_, i) => `${(i + 1) * 100}/2500 rows`);
  assert.deepEqual(seen, all);
});

test("columns that the key's index only includes are no part of it", async (t) => {
  const p = await project(t, {
    "001_a.sql":
      "create table users (id int, name text, touched int default 0, primary key (id) include (name)); insert into users (id) select generate_series(1, 250);",
    "002_b.sql": fill("update users set touched = touched + 1"),
  });
  await (await p.steward()).migrate.up();
  assert.deepEqual(await touched(p), { 1: 250 });
});

test("a role and settings of the file hold in every chunk, not for its record, and not behind it", async (t) => {
  const role = `backfiller_${process.pid}`;
  const p = await project(t, {
    "001_a.sql": `${table}\ncreate role ${role};\ngrant select, update on users to ${role};`,
    "002_b.sql": `set role ${role};\nset work_mem = '7MB';\n${fill("update users set touched = touched + 1, name = current_user || current_setting('work_mem')")}`,
    "003_c.sql": "create table who as select current_user::text as name, current_setting('work_mem') as memory;",
  });
  await (await p.steward()).migrate.up();
  const session = await p.session();
  assert.deepEqual((await session.query("select distinct name, touched from users")).rows, [{ name: `${role}7MB`, touched: 1 }]);
  assert.deepEqual((await session.query("select name, memory from who")).rows, [{ name: "postgres", memory: "4MB" }]);
  await session.script(`drop owned by ${role}; drop role ${role};`);
});

test("a failure names the statement's own line and column", async (t) => {
  const p = await project(t, {
    "001_a.sql": table,
    "002_b.sql": fill("update users\nset touched = 1\nwhere id > 0 and nonsense"),
  });
  const error = await failureOf((await p.steward()).migrate.up(), "MIGRATE_FAILED");
  assert.deepEqual([error.exit, error.database, error.data["line"], error.data["column"]], [6, "rolled back", 4, 18]);
  assert.equal((await (await p.steward()).migrate.status()).data.migrations[1]?.state, "pending");
});

function said(event: StewardEvent): string {
  return event.type === "wait" ? event.message : "";
}
