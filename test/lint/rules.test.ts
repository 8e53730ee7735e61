/** Rules beyond the examples of their pages: what is nobody's yet, what hides, what several files are together. */
import assert from "node:assert/strict";
import test from "node:test";
import type { Session } from "../../src/core/engine.ts";
import type { Finding } from "../../src/core/finding.ts";
import { sqlMigration } from "../../src/migrate/file.ts";
import type { Live } from "../../src/migrate/lint/live.ts";
import { lintChosen } from "../../src/migrate/lint/run.ts";
import { contextOn, lintExample } from "./pages.ts";
import { pglite } from "./stages.ts";

const orders = "create table orders (id bigint primary key, customer_id bigint, note text, total integer);";
const customers = "create table customers (id bigint primary key, name text);";
const notes = `create table notes (id bigint primary key, tenant_id uuid not null, body text);
alter table notes enable row level security; alter table notes force row level security;
create policy tenant on notes using (true) with check (true);`;

interface Expectation {
  readonly name: string;
  readonly setup?: string;
  readonly sql: string;
  /** Codes with their objects. */
  readonly found: readonly string[];
}

const said = (findings: readonly Finding[]): string[] => findings.map(({ code, object }) => `${code.slice(5)} ${object}`);

const expectations: readonly Expectation[] = [
  {
    name: "a table of the same run is nobody's, in its file and in the next",
    setup: customers,
    sql: `-- file: 002_a.sql
create table a (id bigint primary key, customer_id bigint);
create index on a (customer_id);
alter table a add foreign key (customer_id) references customers;
alter table a alter column customer_id set not null;
-- file: 003_b.sql
alter table a add column at timestamptz default clock_timestamp();
alter table a add constraint a_key unique (customer_id);
update a set at = now();
truncate a;
alter table a rename column at to made_at;
alter table a drop column made_at;
drop table a;`,
    found: [],
  },
  {
    name: "a column of the same run is nobody's",
    setup: orders,
    sql: "alter table orders add column x int;\nalter table orders rename column x to y;\nalter table orders drop column y;",
    found: [],
  },
  {
    name: "a CTE, a MERGE and a DO block are looked into",
    setup: `${orders}\n${customers}`,
    sql: `with gone as (delete from orders returning id) select count(*) from gone;
do $$ begin update customers set name = ''; end $$;
do $$ begin execute 'delete from customers'; end $$;`,
    found: ["UNBATCHED_ROWS public.orders", "UNBATCHED_ROWS public.customers", "UNBATCHED_ROWS public.customers"],
  },
  {
    name: "a condition that is always true is none",
    setup: orders,
    sql: "delete from orders where true;",
    found: ["UNBATCHED_ROWS public.orders"],
  },
  {
    name: "a rename that is put together at run time",
    setup: orders,
    sql: "do $$ begin execute 'alter table orders ren' || 'ame column note to remark'; end $$;",
    found: ["RENAME column public.orders.note"],
  },
  {
    name: "row level security that is switched off at run time",
    setup: notes,
    sql: "do $$ begin execute 'alter table notes dis' || 'able row level security'; end $$;",
    found: ["RLS_DISABLED public.notes"],
  },
  {
    name: "the owner is let in again",
    setup: notes,
    sql: "alter table notes no force row level security;",
    found: ["RLS_DISABLED public.notes"],
  },
  {
    name: "enum values, types, schemas and views have names too",
    setup: "create type mood as enum ('sad'); create schema s; create view v as select 1 as n;",
    sql: "alter type mood rename value 'sad' to 'blue';\nalter type mood rename to feeling;\nalter schema s rename to r;\nalter view v rename to w;",
    found: ["RENAME value 'sad' of type mood", "RENAME type mood", "RENAME schema s", "RENAME view public.v"],
  },
  {
    name: "constraints and indexes may be renamed",
    setup: orders,
    sql: "alter table orders rename constraint orders_pkey to orders_key;\nalter index orders_key rename to orders_k;",
    found: [],
  },
  {
    name: "a cascade is told in full",
    setup: `${orders}\ncreate view v as select id from orders;`,
    sql: "drop table orders cascade;",
    found: ["DROP_TABLE public.orders", "DROP_OBJECT view public.v"],
  },
  {
    name: "a view over a view over a protected table",
    setup: notes,
    sql: "create view a with (security_invoker = on) as select body from notes;\ncreate view b as select body from a;",
    found: ["VIEW_INVOKER public.b"],
  },
  {
    name: "a table that is protected one file later",
    sql: `-- file: 002_a.sql
create table t (id bigint primary key, tenant_id uuid not null);
-- file: 003_b.sql
alter table t enable row level security;
alter table t force row level security;
create policy p on t using (true) with check (true);`,
    found: [],
  },
  {
    name: "protected, but not from its owner",
    sql: "create table t (id bigint primary key, tenant_id uuid not null);\nalter table t enable row level security;\ncreate policy p on t using (true) with check (true);",
    found: ["TENANT_RLS public.t"],
  },
  {
    name: "partitions are their parent's",
    sql: "create table e (id bigint, at date, kind json) partition by range (at);\ncreate table e1 partition of e for values from ('2026-01-01') to ('2027-01-01');",
    found: ["JSON public.e.kind"],
  },
  {
    name: "an index of two columns serves a key of both, in any order",
    setup: "create table p (a bigint, b bigint, primary key (a, b));",
    sql: "create table c (id bigint primary key, a bigint, b bigint, foreign key (a, b) references p);\ncreate index on c (b, a);",
    found: [],
  },
  {
    name: "a partial index serves no key",
    setup: customers,
    sql: "create table c (id bigint primary key, customer_id bigint references customers);\ncreate index on c (customer_id) where id > 5;",
    found: ["FOREIGN_KEY_INDEX c_customer_id_fkey on public.c"],
  },
  {
    name: "anon is everybody",
    setup: `${orders}\ncreate role anon;`,
    sql: "grant select, insert on orders to anon;\nrevoke select on orders from anon;",
    found: ["GRANT_PUBLIC public.orders"],
  },
  {
    name: "one statement that locks two tables does so in its own order",
    setup: `${orders}\n${customers}`,
    sql: `-- file: 002_a.sql
truncate orders, customers;
-- file: 003_b.sql
alter table customers add column x int;
alter table orders add column x int;`,
    found: ["TRUNCATE public.orders, public.customers"],
  },
  {
    name: "a scan behind somebody else's lock is that lock's",
    setup: `${orders}\n${customers}`,
    sql: "alter table orders add column x int;\ninsert into orders (id) select id from customers;\nselect count(*) from customers;",
    found: ["LOCK_HELD public.orders"],
  },
  {
    name: "a second ALTER of a locked table is its own",
    setup: orders,
    sql: "alter table orders add column x int;\nalter table orders alter column total type bigint;\nalter table orders alter column note set not null;",
    found: ["REWRITE public.orders", "SCAN_UNDER_LOCK public.orders"],
  },
  {
    name: "BEGIN and COMMIT in the file divide it",
    setup: orders,
    sql: "begin;\nalter table orders add constraint c check (id > 0) not valid;\ncommit;\nbegin;\nalter table orders validate constraint c;\ncommit;",
    found: [],
  },
  {
    name: "columns that get a type one should not choose",
    setup: "create table t (id bigint primary key, a timestamptz, b jsonb);",
    sql: "alter table t alter column a type timestamp;\nalter table t add column c json;",
    found: ["TIMESTAMP public.t.a", "JSON public.t.c"],
  },
  {
    name: "several findings of a statement, each allowed by its own line",
    setup: orders,
    sql: `-- the old ones
-- pgsteward: allow LINT_DROP_COLUMN because nobody reads it
-- pgsteward: allow LINT_LOCK_HELD because of nothing

alter table orders drop column note;`,
    found: ["ALLOW_UNUSED 002_example"],
  },
  {
    name: "an allowance at the end of the file, or inside a statement",
    setup: orders,
    sql: `do $$ begin
-- pgsteward: allow LINT_DROP_COLUMN because it is in a string
null; end $$;
-- pgsteward: allow LINT_DROP_COLUMN because nothing follows`,
    found: ["ALLOW_UNUSED 002_example"],
  },
  {
    name: "a name without a schema is found where it is",
    setup: `create schema app; create table app.orders (id bigint primary key, note text);`,
    sql: "set search_path = app;\ndelete from orders;",
    found: ["UNBATCHED_ROWS app.orders"],
  },
];

