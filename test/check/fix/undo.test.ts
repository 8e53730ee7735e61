/** An undo is all or nothing: it goes over nothing that came since, and lives with what became of the tables. */
import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { sql } from "../../../src/core/sql.ts";
import { failureOf } from "../../support/migrate-project.ts";
import { type Bench, bench, rule } from "./fixing.ts";

const schema = `
  create table w (id integer generated always as identity primary key, email text unique, amount numeric, extra jsonb, bad boolean not null);
  create table n (id integer primary key, w integer references w on delete set null);
  create table bag (what text, bad boolean);
  insert into w (email, amount, extra, bad) values ('a', 1.10, 'null', true), ('b', 2, '{}', false), ('c', -3.0, null, false);
  insert into n values (1, 1), (2, 2); insert into bag values ('x', true), ('x', true), ('y', true), ('y', false);`;
const rules = [
  rule("w.bad", "w", sql`t.bad`),
  rule("w.amount", "w", sql`t.amount < 0`, { amount: sql`0` }),
  rule("bag.bad", "bag", sql`bad`, { bad: sql`false` }),
];

interface Fixed extends Bench {
  readonly run: number;
  readonly before: Awaited<ReturnType<Bench["contents"]>>;
}

async function fixed(t: TestContext): Promise<Fixed> {
  const b = await bench(t, schema);
  const before = await b.contents();
  const { result } = await b.fix(rules);
  return { ...b, before, run: result.run ?? 0 };
}

test("identical rows without a key come back as many as they were", async (t) => {
  const b = await fixed(t);
  assert.deepEqual((await b.contents())["public.bag"], ["(x,f)", "(x,f)", "(y,f)", "(y,f)"]);
  await b.undo(b.run);
  assert.deepEqual(await b.contents(), b.before);
  assert.equal((await b.undo(b.run)).applied, false, "a second undo has nothing to do");
});

test("rows that were changed, keys that were taken since are listed, and nothing is done", async (t) => {
  const b = await fixed(t);
  await b.db.script(
    "update w set amount = 5 where id = 3; insert into w (email, bad) values ('a', false); delete from bag where what = 'x'",
  );
  const after = await b.contents();
  const error = await failureOf(b.undo(b.run, {}, { dryRun: true }), "CHECK_UNDO_CONFLICT");
  assert.equal(error.exit, 3);
  assert.deepEqual(error.detail?.split("\n").sort(), [
    "public.bag 2 rows: changed or deleted since",
    "public.w (email)=(a): its key is taken",
    "public.w (id)=(3): changed or deleted since",
  ]);
  assert.deepEqual(await b.contents(), after);
  await b.db.script("update w set amount = 0 where id = 3; delete from w where id = 4; insert into bag values ('x', false), ('x', false)");
  await b.undo(b.run);
  assert.deepEqual((await b.contents())["public.w"], b.before["public.w"]);
});

test("columns that came, went, moved or have another type: values find their column by its name", async (t) => {
  const b = await fixed(t);
  await b.db.script(`alter table w drop column extra, alter column amount type text, add column fresh integer default 7;
    alter table w drop column email; alter table w add column email text;
    update w set email = case id when 2 then 'b' else 'c' end;`);
  const { findings } = await b.undo(b.run);
  assert.deepEqual(
    findings.map(({ code, message }) => `${code}: ${message}`),
    ["CHECK_UNDO_COLUMN_GONE: there is no column extra any more: the values stay in pgsteward.quarantine"],
  );
  assert.deepEqual((await b.contents())["public.w"], ["(1,1.10,t,7,a)", "(2,2,f,7,b)", "(3,-3.0,f,7,c)"].sort());
});

test("a value that its column does not take any more is told, and nothing is done", async (t) => {
  const b = await fixed(t);
  await b.db.script("alter table w alter column email type integer using id");
  const error = await failureOf(b.undo(b.run), "CHECK_UNDO_FAILED");
  assert.equal(error.message, `the server refused the undo of run ${b.run}: invalid input syntax for type integer: "a"`);
  assert.equal(error.database, "unchanged");
});

test("a table that is gone, a run that took nothing, no run at all", async (t) => {
  const b = await fixed(t);
  await failureOf(b.undo(99), "CHECK_UNDO_UNKNOWN");
  const which = await failureOf(b.undo(null), "CHECK_UNDO_WHICH");
  assert.equal(which.message, "1 fix can be undone: say which, by the number of its run");
  assert.equal(which.hint, `\`pgsteward check undo ${b.run}\` undoes the newest`);
  assert.match(which.detail ?? "", /^run 1 {2}\d{4}-\d\d-\d\d \d\d:\d\d UTC {2}\S+ {2}6 rows {2}bag\.bad, w\.amount, w\.bad$/);
  await b.db.script("drop table bag");
  assert.equal(
    (await failureOf(b.undo(b.run), "CHECK_UNDO_TABLE_GONE")).message,
    "run 1 cannot be undone: there is no table public.bag any more",
  );
});

test("before anything was fixed there is nothing to undo", async (t) => {
  const b = await bench(t, schema);
  assert.equal((await b.undo(null)).applied, false);
  await failureOf(b.undo(1), "CHECK_UNDO_UNKNOWN");
});

test("orphans under a foreign key come back only without it, and then exactly", async (t) => {
  const b = await bench(
    t,
    `create table p (id integer primary key); create table c (id integer primary key, p integer references p);
    insert into p values (1); insert into c values (1, 1);
    set session_replication_role = replica; insert into c values (2, 99); set session_replication_role = origin;`,
  );
  const before = await b.contents();
  const { result } = await b.fix([rule("orphans c.p", "c", sql`not exists (select from p where p.id = t.p)`)]);
  assert.deepEqual((await b.contents())["public.c"], ["(1,1)"]);
  const error = await failureOf(b.undo(result.run), "CHECK_UNDO_CONFLICT");
  assert.equal(error.detail, "public.c (p)=(99): no such row in public.p (c_p_fkey)");
  await b.undo(result.run, { withoutForeignKeys: true });
  assert.deepEqual(await b.contents(), before);
});

test("fixes of the same rows are undone newest first", async (t) => {
  const b = await bench(t, "create table x (id integer primary key, n integer); insert into x values (1, 100)");
  const before = await b.contents();
  const first = await b.fix([rule("n", "x", sql`n > 50`, { n: sql`50` })]);
  const second = await b.fix([rule("n", "x", sql`n > 10`, { n: sql`10` })]);
  await failureOf(b.undo(first.result.run), "CHECK_UNDO_CONFLICT");
  await b.undo(second.result.run);
  await b.undo(first.result.run);
  assert.deepEqual(await b.contents(), before);
});
