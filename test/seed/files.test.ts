/** Seeders of SQL and of data: what they declare, how they load, what a broken line says. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { failureOf } from "../support/migrate-project.ts";
import { seedProject } from "../support/seed-project.ts";

const schema = `create table countries (code char(2) primary key, name text not null, area numeric, tags text[], facts jsonb);
  create table notes (id serial primary key, text text, at date default '2000-01-01');`;

describe(".sql", () => {
  test("declares itself in its first comments", async (t) => {
    const p = await seedProject(t, schema, {
      "001_a.sql":
        "-- Countries of the world\n-- pgsteward: category=geo environments=dev,production\n-- pgsteward: production-safe essential=false after=002_b tables=notes\n\nselect 1;",
      "002_b.sql": "-- pgsteward: production-safe\nselect 1;\n-- pgsteward: category=too_late",
    });
    const { data } = await (await p.steward()).seed.list();
    assert.deepEqual(data.seeders, [
      {
        name: "002_b",
        category: "b",
        environments: ["development", "testing", "staging", "demo", "production"],
        productionSafe: true,
        essential: true,
        after: [],
      },
      {
        name: "001_a",
        category: "geo",
        environments: ["development", "production"],
        productionSafe: true,
        essential: false,
        after: ["002_b"],
      },
    ]);
  });

  const refused: readonly (readonly [text: string, problem: RegExp])[] = [
    ["-- pgsteward: categry=x\nselect 1", /declares no categry/],
    ["-- pgsteward: environments=moon\nselect 1", /no environment moon/],
    ["select 1;\ncommit;\n", /001_a\.sql:2 is no seeder: COMMIT is not the file's to say/],
    ["\\connect other\nselect 1", /\\connect is a command of psql/],
    ["copy notes from stdin;\n1\ta\n\\.\n", /put the data into a \.csv seeder/],
  ];
  for (const [text, problem] of refused) {
    test(`refused: ${JSON.stringify(text)}`, async (t) => {
      const p = await seedProject(t, schema, { "001_a.sql": text });
      assert.match((await failureOf((await p.steward()).seed.run(), "SEED_FILE_INVALID")).message, problem);
    });
  }

  test("that fails says in which line, where the server points or where the statement begins", async (t) => {
    const p = await seedProject(t, schema, {
      "001_a.sql": "-- ü\ninsert into notes (text) values ('ü');\n\ninsert into notes\n  (txt) values ('a');",
    });
    const { seed } = await p.steward();
    assert.match((await failureOf(seed.run(), "SEED_FAILED")).message, /^001_a failed at seeders\/001_a\.sql:5: column "txt"/);
    await p.seeders({ "001_a.sql": "insert into notes (id) values (1);\n\ninsert into notes (id)\nvalues (1);" });
    assert.match((await failureOf(seed.run(), "SEED_FAILED")).message, /seeders\/001_a\.sql:3: duplicate key/);
    assert.deepEqual(await p.rows("select * from notes"), []);
  });
});

describe(".csv", () => {
  const csv = '\ufeffcode,name,tags\r\nde,"Germany, ""the""\nsecond line","{a,b}"\r\nfr,France,\r\n';

  test("fills the table of its name by the primary key, and changes nothing the second time", async (t) => {
    const p = await seedProject(t, schema, { "010_countries.csv": csv });
    const { seed } = await p.steward();
    assert.deepEqual((await seed.run()).result.seeders, [{ name: "010_countries", inserted: 2, updated: 0, unchanged: 0, unrecorded: [] }]);
    assert.deepEqual(await p.rows("select code, name, tags from countries order by 1"), [
      { code: "de", name: 'Germany, "the"\nsecond line', tags: ["a", "b"] },
      { code: "fr", name: "France", tags: null },
    ]);
    const before = await p.versions("countries");
    assert.deepEqual((await seed.run()).result.seeders, [{ name: "010_countries", inserted: 0, updated: 0, unchanged: 2, unrecorded: [] }]);
    assert.deepEqual(await p.versions("countries"), before);
    await p.seeders({ "010_countries.csv": csv.replace("France", "La France").concat("it,Italia,\r\n") });
    assert.deepEqual(
      (await seed.run()).result.seeders.map(({ inserted, updated, unchanged }) => [inserted, updated, unchanged]),
      [[1, 1, 1]],
    );
    await seed.undo({ names: ["countries"] });
    assert.deepEqual(await p.content("countries"), []);
  });

  test("declares the rest in a file beside it", async (t) => {
    const p = await seedProject(t, `${schema} create unique index on countries (name);`, {
      "010_x.csv": "name,code\nFrance,fr\n",
      "010_x.csv.json": JSON.stringify({ table: "public.countries", key: ["name"], update: false, category: "geo", productionSafe: true }),
    });
    await p.session2.script("insert into countries values ('xx', 'France')");
    const { seed } = await p.steward();
    assert.deepEqual(
      (await seed.run({ profile: "geo" })).result.seeders.map(({ inserted, unchanged }) => [inserted, unchanged]),
      [[0, 1]],
    );
    assert.deepEqual(await p.rows("select code from countries"), [{ code: "xx" }]);
    await p.seeders({ "010_x.csv.json": JSON.stringify({ tabel: "x" }) });
    assert.match((await failureOf(seed.run(), "SEED_FILE_INVALID")).hint ?? "", /did you mean table\?/);
  });

  test("without a key is loaded once; a changed one is refused until its rows are taken back", async (t) => {
    const p = await seedProject(t, schema, { "001_notes.csv": "text\nfirst\nsecond\n" });
    const { seed } = await p.steward();
    await seed.run();
    assert.deepEqual((await seed.run()).result.skipped, ["001_notes"]);
    await p.seeders({ "001_notes.csv": "text\nfirst\nthird\n" });
    await failureOf(seed.run(), "SEED_DATA_CHANGED");
    await seed.run({ clean: true });
    assert.deepEqual(await p.rows("select text, at from notes order by 1"), [
      { text: "first", at: "2000-01-01" },
      { text: "third", at: "2000-01-01" },
    ]);
  });

  const broken: readonly (readonly [csv: string, code: string, message: RegExp])[] = [
    [
      "code,name,area\nde,Germany,1\nfr,France,big\n",
      "SEED_FAILED",
      /countries\.csv:3: area: invalid input syntax for type numeric: "big"/,
    ],
    ["code,name\nde,Germany\nfr\n", "SEED_FAILED", /countries\.csv:3: name: missing data|countries\.csv:3: missing data/],
    ["code,name\nde,Germany,1\n", "SEED_FAILED", /countries\.csv:2: extra data after last expected column/],
    ["code,nmae\nde,Germany\n", "SEED_COLUMN_UNKNOWN", /no column nmae/],
    ["code,name\nde,Germany\nde,Deutschland\n", "SEED_FILE_INVALID", /more than one line has code de/],
    ["code,name\nde,\n", "SEED_FAILED", /null value in column "name"/],
    ["\n", "SEED_FILE_INVALID", /its first line does not name the columns/],
  ];
  for (const [text, code, message] of broken) {
    test(`refused: ${JSON.stringify(text)}`, async (t) => {
      const p = await seedProject(t, schema, { "001_countries.csv": text });
      assert.match((await failureOf((await p.steward()).seed.run(), code)).message, message);
      assert.deepEqual(await p.content("countries"), []);
    });
  }

  test("gives numbers to a column that is always generated, with a key and without one, and does not change them", async (t) => {
    const numbered = `create table a (id int generated always as identity primary key, code text unique, name text);
      create table b (id int generated always as identity, name text);`;
    const beside = JSON.stringify({ table: "a", key: ["code"] });
    const p = await seedProject(t, numbered, {
      "001_a.csv": "id,code,name\n7,x,one\n8,y,two\n",
      "001_a.csv.json": beside,
      "002_b.csv": "id,name\n5,five\n",
    });
    const { seed } = await p.steward();
    await seed.run();
    await p.seeders({ "001_a.csv": "id,code,name\n9,x,ONE\n8,y,two\n" });
    const { result } = await seed.run();
    const [first] = result.seeders;
    assert.deepEqual([first?.inserted, first?.updated], [0, 1]);
    assert.deepEqual(await p.rows("select * from a order by id"), [
      { id: 7, code: "x", name: "ONE" },
      { id: 8, code: "y", name: "two" },
    ]);
    assert.deepEqual(await p.rows("select * from b"), [{ id: 5, name: "five" }]);
  });
});

describe(".jsonl", () => {
  test("loads a line a row; lines may name different columns", async (t) => {
    const p = await seedProject(t, schema, {
      "001_countries.jsonl":
        '{"code":"de","name":"Germany","facts":{"a":[1,"\\u00fc\\\\"]}}\n\n{"code":"fr","name":"France","tags":["x",null],"area":12345678901234567890.5}\n',
    });
    const { seed } = await p.steward();
    await seed.run();
    assert.deepEqual(await p.rows("select * from countries order by 1"), [
      { code: "de", name: "Germany", area: null, tags: null, facts: { a: [1, "ü\\"] } },
      { code: "fr", name: "France", area: "12345678901234567890.5", tags: ["x", null], facts: null },
    ]);
    const before = await p.versions("countries");
    assert.deepEqual(
      (await seed.run()).result.seeders.map(({ unchanged }) => unchanged),
      [2],
    );
    assert.deepEqual(await p.versions("countries"), before);
  });

  test("that breaks off says in which line", async (t) => {
    const p = await seedProject(t, schema, { "001_countries.jsonl": '{"code":"de","name":"Germany"}\n{"code":"fr","na\n' });
    const { message, database } = await failureOf((await p.steward()).seed.run(), "SEED_FAILED");
    assert.match(message, /seeders\/001_countries\.jsonl:2: .*invalid input syntax for type json/);
    assert.equal(database, "rolled back");
    assert.deepEqual(await p.content("countries"), []);
  });
});