test("rules", async (t) => {
  await pglite().use([], async (session) => {
    for (const { name, setup = "", sql, found } of expectations) {
      await t.test(name, async () =>
        assert.deepEqual(said((await lintExample(session, sql, { setup, settings: {} })).findings).sort(), [...found].sort()),
      );
    }
  });
});

async function withLive(session: Session, sql: string, rows: number, timeZone = "UTC"): Promise<readonly Finding[]> {
  const size = { heapBytes: rows * 100, totalBytes: rows * 150, writesPerSecond: 0 };
  const live: Live = { tables: new Map([["public.orders", { name: "public.orders", rows, ...size }]]), lockSlots: 6400, timeZone };
  const file = (name: string, text: string): ReturnType<typeof sqlMigration> =>
    sqlMigration({ name, version: name, path: `${name}.sql`, text });
  const chosen = [
    { file: file("001", orders), judged: false },
    { file: file("002", sql), judged: true },
  ];
  return (await lintChosen(contextOn(session, true), { chosen, live, version: undefined, roles: undefined, oneByOne: false })).findings;
}

test("what a missing extension hides is named, what it does not hide is judged", async () => {
  await pglite().use([], async (session) => {
    const setup = `${orders}\ncreate extension postgis;\ncreate table places (id bigint primary key, at geometry(point));`;
    const sql = "alter table places add column name text;\nalter table orders alter column note set not null;\ndelete from places;";
    const { findings, missing, statements } = await lintExample(session, sql, { setup, settings: {} });
    assert.deepEqual(said(findings), ["EXTENSION_MISSING postgis", "SCAN_UNDER_LOCK public.orders", "LOCK_HELD public.orders"]);
    assert.match(findings[0]?.message ?? "", /2 of 3 statements could not be executed, and 2 of those before/);
    assert.deepEqual(missing, ["postgis"]);
    assert.deepEqual(
      statements.map(({ unseen }) => unseen?.split(" does not")[0] ?? null),
      ['relation "places"', null, 'relation "places"'],
    );
  });
});

