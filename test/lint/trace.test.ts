/** What a trace is made of beyond single statements: transactions, failures, what hides, what is taken back. */
import assert from "node:assert/strict";
import test, { after } from "node:test";
import type { Session } from "../../src/core/engine.ts";
import { sqlMigration } from "../../src/migrate/file.ts";
import { loadParser } from "../../src/migrate/lint/parse.ts";
import { dropStaleRoles } from "../../src/migrate/lint/borrowed-roles.ts";
import { type Trace, Tracer } from "../../src/migrate/lint/trace.ts";
import { watch } from "../../src/migrate/lint/watch.ts";
import { pglite, places, stageOn } from "./stages.ts";

const [, native] = await places();
assert.ok(native);

async function traced(session: Session, version: number, setup: string, ...texts: readonly string[]): Promise<readonly Trace[]> {
  await session.script(setup);
  const { parse } = await loadParser();
  return stageOn(session, version, async (stage) => {
    const tracer = await Tracer.open(stage, parse);
    for (const [i, text] of texts.entries()) {
      await tracer.file(sqlMigration({ name: `00${i + 1}`, version: `00${i + 1}`, path: `00${i + 1}.sql`, text }));
    }
    return tracer.traces;
  });
}

/** One PGlite for all tests: opening one costs a second. */
let turn: Promise<unknown> = Promise.resolve();
let end = (): void => {};
const shared = new Promise<Session>((resolve) => {
  void pglite().use([], (session) => {
    resolve(session);
    return new Promise<void>((done) => {
      end = done;
    });
  });
});
after(() => end());

function trace(setup: string, ...texts: readonly string[]): Promise<readonly Trace[]> {
  const mine = turn.then(async () => {
    const session = await shared;
    await session.script("drop schema if exists pgsteward, s, r cascade; drop schema public cascade; create schema public");
    return traced(session, 180_000, setup, ...texts);
  });
  turn = mine.catch(() => {});
  return mine;
}

const locks = ({ locks }: Trace): string[] => locks.map(({ relation, mode }) => `${relation} ${mode}`);
const held = ({ held }: Trace): string[] => held.map(({ relation, mode }) => `${relation} ${mode}`);

test("a lock is the statement's that takes it, and held by those behind it in the transaction", async () => {
  const [first, second, third] = await trace(
    "create table a (x int); create table b (x int)",
    "alter table a add y int;\nalter table b add y int;",
    "alter table a add z int;",
  );
  assert.deepEqual([locks(first as Trace), held(first as Trace)], [["public.a AccessExclusive"], []]);
  assert.deepEqual([locks(second as Trace), held(second as Trace)], [["public.b AccessExclusive"], ["public.a AccessExclusive"]]);
  assert.deepEqual([locks(third as Trace), held(third as Trace)], [["public.a AccessExclusive"], []]);
  assert.deepEqual(
    [first, second, third].map((one) => [one?.transaction, one?.line]),
    [
      [1, 1],
      [1, 2],
      [2, 1],
    ],
  );
});

test("what a transaction made itself is nobody's yet", async () => {
  const [made, indexed, filled] = await trace(
    "",
    "create table a (id bigint primary key);\ncreate index on a (id);\ninsert into a values (1), (2);",
  );
  assert.deepEqual(
    [made, indexed].map((one) => [one?.locks, one?.scans, one?.indexBuilds]),
    [
      [[], [], []],
      [[], [], []],
    ],
  );
  assert.deepEqual(filled?.rows, [{ relation: "public.a", inserted: 2, updated: 0, deleted: 0 }]);
});

test("rows are counted by table and by what happened to them", async () => {
  const [one] = await trace(
    "create table a as select n from generate_series(1, 5) n",
    "with gone as (delete from a where n > 3 returning n) update a set n = 0 where n = 1;",
  );
  assert.deepEqual(one?.rows, [{ relation: "public.a", inserted: 0, updated: 1, deleted: 2 }]);
});

test("what a DO block hides is seen", async () => {
  const [one] = await trace(
    "create table a (x int); create view v as select x from a; create table b (x int, y int)",
    "do $$ begin execute 'drop ta' || 'ble a cascade'; execute 'alter table b drop column y'; create table c (id int); end $$;",
  );
  assert.deepEqual(
    one?.dropped
      .map(({ type, identity }) => `${type} ${identity}`)
      .filter((name) => !name.startsWith("type") && !name.startsWith("rule"))
      .sort(),
    ["table column public.b.y", "table public.a", "view public.v"],
  );
  assert.deepEqual(one?.created, [{ type: "table", identity: "public.c" }]);
});

