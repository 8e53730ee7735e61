/** A failed file: rolled back; the error shows file, line, statement, sqlstate, hint; status names it; mended, it just runs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Files, failureOf, project } from "../support/migrate-project.ts";

const table = (name: string): string => `create table ${name} (id int primary key);\n-- Down migration\ndrop table ${name};\n`;
const nine = (fifth: string): Files =>
  Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`00${i + 1}_t${i + 1}.sql`, i === 4 ? fifth : table(`t${i + 1}`)]));

for (const [batch, config] of Object.entries({ "in one message": {}, "one by one": { migrate: { batchBytes: 0 } } })) {
  for (const [what, fifth, line, state] of [
    ["a syntax error", "create table t5 (id int);\n\nselec 1;\n", 3, "42601"],
    ["an error at run time", "create table t5 (id int);\ninsert into t5 values (1);\n\n\nselect 1/0;\nselect 2;\n", 5, "22012"],
    ["a missing table", "-- Up migration\nselect 1;\nselect *\n  from nowhere;\n-- Down migration\n", 4, "42P01"],
  ] as const) {
    test(`${what} in file 5 of 9, ${batch}`, async (t) => {
      const p = await project(t, nine(fifth));
      const { migrate } = await p.steward(config);
      const error = await failureOf(migrate.up(), "MIGRATE_FAILED");
      assert.equal(error.exit, 6);
      assert.equal(error.database, "rolled back");
      assert.match(error.message, new RegExp(`^005_t5 failed at .*/005_t5\\.sql:${line}: `));
      assert.equal(error.data["sqlstate"], state);
      assert.equal(error.data["line"], line);
      assert.match(error.detail ?? "", new RegExp(`^statement: .*\\n(.*\\n)*sqlstate ${state}\\n4 of 9 steps were applied before it$`));
      assert.ok(error.hint);
      assert.deepEqual(await p.applied(), ["001_t1", "002_t2", "003_t3", "004_t4"]);
      const session = await p.session();
      assert.equal((await session.query("select to_regclass('t5') is null as gone")).rows[0]?.["gone"], true);
      const status = await migrate.status();
      assert.equal(status.data.migrations[4]?.state, "pending");
      assert.ok(status.findings.some(({ code, object }) => code === "MIGRATE_FAILED_BEFORE" && object === "005_t5"));
      assert.equal(status.findings.length, 1);
      await p.write({ "005_t5.sql": table("t5") });
      assert.equal((await migrate.up()).result.applied.length, 5);
      assert.deepEqual((await migrate.status()).findings, []);
      const { events } = (await migrate.history()).data;
      assert.deepEqual(
        events.filter(({ action }) => action === "failed").map(({ name }) => name),
        ["005_t5"],
      );
    });
  }
}

/** Text of a second file, and where it must be said to fail. */
const places: Readonly<Record<string, readonly [text: string, line: number, statement: RegExp]>> = {
  "many characters of two and four bytes before it": [
    `select '${"ü🐘".repeat(500)}';\n-- 🐘🐘\nselect '🐘', missing;\n`,
    3,
    /^select '🐘', missing/,
  ],
  "in a DO block": [
    "select 1;\ndo $$\nbegin\n  perform 1;\n  raise exception 'no' using hint = 'do otherwise';\nend $$;\nselect 2;",
    2,
    /^do \$\$/,
  ],
  "in a function that it calls": [
    "create function f() returns int language plpgsql as $$ begin return 1/0; end $$;\n\nselect f();\nselect 3;",
    3,
    /^select f\(\)/,
  ],
  "in a function's body": ["create function f() returns int language sql as $$\n  select missing\n$$;", 2, /^create function f/],
  "at the COMMIT": [
    "create table d (id int primary key, p int references d deferrable initially deferred);\ninsert into d values (1, 99);\nselect 1;",
    3,
    /./,
  ],
  "after a statement with a semicolon in it": ["select ';' as \";\" /* ; */ -- ;\n;\ninsert into t1 values (null);", 3, /^insert into t1/],
  "after one that changes settings": [
    "set search_path = public;\nselect 1;\ninsert into t1 values (null);\nselect 4;",
    3,
    /^insert into t1/,
  ],
};

for (const [where, [text, line, statement]] of Object.entries(places)) {
  for (const ends of ["\n", "\r\n"]) {
    test(`the place of a failure ${where}, ${ends === "\n" ? "LF" : "CRLF"}`, async (t) => {
      const first = "set local work_mem = '4MB';\ncreate table t1 (id int primary key);\nselect '🐘';";
      const p = await project(t, {
        "001_t1.sql": first,
        "002_it.sql": text.replaceAll("\n", ends),
        "003_t3.sql": "create table t3 (id int);",
      });
      const { migrate } = await p.steward();
      const error = await failureOf(migrate.up(), "MIGRATE_FAILED");
      assert.match(error.message, /^002_it failed at /);
      assert.deepEqual([error.data["line"], statement.test(String(error.data["statement"]))], [line, true], JSON.stringify(error.data));
      assert.deepEqual(await p.applied(), ["001_t1"]);
    });
  }
}

test("the server's hint and detail are passed on", async (t) => {
  const p = await project(t, {
    "001_a.sql": "do $$ begin raise exception 'no' using hint = 'do otherwise', detail = 'because'; end $$;",
  });
  const { migrate } = await p.steward();
  const error = await failureOf(migrate.up(), "MIGRATE_FAILED");
  assert.equal(error.hint, "do otherwise");
  assert.match(error.detail ?? "", /because/);
});

for (const [what, text, line] of [
  ["a string", "select 1;\nselect 'oops;\nselect 2;\n", 2],
  ["an escape string", "select E'it\\'s;\n", 1],
  ["a name", 'select 1;\nselect "oops;\n', 2],
  ["a dollar quote", "do $body$ begin null; end $$;\n", 1],
  ["a comment", "select 1;\n\n/* /* nested */ oops\ncreate table t2 (id int);\n", 3],
] as const) {
  test(`${what} that is not closed is told before anything is sent: it would swallow what follows`, async (t) => {
    const p = await project(t, { "001_t1.sql": table("t1"), "002_t2.sql": text, "003_t3.sql": "select $body$ '\" */ $body$;" });
    const { migrate } = await p.steward();
    const error = await failureOf(migrate.up(), "MIGRATE_UNCLOSED");
    assert.equal(error.exit, 2);
    assert.match(error.message, new RegExp(`002_t2\\.sql:${line}: `));
    assert.equal((await migrate.status()).data.pending, 3);
  });
}

test("line ends of a lone CR end a comment, as they do for the server", async (t) => {
  const p = await project(t, { "001_a.sql": "-- a comment\rcreate table a (id int);\r-- Down migration\r" });
  const { migrate } = await p.steward();
  await migrate.up();
  const session = await p.session();
  assert.equal((await session.query("select to_regclass('a') is not null as there")).rows[0]?.["there"], true);
});

test("a failing down is rolled back and told like a failing up", async (t) => {
  const p = await project(t, { "001_a.sql": table("t1").replace("drop table t1", "drop table t1;\ndrop table nowhere") });
  const { migrate } = await p.steward();
  await migrate.up();
  const error = await failureOf(migrate.down(), "MIGRATE_FAILED");
  assert.match(error.message, /001_a\.sql:4: table "nowhere" does not exist/);
  assert.deepEqual(await p.applied(), ["001_a"]);
  assert.equal((await migrate.status()).ok, true, "it is applied as before");
  const { events } = (await migrate.history()).data;
  assert.deepEqual(events.at(-1)?.action, "failed");
  assert.equal(events.at(-1)?.detail?.["direction"], "down");
});

test("the lines of a down in a file of its own", async (t) => {
  const p = await project(t, { "001_a.up.sql": "create table t1 (id int);", "001_a.down.sql": "-- away\n\ndrop table nowhere;" });
  const { migrate } = await p.steward();
  await migrate.up();
  assert.match((await failureOf(migrate.down(), "MIGRATE_FAILED")).message, /001_a\.down\.sql:3: /);
});

test("a failure names the first of its kind once, and its run is in the ledger", async (t) => {
  const p = await project(t, { "001_a.sql": table("a"), "002_b.sql": "select 1/0;" });
  const { migrate } = await p.steward();
  await failureOf(migrate.up(), "MIGRATE_FAILED");
  const session = await p.session();
  const { rows } = await session.query(
    "select result, database_state, steps_total, steps_done, error->>'code' as code, finished_at is not null as finished from pgsteward.run",
  );
  assert.deepEqual(rows, [
    { result: "failed", database_state: "rolled back", steps_total: 2, steps_done: 1, code: "MIGRATE_FAILED", finished: true },
  ]);
});

test("a file with a NUL character, and one that is not UTF-8, are told by file and line", async (t) => {
  const p = await project(t);
  const { migrate } = await p.steward();
  for (const bytes of [
    Buffer.from("select 1;\nselect '\0';\n"),
    Buffer.from("select 1;\nselect 'caf\xe9';\n", "latin1"),
    Buffer.from("\ufeffselect 1;\n", "utf16le"),
  ]) {
    await p.write({ "001_a.sql": bytes });
    const error = await failureOf(migrate.up(), "MIGRATE_NOT_UTF8");
    assert.equal(error.exit, 2);
    assert.match(error.message, /001_a\.sql is not UTF-8 \(line [12]\)/);
  }
});
