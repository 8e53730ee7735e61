/** Schemas that other generators stumble over; the server itself says whether every constraint holds. */
import assert from "node:assert/strict";
import test from "node:test";
import { failureOf } from "../../support/migrate-project.ts";
import { database } from "./support.ts";

test("two tables that refer to each other", async (t) => {
  const schema = `
    create table teams (id int primary key, lead_id int);
    create table people (id int primary key, team_id int not null references teams (id));
    alter table teams add foreign key (lead_id) references people (id);`;
  for (const lane of [undefined, "staging", "arrays"] as const) {
    const p = await database(t, schema);
    await p.fill({ rows: ["teams=20", "people=50"], ...(lane && { lane }) });
    assert.equal(await p.count("select count(*) from people join teams on teams.id = team_id"), 50);
    assert.ok((await p.count("select count(lead_id) from teams")) > 5, `${lane}`);
  }
});

test("two tables that refer to each other and cannot do without: bare tables need no order, others a deferrable key", async (t) => {
  const circle = (deferrable: string): string => `
    create table a (id int primary key, b_id int not null);
    create table b (id int primary key, a_id int not null references a (id) ${deferrable});
    alter table a add constraint a_b foreign key (b_id) references b (id) ${deferrable};`;
  const bare = await database(t, circle(""));
  await bare.fill({ rows: ["a=20", "b=20"] });
  assert.equal(await bare.count("select count(*) from a join b on b.id = b_id"), 20);
  await failureOf(bare.fill({ rows: ["a=20", "b=20"], seed: 2 }), "SEED_FILL_CYCLE");
  const deferred = await database(t, circle("deferrable"));
  await deferred.fill({ rows: ["a=20", "b=20"], lane: "staging" });
  assert.equal(await deferred.count("select count(*) from a join b on b.id = b_id"), 20);
});

test("trees: with roots, and where the root is its own parent", async (t) => {
  const p = await database(
    t,
    `create table pages (id int primary key, parent_id int references pages (id), slug text not null, unique (parent_id, slug));
     create table nodes (id int primary key, parent_id int not null references nodes (id));
     create table chain (id int primary key, before_id int unique references chain (id));`,
  );
  await p.fill({ scale: 1 });
  assert.ok((await p.count("select count(*) from pages where parent_id is null")) > 0);
  assert.equal(await p.count("select count(*) from pages where parent_id >= id"), 0);
  assert.equal(await p.count("select count(*) from nodes where parent_id = id"), 1);
  assert.equal(await p.count("select count(distinct before_id) from chain"), await p.count("select count(*) - 1 from chain"));
});

test("keys of other schemas, names that need quotes, keys of three columns", async (t) => {
  const p = await database(
    t,
    `create schema auth; create schema "Odd Name";
     create table auth.users (id uuid primary key);
     create table "Odd Name"."select" ("user" uuid primary key references auth.users (id), "a ""b""" text not null unique);
     create table orgs (id int primary key);
     create table projects (org_id int not null references orgs (id), id int, primary key (org_id, id));
     create table tasks (org_id int not null, project_id int not null, id int not null, primary key (org_id, project_id, id), foreign key (org_id, project_id) references projects (org_id, id));
     create table links (org_id int not null, project_id int not null, from_id int not null, to_id int not null, check (from_id <> to_id),
       primary key (org_id, project_id, from_id, to_id),
       foreign key (org_id, project_id, from_id) references tasks (org_id, project_id, id),
       foreign key (org_id, project_id, to_id) references tasks (org_id, project_id, id));`,
  );
  await p.fill({ rows: ["orgs=3", "projects=9", "tasks=200", "links=300", "Odd Name.select=40", "auth.users=40"] });
  assert.equal(await p.count(`select count(*) from "Odd Name"."select"`), 40);
  assert.equal(await p.count("select count(*) from links"), 300);
});

test("uniqueness of few values: as many rows as there are combinations", async (t) => {
  const p = await database(
    t,
    `create type size as enum ('s', 'm', 'l');
     create table shirts (id int primary key);
     create table stock (shirt_id int not null references shirts (id), size size not null, outlet boolean not null, primary key (shirt_id, size, outlet));
     create table flags (name text primary key check (name in ('a', 'b', 'c')));
     create table defaults (id int primary key, shirt_id int not null references shirts (id), is_default boolean not null);
     create unique index on defaults (shirt_id) where is_default;`,
  );
  const { findings, result } = await p.fill({ rows: ["shirts=5", "stock=100", "flags=9", "defaults=50"] });
  assert.equal(await p.count("select count(*) from stock"), 30);
  assert.equal(await p.count("select count(*) from flags"), 3);
  assert.equal(result.rows, 5 + 30 + 3 + 50);
  assert.deepEqual(
    findings.map(({ code }) => code),
    ["SEED_FILL_CAPPED", "SEED_FILL_CAPPED"],
  );
});

test("partitions take their rows", async (t) => {
  const p = await database(
    t,
    `create table events (id bigint generated always as identity, happened_at timestamptz not null, kind text, primary key (id, happened_at)) partition by range (happened_at);
     create table events_1 partition of events for values from ('2031-01-01') to ('2031-02-01');
     create table events_2 partition of events for values from ('2031-02-01') to ('2031-03-01');
     create table places (id int not null, region text not null, primary key (id, region)) partition by list (region);
     create table places_eu partition of places for values in ('de', 'fr');
     create table places_us partition of places for values in ('us');
     create table visits (id int, place_id int not null, region text not null, foreign key (place_id, region) references places (id, region)) partition by hash (id);
     create table visits_0 partition of visits for values with (modulus 2, remainder 0);
     create table visits_1 partition of visits for values with (modulus 2, remainder 1);
     create index on visits (place_id)`,
  );
  const before = await p.fingerprint();
  await p.fill({ scale: 1 });
  assert.equal(await p.fingerprint(), before);
  for (const part of ["events_1", "events_2", "places_eu", "places_us", "visits_0", "visits_1"])
    assert.ok((await p.count(`select count(*) from ${part}`)) > 10, part);
});

