/** golang-migrate cannot be run here: the folder and the table are written as its source has them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { golangMigrateLayout } from "../../../src/migrate/layouts/golang-migrate.ts";
import { pgstewardLayout } from "../../../src/migrate/layouts/pgsteward.ts";
import { copyOf, fixture, folder, hasCode, historyOf, historyRows, shown, toCrlf, withDatabase } from "./support.ts";

const dir = fixture("golang-migrate", "migrations");

test("reads pairs in the order of the numbers, the same as our own layout", async (t) => {
  for (const from of [dir, await copyOf(t, dir, toCrlf)]) {
    const files = await golangMigrateLayout.read(from);
    assert.deepEqual(
      files.map(({ name, version, up, down }) => [name, version, up.text.trim(), down?.text.trim()]),
      [
        ["1_create_users", "1", "CREATE TABLE users (id bigserial PRIMARY KEY, email text NOT NULL);", "DROP TABLE users;"],
        ["2_bio", "2", "ALTER TABLE users ADD COLUMN bio text;", "ALTER TABLE users DROP COLUMN bio;"],
        ["10_name", "10", "ALTER TABLE users ADD COLUMN name text;", undefined],
      ],
    );
    assert.deepEqual(files, await pgstewardLayout.read(from));
  }
});

test("errors, and the empty folder", async (t) => {
  assert.deepEqual(await golangMigrateLayout.read(await folder(t)), []);
  await assert.rejects(golangMigrateLayout.read(await folder(t, { "1_a.sql": "" })), hasCode("MIGRATE_FOREIGN_NAME", /1_a\.sql/));
  await assert.rejects(golangMigrateLayout.read(await folder(t, { "1_a.down.sql": "" })), hasCode("MIGRATE_DOWN_ALONE", /1_a\.down\.sql/));
  await assert.rejects(golangMigrateLayout.read(await folder(t, { "1_a.up.sql": "", "01_b.up.sql": "" })), hasCode("MIGRATE_DUPLICATE"));
});

test("the history is a high-water mark", async (t) => {
  const files = await golangMigrateLayout.read(dir);
  const at = async (version: number, dirty: boolean, expected: readonly string[]): Promise<void> =>
    withDatabase(t, await historyOf("golang-migrate"), async (session) => {
      await session.query("update public.schema_migrations set version = $1, dirty = $2", [version, dirty]);
      assert.deepEqual(shown(await historyRows(golangMigrateLayout, session, files)), expected);
    });
  const [one, two, ten] = ["1 → 1_create_users, no checksum", "2 → 2_bio, no checksum", "10 → 10_name, no checksum"] as const;
  await at(2, false, [one, two]);
  await at(2, true, [one, `${two}, not finished`]);
  await at(10, false, [one, two, ten]);
  await at(7, false, [one, two, "7 → no file, no checksum"]);
  await at(7, true, [one, two, "7 → no file, no checksum, not finished"]);
  await at(-1, true, ["-1 → no file, no checksum, not finished"]);
});

test("an empty table has no rows; dbmate's or none is no history", async (t) => {
  await withDatabase(t, `${await historyOf("golang-migrate")} truncate public.schema_migrations;`, async (session) =>
    assert.deepEqual(await historyRows(golangMigrateLayout, session, []), []),
  );
  await withDatabase(t, await historyOf("dbmate"), async (session) =>
    assert.equal(await historyRows(golangMigrateLayout, session, []), undefined),
  );
  await withDatabase(t, "", async (session) => assert.equal(await historyRows(golangMigrateLayout, session, []), undefined));
});
