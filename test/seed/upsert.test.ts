/** Upsert: what it writes, what it leaves alone, what it refuses. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { failureOf } from "../support/migrate-project.ts";
import { defer } from "../support/migrate-server.ts";
import { notes, type SeedProject, seedProject } from "../support/seed-project.ts";

/** A seeder with this body. */
const seeder = (body: string): string => `export async function seedIt(seed) { ${body} }`;
const runs = async (p: SeedProject, body: string): Promise<void> => {
  await p.seeders({ "001_it.ts": seeder(body) });
  await (await p.steward()).seed.run();
};
const counts = async (p: SeedProject): Promise<unknown> =>
  (await p.rows("select inserted::int, updated::int from pgsteward.seed_run order by id desc limit 1"))[0];

const everything = `
  create type mood as enum ('ok', 'bad');
  create domain slug as text not null check (value ~ '^[a-z]+$');
  create type pair as (a int, b text);
  create table things (
    id uuid primary key default gen_random_uuid(), code slug, big bigint, small smallint, price numeric(5,2), any_price numeric, ratio float8, flag boolean,
    moods mood[], mood mood, tags text[], grid int[][], doc jsonb, raw json, bytes bytea, at timestamptz, day date, span interval, place point,
    addr inet, pairing pair, short varchar(3), fixed char(5), range int4range, doubled int generated always as (small * 2) stored, unique (code)
  );`;
const row = `{ code: "a", big: 9007199254740993n, small: 7, price: "1.005", any_price: "1.50", ratio: NaN, flag: true,
  moods: ["ok", null], mood: "bad", tags: ['a "b"', "\\\\", null, ""], grid: [[1, 2], [3, 4]], doc: [1, { a: null, b: "x" }], raw: "text",
  bytes: new Uint8Array([0, 255]), at: new Date("2026-01-02T03:04:05.678Z"), day: "2026-02-03", span: "1 day", place: "(1,2)",
  addr: "10.0.0.1", pairing: { a: 1, b: "x,y" }, short: "abc", fixed: "ab", range: "[1,5)" }`;

describe("values", () => {
  test("of every kind arrive as they are, and are found equal the second time", async (t) => {
    const p = await seedProject(t, everything);
    const body = `await seed.upsert("things", [${row}], { key: ["code"] });`;
    await runs(p, body);
    const [found] = await p.rows("select * from things");
    const { id, bytes, ...rest } = found as { id: string; bytes: Uint8Array };
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.deepEqual([...bytes], [0, 255]);
    assert.deepEqual(rest, {
      code: "a",
      big: 9007199254740993n,
      small: 7,
      price: "1.01",
      any_price: "1.50",
      ratio: Number.NaN,
      flag: true,
      moods: "{ok,NULL}",
      mood: "bad",
      tags: ['a "b"', "\\", null, ""],
      grid: [
        [1, 2],
        [3, 4],
      ],
      doc: [1, { a: null, b: "x" }],
      raw: "text",
      at: new Date("2026-01-02T03:04:05.678Z"),
      day: "2026-02-03",
      span: "1 day",
      place: "(1,2)",
      addr: "10.0.0.1",
      pairing: '(1,"x,y")',
      short: "abc",
      fixed: "ab   ",
      range: "[1,5)",
      doubled: 14,
    });
    const before = await p.versions("things");
    await runs(p, `${body} /* again */`);
    assert.deepEqual(await counts(p), { inserted: 0, updated: 0 });
    assert.deepEqual(await p.versions("things"), before);
  });

  test("one that changed in any column is an update of that row alone; JSON is compared as it is stored", async (t) => {
    const p = await seedProject(t, "create table a (id int primary key, raw json, doc jsonb, place point);");
    const upsert = (raw: string, doc: string): string =>
      `await seed.upsert("a", [{ id: 1, raw: ${raw}, doc: ${doc}, place: "(1,2)" }, { id: 2, raw: 1 }], { key: ["id"] });`;
    await runs(p, upsert("{ x: 1 }", "{ x: 1 }"));
    await runs(p, upsert("{ x: 2 }", "{ x: 1 }"));
    assert.deepEqual(await counts(p), { inserted: 0, updated: 1 });
    await runs(p, upsert("{ x: 2 }", "null"));
    assert.deepEqual(await p.rows("select raw, doc from a where id = 1"), [{ raw: { x: 2 }, doc: null }]);
  });

  test("too long, out of range or of the wrong kind are refused, never cut", async (t) => {
    const p = await seedProject(t, everything);
    for (const [value, message] of [
      ['short: "abcd"', /value too long for type character varying\(3\)/],
      ["small: 40000", /out of range for type smallint/],
      ['mood: "odd"', /invalid input value for enum mood: "odd"/],
      ["price: 1000", /numeric field overflow/],
    ] as const) {
      await p.seeders({ "001_it.ts": seeder(`await seed.upsert("things", [{ code: "a", ${value} }], { key: ["code"] });`) });
      assert.match((await failureOf((await p.steward()).seed.run(), "SEED_FAILED")).message, message);
    }
    assert.deepEqual(await p.rows("select * from things"), []);
  });
});

