/**
 * Folders and tables of drizzle-kit 0.31.11 with drizzle-orm 0.45.4 (drizzle-0), of 1.0.0-rc.5 (drizzle-1), and of a folder of
 * the former that the latter upgraded (drizzle-up).
 */
import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { drizzleLayout } from "../../../src/migrate/layouts/drizzle.ts";
import { copyOf, fixture, folder, hasCode, historyOf, historyRows, shown, toCrlf, withDatabase } from "./support.ts";

const journaled = fixture("drizzle-0", "drizzle");
const foldered = fixture("drizzle-1", "drizzle");
const upgraded = fixture("drizzle-up", "drizzle");
const nameAndVersion = async (dir: string): Promise<unknown> => (await drizzleLayout.read(dir)).map(({ name, version }) => [name, version]);

test("reads the journal's migrations in the journal's order", async () => {
  assert.deepEqual(await nameAndVersion(journaled), [
    ["0000_init", "0000"],
    ["0001_bio", "0001"],
    ["0002_seed-roles", "0002"],
    ["0003_pending", "0003"],
  ]);
});

test("the journal's order wins over the names', and a tag needs no number", async (t) => {
  const entries = ["zebra", "ant"].map((tag, idx) => ({ idx, when: 1 + idx, tag, breakpoints: true }));
  const dir = await folder(t, { "meta/_journal.json": JSON.stringify({ entries }), "ant.sql": "select 1;", "zebra.sql": "select 2;" });
  assert.deepEqual(await nameAndVersion(dir), [
    ["zebra", ""],
    ["ant", ""],
  ]);
});

test("a down of ours lies beside its file, or in its directory", async (t) => {
  const dir = await copyOf(t, journaled);
  await writeFile(join(dir, "0001_bio.down.sql"), "alter table users drop column bio;");
  assert.equal((await drizzleLayout.read(dir))[1]?.down?.text, "alter table users drop column bio;");
  const directories = await folder(t, { "20260101000000_a/migration.sql": "select 1;", "20260101000000_a/down.sql": "select 2;" });
  assert.equal((await drizzleLayout.read(directories))[0]?.down?.text, "select 2;");
});

test("reads the directories of 1.0, also several of one second", async (t) => {
  assert.deepEqual(await nameAndVersion(foldered), [
    ["20261120135206_init", "20261120135206"],
    ["20261120135207_bio", "20261120135207"],
    ["20261120135208_seed-roles", "20261120135208"],
    ["20261120135210_pending", "20261120135210"],
  ]);
  const dir = await folder(t, { "20261120135206_b/migration.sql": "select 1;", "20261120135206_a/migration.sql": "select 2;" });
  assert.deepEqual(await nameAndVersion(dir), [
    ["20261120135206_a", "20261120135206"],
    ["20261120135206_b", "20261120135206"],
  ]);
});

test("breakpoints are comments: only a statement without its semicolon gets one", async (t) => {
  const [init, , seed] = await drizzleLayout.read(journaled);
  assert.match(init?.up.text ?? "", /\);\n--> statement-breakpoint\nCREATE TABLE "users"/);
  assert.match(seed?.up.text ?? "", /values \('admin'\); -- the first\n--> statement-breakpoint\ninsert/);
  await withDatabase(t, "set local search_path = public;", async (session) => {
    for (const dir of [journaled, foldered]) {
      await session.script("savepoint clean");
      for (const { up } of await drizzleLayout.read(dir)) await session.script(up.text);
      assert.deepEqual((await session.query("select name from roles order by name")).rows, [{ name: "admin" }, { name: "reader" }]);
      await session.script("rollback to savepoint clean");
    }
  });
});

test("a statement on the line of a breakpoint is not lost", async (t) => {
  const dir = await folder(t, { "20260101000000_a/migration.sql": "select 1;--> statement-breakpoint select 2\n--> statement-breakpoint" });
  const [file] = await drizzleLayout.read(dir);
  assert.equal(file?.up.text, "select 1;--> statement-breakpoint\n select 2;\n--> statement-breakpoint");
});

test("a journal and a folder that do not agree are errors that name the file", async (t) => {
  const lost = await copyOf(t, journaled);
  await rm(join(lost, "0001_bio.sql"));
  await assert.rejects(drizzleLayout.read(lost), hasCode("MIGRATE_JOURNAL_WITHOUT_FILE", /lists 0001_bio, but .*0001_bio\.sql/));
  const stray = await copyOf(t, journaled);
  await writeFile(join(stray, "0004_merged.sql"), "select 1;");
  await assert.rejects(drizzleLayout.read(stray), hasCode("MIGRATE_FILE_WITHOUT_JOURNAL", /0004_merged\.sql is not listed/));
});

test("a broken journal is an error, an empty one has no migrations", async (t) => {
  for (const journal of ["{", "[]", "null", '{"entries": [{"tag": "a"}]}', '{"entries": [null]}']) {
    const dir = await folder(t, { "meta/_journal.json": journal });
    await assert.rejects(drizzleLayout.read(dir), hasCode("MIGRATE_JOURNAL_INVALID"), journal);
  }
  const twice = JSON.stringify({ entries: [1, 2].map((when) => ({ tag: "a", when })) });
  await assert.rejects(drizzleLayout.read(await folder(t, { "meta/_journal.json": twice, "a.sql": "" })), hasCode("MIGRATE_DUPLICATE"));
  assert.deepEqual(await drizzleLayout.read(await folder(t, { "meta/_journal.json": '{"entries": []}' })), []);
});