test("behind a failure nothing runs, and that is said", async () => {
  const [good, bad, rest, other] = await trace(
    "create table a (x int)",
    "alter table a add y int;\nalter table a add y int;\nalter table a add z int;",
    "select 1;",
  );
  assert.equal(good?.error, null);
  assert.equal(bad?.error?.sqlstate, "42701");
  assert.deepEqual([rest?.unseen, other?.unseen], ["a statement before it failed", "a statement before it failed"]);
});

test("a deferred constraint fails with the last statement of its transaction", async () => {
  const setup = "create table a (id int primary key); create table b (a int references a deferrable initially deferred)";
  const [first, second] = await trace(setup, "insert into b values (1);\nselect 1;");
  assert.deepEqual([first?.error, second?.error?.sqlstate], [null, "23503"]);
});

test("savepoints, settings and roles of a file are its own", async () => {
  const [, , , , failed, last] = await trace(
    "create table a (x int); create role limited; grant create, usage on schema public to limited",
    "savepoint s;\ninsert into a values (1);\nrollback to savepoint s;\nset role limited;\ncreate table mine (x int);",
    "create table a2 (x int); select current_user;",
  );
  assert.deepEqual([failed?.error, failed?.created], [null, [{ type: "table", identity: "public.mine" }]]);
  assert.equal(last?.error, null);
});

test("statements that no transaction takes have their verdict, and their catalog", async () => {
  const [index, vacuum, used] = await trace(
    "create table a (x int)",
    "create index concurrently a_x on a (x);",
    "vacuum full a;",
    "drop index a_x;",
  );
  assert.deepEqual(
    [locks(index as Trace), index?.indexBuilds],
    [["public.a ShareUpdateExclusive"], [{ index: "public.a_x", table: "public.a", concurrently: true }]],
  );
  assert.deepEqual([locks(vacuum as Trace), vacuum?.rewrites], [["public.a AccessExclusive"], ["public.a"]]);
  assert.deepEqual([used?.error, used?.dropped.map(({ identity }) => identity)], [null, ["public.a_x"]]);
});

test("what lies outside the database is not executed", async () => {
  const [one] = await trace("", "create database elsewhere;");
  assert.match(one?.unseen ?? "", /outside the database/);
});

test("a schema's new name is the name of what is in it", async () => {
  const [, moved] = await trace(
    "create schema s; create table s.a (x int)",
    "alter schema s rename to r;",
    "alter table r.a alter column x type bigint;",
  );
  assert.deepEqual(moved?.rewrites, ["r.a"]);
});

test("without the right to event triggers catalogs are compared", async () => {
  await native.use([], async (session) => {
    const name = `lint_owner_${Math.floor(performance.now() * 1000)}`;
    await session.script(
      `create role ${name}; grant ${name} to current_user; grant create on schema public to ${name}; create table a (x int, y int); alter table a owner to ${name}; do $$ begin execute format('grant create on database %I to ${name}', current_database()); end $$`,
    );
    try {
      await session.script(`set role ${name}`);
      const watching = await watch(session, []);
      await session.script("begin; alter table a drop column y; create table b (z int)");
      const { created, altered, dropped } = await watching.read([]);
      assert.deepEqual(
        created.map(({ type, identity }) => `${type} ${identity}`),
        ["table public.b"],
      );
      assert.deepEqual(dropped, [{ type: "table column", identity: "public.a.y" }]);
      assert.deepEqual(altered, []);
    } finally {
      await session.script(`rollback; reset role; drop owned by ${name} cascade; drop role ${name}`);
    }
  });
});

test("roles that a killed lint left behind are dropped after two days", async () => {
  await pglite().use([], async (session) => {
    const now = 1_800_000_000_000;
    const role = (daysAgo: number): string => `pgsteward_scratch_${Math.floor(now / 86_400_000) - daysAgo}_0123456789_0`;
    await session.script(`create role ${role(3)}; create role ${role(1)}`);
    await dropStaleRoles(session, now);
    const { rows } = await session.query<{ name: string }>(
      "select rolname as name from pg_roles where rolname like 'pgsteward\\_scratch\\_%\\_0123456789\\_0'",
    );
    await session.script(`drop role ${role(1)}`);
    assert.deepEqual(
      rows.map(({ name }) => name),
      [role(1)],
    );
  });
});