test("with a live database rows decide", async () => {
  await pglite().use([], async (session) => {
    const update = "update orders set note = 'x' where total > 5;";
    assert.deepEqual(said(await withLive(session, update, 1000)), []);
    const [big] = await withLive(session, update, 2_000_000);
    assert.deepEqual([big?.severity, big?.code], ["warning", "LINT_UNBATCHED_ROWS"]);
    const [dropped] = await withLive(session, "drop table orders;", 2_000_000);
    assert.match(dropped?.message ?? "", /about 2,000,000 rows/);
    const [rewrite] = await withLive(session, "alter table orders alter column total type bigint;", 20_000_000);
    assert.match(rewrite?.message ?? "", /\(20 to 200 s for 2\.0 GB\)/);
  });
});

test("the target's time zone decides whether a timestamp is written anew", async () => {
  await pglite().use([], async (session) => {
    const sql = "alter table orders add column at timestamp;\nalter table orders alter column at type timestamptz;";
    const judged = async (zone: string): Promise<string[]> =>
      said(await withLive(session, sql, 1000, zone)).filter((one) => one.startsWith("REWRITE"));
    assert.deepEqual(await judged("Europe/Berlin"), ["REWRITE public.orders"]);
    assert.deepEqual(await judged("UTC"), []);
  });
});
