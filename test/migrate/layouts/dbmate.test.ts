/** The folder and the table of dbmate 2.36.0. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { dbmateLayout } from "../../../src/migrate/layouts/dbmate.ts";
import { copyOf, fixture, folder, hasCode, historyOf, historyRows, shown, toCrlf, withDatabase } from "./support.ts";

const dir = fixture("dbmate", "migrations");
const pair = "-- migrate:up\nselect 1;\n-- migrate:down\nselect 2;\n";

test("reads both sections, each with its own option", async (t) => {
  for (const from of [dir, await copyOf(t, dir, toCrlf)]) {
    const files = await dbmateLayout.read(from);
    assert.deepEqual(
      files.map(({ name, version, transaction, down }) => [name, version, transaction, down?.transaction]),
      [
        ["20260101000001_create_users", "20260101000001", true, undefined],
        ["20260101000002_index_email", "20260101000002", false, false],
        ["20260102000000_add_bio", "20260102000000", true, undefined],
      ],
    );
    assert.deepEqual(files[1]?.up, {
      path: files[1]?.path,
      line: 3,
      text: "create unique index concurrently users_email_key on users (email);\n",
      transaction: false,
    });
    assert.equal(files[0]?.down?.text.trim(), "drop table users;");
  }
});

test("orders by name, as dbmate does", async (t) => {
  const own = await folder(t, { "1_a.sql": pair, "2_b.sql": pair, "10_c.sql": pair });
  assert.deepEqual(
    (await dbmateLayout.read(own)).map(({ name }) => name),
    ["10_c", "1_a", "2_b"],
  );
});

test("what dbmate refuses or passes over is an error", async (t) => {
  assert.deepEqual(await dbmateLayout.read(await folder(t)), []);
  await assert.rejects(
    dbmateLayout.read(await folder(t, { "1_a.sql": "select 1;" })),
    hasCode("MIGRATE_MARKER_MISSING", /1_a\.sql has no `-- migrate:up`/),
  );
  await assert.rejects(dbmateLayout.read(await folder(t, { "a.sql": pair })), hasCode("MIGRATE_FOREIGN_NAME", /a\.sql/));
  await assert.rejects(dbmateLayout.read(await folder(t, { "1_a.sql": pair, "1_b.sql": pair })), hasCode("MIGRATE_DUPLICATE"));
  await assert.rejects(dbmateLayout.read(await folder(t, { "1_a.sql": pair + pair })), hasCode("MIGRATE_MARKERS"));
});

test("the history", async (t) => {
  const files = await dbmateLayout.read(dir);
  await withDatabase(t, await historyOf("dbmate"), async (session) =>
    assert.deepEqual(shown(await historyRows(dbmateLayout, session, files)), [
      "20260101000001 → 20260101000001_create_users, no checksum",
      "20260101000002 → 20260101000002_index_email, no checksum",
    ]),
  );
});

test("golang-migrate's table of the same name is not dbmate's, an empty one is", async (t) => {
  await withDatabase(t, await historyOf("golang-migrate"), async (session) =>
    assert.equal(await historyRows(dbmateLayout, session, []), undefined),
  );
  await withDatabase(t, "", async (session) => assert.equal(await historyRows(dbmateLayout, session, []), undefined));
  await withDatabase(t, "create table public.schema_migrations (version varchar primary key);", async (session) =>
    assert.deepEqual(await historyRows(dbmateLayout, session, []), []),
  );
});