test("columns that say how one goes with another", async (t) => {
  const p = await database(
    t,
    `create domain filled as text not null;
     create table bookings (
      filled filled,
      id int primary key, starts_at timestamptz not null, ends_at timestamptz not null, check (ends_at > starts_at),
      cheap numeric not null, dear numeric not null check (dear >= 10), check (dear between cheap and cheap * 5),
      phone text, email text, check (num_nonnulls(phone, email) > 0),
      a int, b int, c int, check (num_nonnulls(a, b, c) = 1),
      kind text not null check (kind = any (array['x', 'y'])), x_note text, check (kind <> 'x' or x_note is not null),
      code char(6) not null unique, zip text not null check (zip ~ '^[0-9]{5}$'), short varchar(4) not null, shout text not null check (shout = upper(shout)),
      percent int check (percent is null or percent between 20 and 30), small smallint not null check (small > 30000), list jsonb not null check (jsonb_typeof(list) = 'array'))`,
  );
  await p.fill({ rows: ["bookings=3000"] });
  assert.equal(await p.count("select count(*) from bookings"), 3000);
  assert.ok((await p.count("select count(distinct a) + count(distinct b) + count(distinct c) from bookings")) > 100);
});

test("every type, in PostgreSQL's binary format and in its text format", async (t) => {
  const schema = `
    create type mood as enum ('fine', 'so so'); create domain positive as int check (value > 0); create type span as range (subtype = int);
    create table zoo (
      id bigint primary key, a bool, b int2, c int4, e float4, f float8, g numeric, h numeric(12, 4), i numeric(6, 0), j text, k varchar(30), l char(8), m uuid, n date,
      o timestamp, p timestamptz, q time, r interval, s json, u bytea, v inet, w cidr, x mood, y positive, z positive[],
      aa int[], ab text[], ac uuid[], ad timestamptz[], ae numeric(8, 2)[], af int4range, ag tstzrange, ah daterange, ai numrange, aj int8multirange, ak span, al mood[], am name, an jsonb)`;
  const rows = async (lane: "arrays" | undefined): Promise<unknown> => {
    const p = await database(t, schema);
    await p.fill({ rows: ["zoo=500"], ...(lane && { lane }) });
    const { rows: found } = await p.db.query("select md5(string_agg(z::text, ',' order by id)) as hash, count(*) as n from zoo z");
    const { plan } = await p.fill({ rows: ["zoo=501"] }, { dryRun: true });
    assert.match(plan.steps[0]?.sql ?? "", /format binary/);
    return found;
  };
  assert.deepEqual(await rows(undefined), await rows("arrays"));
  const p = await database(
    t,
    `create table zoo (id int primary key, a money, b point, c box, d circle, e bit(5), f varbit(9), g macaddr, h tsvector, i timetz, j xml, k pg_lsn, l path, m line, n lseg, o polygon, p tsquery, q int[], r text)`,
  );
  const { plan } = await p.fill({ rows: ["zoo=100"] });
  assert.match(plan.steps[0]?.sql ?? "", /format text/);
  assert.equal(
    await p.count("select count(*) from zoo where e is not null and h is not null"),
    await p.count("select count(*) from zoo where e is not null and h is not null"),
  );
});

test("ranges that must not overlap", async (t) => {
  const p = await database(t, "create table slots (id int primary key, during tstzrange not null, exclude using gist (during with &&))");
  await p.fill({ rows: ["slots=200"] });
  assert.equal(await p.count("select count(*) from slots"), 200);
});

test("what others hang on the tables stays: views, foreign keys of other tables, keys that are not validated", async (t) => {
  const p = await database(
    t,
    `create table products (id int primary key, name text not null, constraint products_name unique (name)); comment on constraint products_name on products is 'unique';
     create view by_product as select p.id, p.name, count(*) as n from products p group by p.id;
     create table reviews (id int primary key, product_id int not null, constraint late foreign key (product_id) references products (id) on delete cascade deferrable initially deferred not valid);
     create table outside (product_id int references products (id)); create index reviews_partial on reviews (product_id) where product_id > 5;
     create index reviews_expression on reviews ((product_id + 1)); alter index reviews_expression alter column 1 set statistics 500;
     alter table reviews cluster on reviews_partial`.replace(
      "alter table reviews cluster on reviews_partial",
      "alter table reviews cluster on reviews_pkey",
    ),
  );
  const before = await p.fingerprint();
  await p.fill({ only: ["products", "reviews"] });
  assert.equal(await p.fingerprint(), before);
});

test("a type that nothing is known about is told, and fill.ts says what to do", async (t) => {
  const p = await database(t, "create type pair as (a int, b int); create table pairs (id int primary key, pair pair not null)");
  const { hint, data } = await failureOf(p.fill(), "SEED_FILL_IMPOSSIBLE");
  assert.equal(data["object"], "pair");
  assert.match(hint ?? "", /oneOf/);
});