describe("rows", () => {
  const users =
    "create table users (id bigint generated always as identity primary key, email text not null unique, name text default 'nobody', age int);";

  test("come back in the order given, with what the database gave them", async (t) => {
    const p = await seedProject(t, users);
    await p.session2.script("insert into users (email) values ('b')");
    await runs(
      p,
      'seed.tell(JSON.stringify((await seed.upsert("users", ["c", "b", "a"].map((email) => ({ email })), { key: ["email"] })).map(({ id, email, name }) => [Number(id), email, name])));',
    );
    assert.deepEqual(JSON.parse(notes(p)[0] ?? ""), [
      [2, "c", "nobody"],
      [1, "b", "nobody"],
      [3, "a", "nobody"],
    ]);
  });

  test("that are updated come back as they are then", async (t) => {
    const p = await seedProject(t, users);
    await p.session2.script("insert into users (email, name, age) values ('a', 'old', 1)");
    await runs(
      p,
      'seed.tell(JSON.stringify((await seed.upsert("users", [{ email: "a", name: "new" }], { key: ["email"] })).map(({ name, age }) => [name, age])));',
    );
    assert.deepEqual(notes(p), ['[["new",1]]']);
  });

  test("may name different columns: what one leaves out gets its default, or keeps its value", async (t) => {
    const p = await seedProject(t, users);
    await runs(p, 'await seed.upsert("users", [{ email: "a", name: "A" }, { email: "b" }, { email: "c", age: 3 }], { key: ["email"] });');
    await runs(
      p,
      'await seed.upsert("users", [{ email: "a", age: 1 }, { email: "b", name: null }, { email: "c", age: 3 }], { key: ["email"] });',
    );
    assert.deepEqual(await p.rows("select email, name, age from users order by 1"), [
      { email: "a", name: "A", age: 1 },
      { email: "b", name: null, age: null },
      { email: "c", name: "nobody", age: 3 },
    ]);
    assert.deepEqual(await counts(p), { inserted: 0, updated: 2 });
  });

  test("that are there stay as they are with update: false", async (t) => {
    const p = await seedProject(t, users);
    await p.session2.script("insert into users (email, name) values ('a', 'mine')");
    await runs(
      p,
      'await seed.upsert("users", [{ email: "a", name: "yours" }, { email: "b", name: "new" }], { key: ["email"], update: false });',
    );
    assert.deepEqual(await p.rows("select email, name from users order by 1"), [
      { email: "a", name: "mine" },
      { email: "b", name: "new" },
    ]);
  });

  test("by the thousand are a few statements", async (t) => {
    const p = await seedProject(t, users);
    const body = 'await seed.upsert("users", Array.from({ length: 2500 }, (_, i) => ({ email: `u${i}`, age: i })), { key: ["email"] });';
    await runs(p, body);
    assert.deepEqual(await counts(p), { inserted: 2500, updated: 0 });
    await runs(p, body.replace("age: i", "age: i - (i % 2)"));
    assert.deepEqual(await counts(p), { inserted: 0, updated: 1250 });
  });

  test("none at all is nothing to do", async (t) => {
    const p = await seedProject(t, users);
    await runs(p, 'seed.tell(String((await seed.upsert("users", [], { key: ["email"] })).length));');
    assert.deepEqual(notes(p), ["0"]);
  });

  test("with values of their own for a serial column move its sequence on", async (t) => {
    const p = await seedProject(
      t,
      "create table a (id serial primary key, name text); create table b (id bigint generated always as identity primary key, a int);",
    );
    await runs(
      p,
      'await seed.upsert("a", [{ id: 41, name: "x" }], { key: ["id"] }); await seed.upsert("b", [{ id: 7, a: 41 }], { key: ["id"] });',
    );
    await p.session2.script("insert into a (name) values ('next'); insert into b (a) values (1)");
    assert.deepEqual(await p.rows("select id from a order by 1"), [{ id: 41 }, { id: 42 }]);
    assert.deepEqual(await p.rows("select id from b order by 1"), [{ id: 7n }, { id: 8n }]);
  });
});

