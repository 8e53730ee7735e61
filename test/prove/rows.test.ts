/** The row maker: values of every type that pass checks and keys, and a reason where there are none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Session } from "../../src/core/engine.ts";
import { fill, type Unfilled } from "../../src/migrate/prove/rows/fill.ts";
import { matching } from "../../src/core/pattern.ts";
import { readShape } from "../../src/migrate/prove/rows/shape.ts";
import { onBench } from "./support.ts";

const style = { nulls: true, large: true, digits: false };

async function filled(session: Session, rows = 3): Promise<readonly Unfilled[]> {
  return fill(session, await readShape(session), { rows, style, skip: new Set(), solved: new Map() });
}

async function countOf(session: Session, table: string): Promise<number> {
  const { rows } = await session.query<{ n: number }>(`select count(*)::int4 as n from ${table}`);
  return rows[0]?.n ?? 0;
}

const types =
  `smallint integer bigint real double_precision numeric numeric(4,2) numeric(3,3) money boolean text varchar(3) char(5) name "char" date
  timestamp timestamptz time timetz interval uuid json jsonb bytea inet cidr macaddr macaddr8 bit(3) varbit point line lseg box path polygon circle
  tsvector tsquery jsonpath pg_lsn oid regclass xml int4range numrange tstzrange daterange int4multirange text[] integer[] jsonb[] varchar(2)[] citext`
    .split(/\s+/)
    .map((name) => name.replace("double_", "double "));

test("every type has values, and a null in one row", async (t) => {
  const columns = types.map((type, i) => `c${i} ${type}`).join(", ");
  await onBench(t, `create extension citext; create table every (id integer primary key, ${columns})`, async ({ session }) => {
    assert.deepEqual(await filled(session), []);
    const { rows } = await session.query<Record<string, unknown>>("select * from every order by id");
    assert.equal(rows.length, 3);
    for (const [i, type] of types.entries()) {
      assert.equal(rows.filter((row) => row[`c${i}`] === null).length, 1, type);
    }
  });
});

test("not null, defaults, identities, generated columns, enums, composite types, domains and partitions are honoured", async (t) => {
  const base = `
    create type mood as enum ('sad', 'ok');
    create type place as (street text, city text);
    create domain email as text check (value ~ '^[^@]+@[^@]+$');
    create domain short_email as email check (length(value) < 12) not null;
    create table a (
      id bigint generated always as identity primary key, number serial, mood mood not null, home place not null, mail email not null unique,
      short short_email, made integer generated always as (number * 2) stored, flag boolean not null default false, at timestamptz not null default now());
    create table events (id integer, at date not null, primary key (id, at)) partition by range (at);
    create table events_2031 partition of events for values from ('2031-01-01') to ('2032-01-01');
    create table kinds (kind text) partition by list (kind);
    create table kinds_ab partition of kinds for values in ('a', 'b');
    create table hashed (id integer) partition by hash (id);
    create table hashed_0 partition of hashed for values with (modulus 2, remainder 1);`;
  await onBench(t, base, async ({ session }) => {
    assert.deepEqual(await filled(session), []);
    for (const table of ["a", "events", "kinds", "hashed"]) assert.ok((await countOf(session, table)) >= 1, table);
    const { rows } = await session.query(
      "select count(distinct mood)::int4 as moods, bool_or(flag) as flagged, bool_or(at < now()) as past from a",
    );
    assert.deepEqual(rows, [{ moods: 2, flagged: true, past: true }]);
  });
});

test("checks are solved: formats, ranges, lists, and what ties columns together", async (t) => {
  const base = `create table c (
    id uuid primary key,
    code text not null unique check (code ~ '^[A-Z]{2}-[0-9]{4}$'), slug text not null check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) >= 3),
    kind text not null check (kind in ('one', 'two')), share smallint not null check (share between 40 and 60),
    starts timestamptz not null, ends timestamptz not null, check (ends > starts),
    state text not null, closed_at timestamptz, check ((state = 'closed') = (closed_at is not null)),
    a integer, b integer, c integer, check (num_nonnulls(a, b, c) = 1), settings jsonb not null check (jsonb_typeof(settings) = 'array'),
    low numeric(6, 2) not null, high numeric(6, 2) not null, check (low < high and high <= 100))`;
  await onBench(t, base, async ({ session }) => {
    assert.deepEqual(await filled(session), []);
    assert.ok((await countOf(session, "c")) >= 2);
  });
});

test("foreign keys: parents first, families, circles, to itself, and two to one table", async (t) => {
  const base = `
    create table z_tenants (id uuid primary key);
    create table users (id uuid primary key, tenant_id uuid not null references z_tenants, boss_id uuid references users, unique (tenant_id, id));
    create table a_links (tenant_id uuid not null, source uuid not null, target uuid not null, check (source <> target), primary key (source, target),
      foreign key (tenant_id, source) references users (tenant_id, id), foreign key (tenant_id, target) references users (tenant_id, id));
    create table left_one (id integer primary key, right_id integer);
    create table right_one (id integer primary key, left_id integer not null references left_one);
    alter table left_one add foreign key (right_id) references right_one;
    create table numbered (id integer generated always as identity primary key);
    create table of_numbered (id integer not null references numbered);`;
  await onBench(t, base, async ({ session }) => {
    assert.deepEqual(await filled(session), []);
    const tables = ["z_tenants", "users", "a_links", "left_one", "right_one", "numbered", "of_numbered"];
    for (const table of tables) assert.ok((await countOf(session, table)) >= 1, table);
  });
});

test("a trigger that refuses what is made up is gone around, one that writes elsewhere is not", async (t) => {
  const base = `
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'not so'; end $$;
    create function note() returns trigger language plpgsql as $$ begin insert into audit values (new.id); return null; end $$;
    create table audit (id integer);
    create table strict (id integer primary key); create trigger no before insert on strict for each row execute function refuse();
    create table noted (id integer primary key); create trigger yes after insert on noted for each row execute function note();`;
  await onBench(t, base, async ({ session }) => {
    assert.deepEqual(await filled(session), []);
    assert.equal(await countOf(session, "strict"), 3);
    assert.ok((await countOf(session, "audit")) > 3);
  });
});

test("what cannot be filled has a reason", async (t) => {
  const base = `
    create table never (id integer check (false));
    create table child (id integer primary key, never_id integer not null, other integer);
    alter table never add primary key (id);
    alter table child add foreign key (never_id) references never;
    create table bare (id integer) partition by range (id);`;
  await onBench(t, base, async ({ session }) => {
    const unfilled = await filled(session);
    assert.deepEqual(unfilled.map(({ table }) => table).sort(), ["public.bare", "public.child", "public.never"]);
    const reasons = new Map(unfilled.map(({ table, reason }) => [table, reason]));
    assert.match(reasons.get("public.never") ?? "", /check constraint/);
    assert.match(reasons.get("public.child") ?? "", /refers to public\.never/);
    assert.match(reasons.get("public.bare") ?? "", /no partition/);
  });
});

test("the same tables get the same rows", async (t) => {
  await onBench(t, "create table s (id uuid primary key, at timestamptz, body text)", async (bench) => {
    const rowsOf = (): Promise<unknown> =>
      bench.undoing(async () => {
        await filled(bench.session);
        return (await bench.session.query("select * from s order by id")).rows;
      });
    assert.deepEqual(await rowsOf(), await rowsOf());
  });
});

/** Regular expressions that JavaScript and PostgreSQL read the same. */
const atom = fc.oneof(
  fc.constantFrom("a", "Z", "7", "-", "_", "\\.", "\\d", "\\w", ".", "[a-f]", "[^x]", "[0-9A-F]", "[a-c_.-]"),
  fc.constantFrom("(?:ab|cd)", "(x|y|z)", "(?:a[0-9])"),
);
const repeated = fc.tuple(atom, fc.constantFrom("", "?", "*", "+", "{2}", "{1,3}", "{0,2}", "{3,}")).map((parts) => parts.join(""));
const sequence = fc.array(repeated, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(""));
const pattern = fc.tuple(sequence, fc.option(sequence)).map(([one, other]) => (other === null ? `^${one}$` : `^(?:${one}|${other})$`));

test("a text made for a regular expression matches it", () => {
  fc.assert(
    fc.property(pattern, fc.nat({ max: 1000 }), (source, seed) => {
      const text = matching(source, seed);
      assert.ok(text !== undefined && new RegExp(source, "s").test(text), `${source}: ${text}`);
    }),
    { numRuns: 2000 },
  );
});

test("what is not understood is not answered", () => {
  for (const source of ["(?=a)b", "(a)\\1", "(a", "[a", "a)"]) assert.equal(matching(source, 1), undefined, source);
  assert.notEqual(matching("@", 1), matching("@", 2));
});
