/** What keeps a fix from doing too much: shares, counts, triggers, row security. */
import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";
import { sql } from "../../../src/core/sql.ts";
import { failureOf } from "../../support/migrate-project.ts";
import { withDatabase } from "../../support/migrate-server.ts";
import { type Bench, bench, fixing, rule } from "./fixing.ts";

const hundred = `create table p (id integer primary key, bad boolean); insert into p select i, i <= 3 from generate_series(1, 100) i;`;
const bad = (maxShare?: number) => {
  const { maxShare: _, ...rest } = rule("p.bad", "p", sql`t.bad`);
  return { ...rest, ...(maxShare === undefined ? {} : { maxShare }) };
};

test("a rule touches 1 % of a table, or what it declares; one row is always allowed", async (t) => {
  const b = await bench(t, hundred);
  const error = await failureOf(b.fix([bad()], {}, { dryRun: true }), "CHECK_FIX_TOO_MANY");
  assert.equal(error.exit, 3);
  assert.equal(error.detail, "p.bad: 3 of 100 rows of public.p (3 %, allowed 1 %)");
  assert.equal(error.hint, "look at the rows first; if they have to go, add --max-share 0.03 or --max-rows 3");
  await failureOf(b.fix([bad(0.02)]), "CHECK_FIX_TOO_MANY");
  await failureOf(b.fix([bad(0.5)], { maxShare: 0.02 }), "CHECK_FIX_TOO_MANY");
  assert.equal((await b.fix([bad(0.03)], {}, { dryRun: true })).plan.steps.length, 1);
  assert.equal((await b.fix([bad()], { maxShare: 0.03 }, { dryRun: true })).plan.steps.length, 1);
  assert.equal((await b.fix([bad()], { maxRows: 3 }, { dryRun: true })).plan.steps.length, 1);
  await b.db.query("delete from p where id <> 3");
  assert.equal((await b.fix([bad()])).applied, true);
});

test("the share of every table that goes along counts too", async (t) => {
  const b = await bench(t, `${hundred} create table c (p integer references p); insert into c select 1 from generate_series(1, 9);`);
  const error = await failureOf(b.fix([bad(0.05)]), "CHECK_FIX_TOO_MANY");
  assert.equal(error.message, "the fix would touch a larger share of public.c than it may");
});

/** Resolves when the fix waits for a lock of somebody else. */
async function waiting(b: Bench): Promise<void> {
  const query = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  while ((await b.db.query(query)).rows.length === 0) await setTimeout(20);
}

async function whileLocked(t: TestContext, lock: string, code: string): Promise<Bench> {
  const b = await bench(
    t,
    `${hundred} create table c (id integer primary key, p integer references p on delete cascade);
    insert into c values (1, 1);`,
    { config: { lockTimeout: "60s" } },
  );
  const other = await b.session();
  await other.script(`begin; ${lock}`);
  const fixed = failureOf(b.fix([bad(1)], { lockTimeoutMs: 60_000 }), code);
  await waiting(b);
  await other.script("commit");
  const error = await fixed;
  assert.equal(error.database, "rolled back");
  t.diagnostic(error.message);
  assert.equal((await b.db.query("select 1 from pgsteward.quarantine")).rows.length, 0);
  return b;
}

test("somebody mends a row while the fix waits for it: it stops, and everything is as they left it", async (t) => {
  const b = await whileLocked(t, "update p set bad = false where id = 2", "CHECK_FIX_COUNT_CHANGED");
  assert.equal((await b.contents())["public.p"]?.filter((row) => row.endsWith(",t)")).length, 2);
});

test("somebody adds a child that the server would delete unseen: it stops, and the child is there", async (t) => {
  const b = await whileLocked(t, "insert into c values (2, 3)", "CHECK_FIX_COUNT_CHANGED");
  assert.deepEqual((await b.contents())["public.c"], ["(1,1)", "(2,3)"]);
});