describe("keys", () => {
  const schema = `
    create table users (id serial primary key, tenant int, email text not null, name text, deleted boolean default false);
    create unique index on users (tenant, lower(email)) where not deleted;
    create unique index on users (lower(email)) where tenant is null and not deleted;
    create table "Odd Names" ("Ключ" text primary key, "a""b" int, "t" int, "n" int, "order" int, pgsteward text);
    create table parted (id int, region text, primary key (id, region)) partition by list (region);
    create table parted_eu partition of parted for values in ('eu'); create table parted_us partition of parted for values in ('us');`;

  test("may hold nulls, and rest on partial indexes and indexes of expressions", async (t) => {
    const p = await seedProject(t, schema);
    const body = (name: string): string =>
      `await seed.upsert("users", [{ tenant: null, email: "a", name: "${name}" }, { tenant: 1, email: "a", name: "x" }], { key: ["tenant", "email"] });`;
    await runs(p, body("x"));
    await runs(p, body("y"));
    assert.deepEqual(await p.rows("select tenant, name from users order by 1"), [
      { tenant: 1, name: "x" },
      { tenant: null, name: "y" },
    ]);
  });

  test("that match more than one row are refused", async (t) => {
    const p = await seedProject(t, schema);
    await p.session2.script("insert into users (email, deleted) values ('a', true), ('a', true)");
    await p.seeders({ "001_it.ts": seeder('await seed.upsert("users", [{ email: "a", name: "x" }], { key: ["email"] });') });
    const { message } = await failureOf((await p.steward()).seed.run(), "SEED_KEY_AMBIGUOUS");
    assert.equal(message, "more than one row of public.users has email = a");
    assert.deepEqual(await p.rows("select count(*)::int as n from users"), [{ n: 2 }]);
  });

  test("and tables may have any name; a partitioned table is one", async (t) => {
    const p = await seedProject(t, schema);
    const body = `
      await seed.upsert("public.Odd Names", [{ "Ключ": "k", 'a"b': 1, t: 2, n: 3, order: 4, pgsteward: "x" }], { key: ["Ключ"] });
      await seed.upsert("parted", [{ id: 1, region: "eu" }, { id: 1, region: "us" }], { key: ["id", "region"] });`;
    await runs(p, body);
    await runs(p, `${body} /* again */`);
    assert.deepEqual(await counts(p), { inserted: 0, updated: 0 });
    assert.deepEqual(await p.rows('select * from "Odd Names"'), [{ Ключ: "k", 'a"b': 1, t: 2, n: 3, order: 4, pgsteward: "x" }]);
  });

  const refused: readonly (readonly [what: string, body: string, code: string, text: RegExp])[] = [
    [
      "an unknown table",
      'upsert("user", [{ a: 1 }], { key: ["a"] })',
      "SEED_TABLE_UNKNOWN",
      /there is no table user.*did you mean users\?/s,
    ],
    [
      "an unknown column",
      'upsert("users", [{ emial: 1 }], { key: ["email"] })',
      "SEED_COLUMN_UNKNOWN",
      /no column emial.*did you mean email\?/s,
    ],
    [
      "a key that nothing makes unique",
      'upsert("users", [{ name: "x" }], { key: ["name"] })',
      "SEED_KEY_NOT_UNIQUE",
      /\(name\) unique in public\.users.*unique keys are \(id\).*create unique index on "public"\."users" \("name"\)/s,
    ],
    ["no key", 'upsert("users", [{ name: "x" }], { key: [] })', "SEED_KEY_NOT_UNIQUE", /name the columns of a unique index/],
    [
      "a row without its key",
      'upsert("users", [{ id: 1 }, { name: "x" }], { key: ["id"] })',
      "SEED_ROW_INVALID",
      /row 2 for public\.users: it has no id/,
    ],
    [
      "two rows of one key",
      'upsert("users", [{ id: 1 }, { id: 2 }, { id: 1 }], { key: ["id"] })',
      "SEED_ROW_INVALID",
      /row 3 for public\.users: it has the same id as row 1/,
    ],
    ["undefined", 'upsert("users", [{ id: 1, name: undefined }], { key: ["id"] })', "SEED_ROW_INVALID", /name is undefined/],
  ];
  for (const [what, body, code, text] of refused) {
    test(`refused: ${what}`, async (t) => {
      const p = await seedProject(t, schema, { "001_it.ts": seeder(`await seed.${body}`) });
      const { message, detail, hint, database, data } = await failureOf((await p.steward()).seed.run(), code);
      assert.match(`${message}\n${detail ?? ""}\n${hint ?? ""}`, text);
      assert.equal(database, "rolled back");
      assert.equal(data["line"], 1);
    });
  }

  test("that a trigger changes on the way in are refused: a second run would not know the row", async (t) => {
    const p = await seedProject(
      t,
      `create table a (email text primary key);
       create function lower_it() returns trigger language plpgsql as $$ begin new.email = lower(new.email); return new; end $$;
       create trigger t before insert on a for each row execute function lower_it();`,
    );
    await p.seeders({ "001_it.ts": seeder('await seed.upsert("a", [{ email: "A@X" }], { key: ["email"] });') });
    assert.match((await failureOf((await p.steward()).seed.run(), "SEED_KEY_ALTERED")).message, /with email = A@X cannot be found again/);
    await runs(p, 'await seed.upsert("a", [{ email: "a@x" }], { key: ["email"] });');
  });
});

test("a role that row level security binds is refused: it would write a hidden row twice", async (t) => {
  const p = await seedProject(
    t,
    "create table a (id int primary key); alter table a enable row level security; alter table a force row level security;",
  );
  const role = `seeder_${p.name}`;
  await p.session2.script(`create role ${role} login; grant ${role} to current_user; grant all on schema public to ${role};
    alter table a owner to ${role}; grant create on database ${p.name} to ${role}`);
  defer(t, () => p.session2.script(`drop owned by ${role} cascade; drop role ${role}`));
  await p.seeders({ "001_it.ts": seeder('await seed.upsert("a", [{ id: 1 }], { key: ["id"] });') });
  const { seed } = await p.steward({ url: p.url.replace(/\/\/[^@]*@/, `//${role}@`) });
  assert.match((await failureOf(seed.run(), "SEED_ROWS_HIDDEN")).hint ?? "", /BYPASSRLS/);
});
