/** What goes with a removed row: everything that refers to it, by any foreign key, and nothing else. */
import assert from "node:assert/strict";
import test from "node:test";
import { sql } from "../../../src/core/sql.ts";
import { failureOf } from "../../support/migrate-project.ts";
import { bench, rule } from "./fixing.ts";

const users = `create table users (id integer primary key, bad boolean not null default false);
  insert into users select i, i = 2 from generate_series(1, 3) i;`;
const badUsers = rule("users.bad", "users", sql`t.bad`);
const told = (rows: readonly { table: string; action: string; rows: number; reference: string | null }[]): string[] =>
  rows.map(({ table, action, rows, reference }) => `${table} ${action} ${rows} ${reference ?? "named"}`);

test("children go with their parent, level by level, whatever their ON DELETE says", async (t) => {
  const b = await bench(
    t,
    `${users}
    create table a (id integer primary key, u integer references users on delete no action);
    create table b (id integer primary key, u integer references users on delete restrict);
    create table c (id integer primary key, u integer references users on delete cascade);
    create table d (id integer primary key, a integer references a);
    insert into a select i, i from generate_series(1, 3) i; insert into b select i, i from generate_series(1, 3) i;
    insert into c select i, i from generate_series(1, 3) i; insert into d select i, i from generate_series(1, 3) i;`,
  );
  const before = await b.contents();
  const dry = await b.fix([badUsers], {}, { dryRun: true });
  assert.equal(dry.plan.title, "fix 1 rule: remove 5 rows");
  assert.match(dry.plan.steps[0]?.sql ?? "", /-- and 1 row of public\.d that refer to them \(d_a_fkey\) go too/);
  assert.deepEqual(await b.contents(), before, "a dry run changes nothing");
  const { result } = await b.fix([badUsers]);
  assert.deepEqual(told(result.rows), [
    "public.users removed 1 named",
    "public.a removed 1 a_u_fkey",
    "public.b removed 1 b_u_fkey",
    "public.c removed 1 c_u_fkey",
    "public.d removed 1 d_a_fkey",
  ]);
  const { rows } = await b.db.query<{ table: string }>("select table_name as table from pgsteward.quarantine order by id");
  const order = rows.map(({ table }) => table);
  assert.ok(order.indexOf("d") < order.indexOf("a") && order.at(-1) === "users", `children first: ${order.join(", ")}`);
  await b.undo(result.run);
  assert.deepEqual(await b.contents(), before);
});

test("SET NULL and SET DEFAULT keep the child; where the column cannot be null, it has to go", async (t) => {
  const b = await bench(
    t,
    `${users} insert into users values (0);
    create table n (id integer primary key, u integer references users on delete set null, note text);
    create table d (id integer primary key, u integer default 0 references users on delete set default);
    create table x (id integer primary key, u integer not null references users on delete set null);
    create table two (id integer primary key, a integer references users on delete set null, b integer references users on delete set null);
    insert into n values (1, 2, 'kept'), (2, 1, null); insert into d values (1, 2); insert into x values (1, 2); insert into two values (1, 2, 2);`,
  );
  const before = await b.contents();
  const { result } = await b.fix([badUsers]);
  const { "public.n": n, "public.d": d, "public.x": x, "public.two": two } = await b.contents();
  assert.deepEqual([n, d, x, two], [["(1,,kept)", "(2,1,)"], ["(1,0)"], [], ["(1,,)"]]);
  await b.undo(result.run);
  assert.deepEqual(await b.contents(), before);
});

test("circles that are not deferrable go and come back in one statement", async (t) => {
  const b = await bench(
    t,
    `create table a (id integer primary key, b integer not null, bad boolean default false);
    create table b (id integer primary key, a integer not null references a, boss integer references b);
    alter table a add foreign key (b) references b;
    with x as (insert into a values (1, 1, true), (2, 2, false)) insert into b values (1, 1, 1), (2, 2, 2);`,
  );
  const before = await b.contents();
  const { result } = await b.fix([rule("a.bad", "a", sql`t.bad`)]);
  assert.deepEqual(await b.contents(), { "public.a": ["(2,2,f)"], "public.b": ["(2,2,2)"] });
  await b.undo(result.run);
  assert.deepEqual(await b.contents(), before);
});

test("composite keys, and a null in one of their columns refers to nothing", async (t) => {
  const b = await bench(
    t,
    `create table p (tenant integer, id integer, bad boolean, primary key (tenant, id));
    create table c (n integer primary key, p integer, tenant integer, foreign key (tenant, p) references p (tenant, id) on delete cascade);
    insert into p values (1, 1, true), (2, 1, false); insert into c values (1, 1, 1), (2, 1, 2), (3, 1, null);`,
  );
  await b.fix([rule("p.bad", "p", sql`bad`)]);
  assert.deepEqual((await b.contents())["public.c"], ["(2,1,2)", "(3,1,)"]);
});