const audited = `${hundred}
  create table log (what text);
  create function note() returns trigger language plpgsql as $$ begin insert into log values (tg_op); return null; end $$;
  create trigger audit after delete or insert on p for each row execute function note();
  create trigger quiet after delete on p for each row execute function note();
  create trigger loud after insert on p for each row execute function note();
  alter table p disable trigger quiet; alter table p enable always trigger loud;`;

test("what triggers change beyond the plan is told and rolled back; without them the fix and its undo are exact", async (t) => {
  const b = await bench(t, audited);
  const before = await b.contents();
  const { findings } = await b.fix([bad(1)], {}, { dryRun: true });
  assert.deepEqual(
    findings.map(({ code, severity }) => [severity, code]),
    [["warning", "CHECK_TRIGGERS_FIRE"]],
  );
  assert.match(findings[0]?.message ?? "", /^its triggers fire: audit \(insert, delete\); /);
  const error = await failureOf(b.fix([bad(1)]), "CHECK_FIX_SIDE_EFFECTS");
  assert.equal(error.message, "rows that the plan does not name were changed as well: public.log: 3 inserted");
  assert.deepEqual(await b.contents(), before);
  const { result } = await b.fix([bad(1)], { withoutTriggers: true });
  await failureOf(b.undo(result.run), "CHECK_FIX_SIDE_EFFECTS");
  await b.undo(result.run, { withoutTriggers: true });
  assert.deepEqual(await b.contents(), before);
  const { rows } = await b.db.query("select tgname, tgenabled from pg_trigger where not tgisinternal order by tgname");
  assert.deepEqual(
    rows.map((row) => `${row["tgname"]} ${row["tgenabled"]}`),
    ["audit O", "loud A", "quiet D"],
  );
});

test("a trigger that keeps rows from being deleted, or comes back with other values, is no success", async (t) => {
  const b = await bench(
    t,
    `create table soft (id integer primary key, bad boolean, at timestamptz default '2000-01-01');
    insert into soft values (1, true), (2, false);
    create function keep() returns trigger language plpgsql as $$ begin return null; end $$;
    create function touch() returns trigger language plpgsql as $$ begin new.at := clock_timestamp(); return new; end $$;
    create trigger keep before delete on soft for each row execute function keep();
    create trigger touch before insert or update on soft for each row execute function touch();`,
  );
  const before = await b.contents();
  const error = await failureOf(b.fix([rule("soft.bad", "soft", sql`bad`)]), "CHECK_FIX_COUNT_CHANGED");
  assert.match(error.message, /0 rows could be removed instead of 1/);
  const { result } = await b.fix([rule("soft.bad", "soft", sql`bad`, { bad: sql`false` })]);
  const inexact = await failureOf(b.undo(result.run), "CHECK_UNDO_NOT_EXACT");
  assert.match(inexact.hint ?? "", /--without-triggers/);
  await b.undo(result.run, { withoutTriggers: true });
  assert.deepEqual(await b.contents(), before);
});

test("a role that row security hides rows from fixes nothing: to it, good rows look like orphans", async (t) => {
  const b = await bench(
    t,
    `create table users (id integer primary key); create table orders (id integer primary key, user_id integer);
    insert into users select generate_series(1, 9); insert into orders select i, i from generate_series(1, 9) i;
    alter table users enable row level security; create policy own on users using (id = 1);`,
  );
  const role = `limited_${b.name}`;
  await b.db.script(`create role ${role} login; grant create on database ${b.name} to ${role}; grant all on users, orders to ${role};`);
  const steward = await b.steward({ url: withDatabase(b.url, b.name).replace(/\/\/[^@/]*@/, `//${role}@`) });
  const orphans = rule("orphans", "orders", sql`not exists (select from users u where u.id = t.user_id)`);
  const error = await failureOf(steward.run(fixing([orphans])), "CHECK_BLIND");
  assert.match(error.message, /row-level security policy for table "users"/);
  await steward.close();
  await b.db.script(`drop owned by ${role}; drop role ${role}`);
});
