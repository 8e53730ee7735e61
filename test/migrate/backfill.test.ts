/** Backfills: in chunks by primary key, resumed behind the last chunk. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf, project } from "../support/migrate-project.ts";

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
  const { data } = await steward.migrate.status();
  assert.equal(data.migrations.find(({ name }) => name === "002_b")?.state, "applying");
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