test("rows of partitions and of tables that inherit are taken where they are, and come back there", async (t) => {
  const b = await bench(
    t,
    `create table m (day integer, id integer generated always as identity, bad boolean, primary key (day, id)) partition by range (day);
    create table m1 partition of m for values from (0) to (10); create table m2 partition of m default;
    create table event (id integer primary key, bad boolean); create table special (more text) inherits (event);
    insert into m (day, bad) select i, i % 5 = 0 from generate_series(1, 20) i;
    insert into event values (1, true), (2, false); insert into special values (3, true, 'more');`,
  );
  const before = await b.contents();
  const move = rule("m.day", "m", sql`t.day = 7`, { day: sql`t.day + 10` });
  const { result } = await b.fix([rule("m.bad", "m", sql`t.bad`), rule("event.bad", "event", sql`t.bad`), move]);
  const after = await b.contents();
  assert.equal(
    after["public.m2"]?.some((row) => row.startsWith("(17,7")),
    true,
    "the changed row moved to the other partition",
  );
  assert.deepEqual([after["public.event"], after["public.special"]], [["(2,f)"], []]);
  await b.undo(result.run);
  assert.deepEqual(await b.contents(), before);
});

test("of rules that name the same row the first has it; a row that one removes is not changed by another", async (t) => {
  const b = await bench(t, users);
  const rename = rule("users.rename", "users", sql`id >= 2`, { id: sql`t.id - 10` });
  const twice = rule("users.twice", "users", sql`t.bad`);
  const { result, findings } = await b.fix([rename, badUsers, twice]);
  assert.deepEqual(
    result.rows.map(({ rule, action, rows }) => [rule, action, rows]),
    [
      ["users.rename", "changed", 1],
      ["users.bad", "removed", 1],
    ],
  );
  assert.deepEqual(findings, []);
});

test("what is wrong only after the fix is told, not touched", async (t) => {
  const b = await bench(
    t,
    `create table users (id integer primary key); insert into users values (1);
    create table orders (id integer primary key, user_id integer); insert into orders values (1, 1), (2, 9);
    create table items (id integer primary key, order_id integer); insert into items values (1, 1), (2, 2), (3, 77);`,
  );
  const orders = rule("orphans orders", "orders", sql`not exists (select from users u where u.id = t.user_id)`);
  const items = rule("orphans items", "items", sql`not exists (select from orders o where o.id = t.order_id)`);
  const { findings } = await b.fix([orders, items]);
  assert.deepEqual((await b.contents())["public.items"], ["(1,1)", "(2,2)"]);
  assert.deepEqual(
    findings.map(({ code, object, message }) => [code, object, message]),
    [["CHECK_FIX_LEFT", "orphans items", "1 more row breaks it now"]],
  );
  assert.equal((await b.fix([orders, items])).result.rows.length, 1);
});

test("rules that set different columns of a row share it; one run is enough, and one undo", async (t) => {
  const b = await bench(
    t,
    `create table w (id integer primary key, balance numeric, tier integer, note text);
    insert into w values (1, -1, 9, 'x'), (2, -1, 1, 'x'), (3, 1, 9, 'x'), (4, 1, 1, ''), (5, -1, 9, '');`,
  );
  const rules = [
    rule("balance", "w", sql`balance < 0`, { balance: sql`0` }),
    rule("tier", "w", sql`tier > ${3}`, { tier: sql`${0}` }),
    rule("both", "w", sql`balance < 0 and tier > 3 and note = 'x'`, { tier: sql`1`, note: sql`'seen'` }),
    rule("note", "w", sql`note = ''`, "remove"),
  ];
  const before = await b.contents();
  const { result, plan, findings } = await b.fix(rules);
  assert.equal(plan.title, "fix 3 rules: remove 2 rows, change 3 rows");
  assert.deepEqual(
    result.rows.map(({ rule: name, action, rows }) => [name, action, rows]),
    [
      ["balance", "changed", 2],
      ["tier", "changed", 2],
      ["note", "removed", 2],
    ],
  );
  assert.deepEqual(findings, []);
  assert.deepEqual((await b.contents())["public.w"], ["(1,0,0,x)", "(2,0,1,x)", "(3,1,0,x)"]);
  const { rows } = await b.db.query("select rule from pgsteward.quarantine where action = 'changed' order by key_values");
  assert.deepEqual(
    rows.map((row) => row["rule"]),
    ["balance, tier", "balance", "tier"],
  );
  await b.undo(result.run);
  assert.deepEqual(await b.contents(), before);
});

test("new values that leave the row wrong are taken back", async (t) => {
  const b = await bench(t, users);
  const error = await failureOf(b.fix([rule("users.id", "users", sql`id > ${1}`, { id: sql`t.id + 10` })]), "CHECK_FIX_STILL_WRONG");
  assert.equal(error.message, "rows break their rule with the new values too: users.id (2 rows of public.users)");
  assert.equal(error.database, "rolled back");
  assert.deepEqual((await b.contents())["public.users"], ["(1,f)", "(2,t)", "(3,f)"]);
});

test("a rule that the server does not understand, or about no table, is named", async (t) => {
  const b = await bench(t, `${users} create view seen as select * from users;`);
  const wrong = await failureOf(b.fix([rule("users.x", "users", sql`t.x > 1`)]), "CHECK_FIX_RULE_FAILED");
  assert.match(wrong.message, /^users\.x cannot be asked: column t\.x does not exist$/);
  await failureOf(b.fix([rule("seen", "seen", sql`bad`)]), "CHECK_FIX_NO_TABLE");
});