test("a directory named as a migration needs its script; other directories and an empty folder do not matter", async (t) => {
  const broken = await copyOf(t, foldered);
  await rm(join(broken, "20261120135207_bio", "migration.sql"));
  await assert.rejects(drizzleLayout.read(broken), hasCode("MIGRATE_SCRIPT_MISSING", /20261120135207_bio/));
  assert.deepEqual(await drizzleLayout.read(await folder(t, { "schema/users.ts": "" })), []);
});

test("the history of 0.x is matched by content", async (t) => {
  await withDatabase(t, await historyOf("drizzle-0"), async (session) => {
    assert.deepEqual(shown(await historyRows(drizzleLayout, session, await drizzleLayout.read(journaled))), [
      "0000_init → 0000_init, same",
      "0001_bio → 0001_bio, same",
      "0002_seed-roles → 0002_seed-roles, same",
    ]);
    const windows = await drizzleLayout.read(await copyOf(t, journaled, toCrlf));
    assert.deepEqual(
      (await historyRows(drizzleLayout, session, windows))?.map(({ checksumMatches }) => checksumMatches),
      [true, true, true],
    );
  });
});

test("an edited migration is found by its time, a deleted one is not", async (t) => {
  await withDatabase(t, await historyOf("drizzle-0"), async (session) => {
    const edited = await drizzleLayout.read(await copyOf(t, journaled, (text) => text.replace('"bio"', '"biography"')));
    assert.deepEqual(shown(await historyRows(drizzleLayout, session, edited))?.[1], "0001_bio → 0001_bio, edited");
    assert.deepEqual(shown(await historyRows(drizzleLayout, session, edited.slice(2)))?.slice(0, 2), [
      "1 (1a42b5a91dec) → no file, no checksum",
      "2 (f1b65508cac9) → no file, no checksum",
    ]);
  });
});

test("migrations of one content are told apart by their times", async (t) => {
  const entries = ["a", "b", "c"].map((tag, idx) => ({ idx, when: 1000 + idx, tag }));
  const dir = await folder(t, { "meta/_journal.json": JSON.stringify({ entries }), "a.sql": "", "b.sql": "", "c.sql": "" });
  const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const table = `create schema drizzle; create table drizzle.__drizzle_migrations (id serial, hash text not null, created_at bigint);
    insert into drizzle.__drizzle_migrations (hash, created_at) values ('${empty}', 1002), ('${empty}', 1000), ('${empty}', null);`;
  await withDatabase(t, table, async (session) => {
    const rows = await historyRows(drizzleLayout, session, await drizzleLayout.read(dir));
    assert.deepEqual(
      rows?.map(({ file }) => file?.name),
      ["c", "a", "b"],
    );
  });
});

test("the history of 1.0 has names and times; an upgraded one matches its directories", async (t) => {
  await withDatabase(t, await historyOf("drizzle-1"), async (session) => {
    const rows = await historyRows(drizzleLayout, session, await drizzleLayout.read(foldered));
    assert.deepEqual(shown(rows), [
      "20261120135206_init → 20261120135206_init, same",
      "20261120135207_bio → 20261120135207_bio, same",
      "20261120135208_seed-roles → 20261120135208_seed-roles, same",
    ]);
    assert.equal(rows?.[0]?.appliedAt?.toISOString(), "2026-11-20T13:52:09.428Z");
    const edited = await drizzleLayout.read(await copyOf(t, foldered, (text) => text.replace('"bio"', '"biography"')));
    assert.equal(shown(await historyRows(drizzleLayout, session, edited))?.[1], "20261120135207_bio → 20261120135207_bio, edited");
  });
  await withDatabase(t, await historyOf("drizzle-up"), async (session) => {
    const rows = await historyRows(drizzleLayout, session, await drizzleLayout.read(upgraded));
    assert.deepEqual(
      rows?.map(({ file, checksumMatches, appliedAt }) => [file?.name, checksumMatches, appliedAt !== undefined]),
      [
        ["20261120135201_init", true, false],
        ["20261120135202_bio", true, false],
        ["20261120135203_seed-roles", true, false],
        ["20261120135205_pending", true, true],
      ],
    );
  });
});

test("a folder that 1.0 upgraded before it touched the table: edited files are found by the second of their time", async (t) => {
  await withDatabase(t, await historyOf("drizzle-0"), async (session) => {
    const edited = await drizzleLayout.read(await copyOf(t, upgraded, (text) => text.replace('"bio"', '"biography"')));
    assert.deepEqual(
      (await historyRows(drizzleLayout, session, edited))?.map(({ file, checksumMatches }) => [file?.name, checksumMatches]),
      [
        ["20261120135201_init", true],
        ["20261120135202_bio", false],
        ["20261120135203_seed-roles", true],
      ],
    );
  });
});

test("no table is no history", async (t) => {
  await withDatabase(t, "", async (session) => assert.equal(await historyRows(drizzleLayout, session, []), undefined));
});
