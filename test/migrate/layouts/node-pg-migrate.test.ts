/** The folder and the table of node-pg-migrate 9.0.0 with its loader `sql`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { nodePgMigrateLayout } from "../../../src/migrate/layouts/node-pg-migrate.ts";
import { pgstewardLayout } from "../../../src/migrate/layouts/pgsteward.ts";
import { copyOf, fixture, folder, hasCode, historyOf, historyRows, shown, toCrlf, withDatabase } from "./support.ts";

const dir = fixture("node-pg-migrate", "migrations");

test("reads sections and pairs; a date of 17 digits sorts among milliseconds", async (t) => {
  for (const from of [dir, await copyOf(t, dir, toCrlf)]) {
    assert.deepEqual(
      (await nodePgMigrateLayout.read(from)).map(({ name, version, title, up, down }) => [
        name,
        version,
        title,
        up.text.trim(),
        down?.text.trim(),
      ]),
      [
        ["20251231235900000_roles", "20251231235900000", undefined, "create table roles (name text primary key);", undefined],
        [
          "1767225600000_create-users",
          "1767225600000",
          undefined,
          "create table users (\n  id bigint generated always as identity primary key,\n  email text not null\n);",
          "drop table users;",
        ],
        [
          "1767225660000_add-bio",
          "1767225660000",
          undefined,
          "alter table users add column bio text;",
          "alter table users drop column bio;",
        ],
        ["1767225690000-index-bio", "1767225690000", undefined, "create index users_bio on users (bio);", "drop index users_bio;"],
        [
          "1767225720000_add-name",
          "1767225720000",
          "the user's name",
          "alter table users add column name text;",
          "alter table users drop column name;",
        ],
      ],
    );
  }
});

test("our own layout reads the same but for the order of such a date", async () => {
  const byName = (files: readonly { readonly name: string }[]): unknown => [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  assert.deepEqual(byName(await nodePgMigrateLayout.read(dir)), byName(await pgstewardLayout.read(dir)));
});

test("a migration in JavaScript or TypeScript names itself and the way out", async (t) => {
  for (const script of ["1_a.js", "1_a.cjs", "1_a.mts"]) {
    const own = await folder(t, { [script]: "exports.up = (pgm) => {}", "2_b.sql": "" });
    await assert.rejects(nodePgMigrateLayout.read(own), (error) => {
      assert.ok(hasCode("MIGRATE_FOREIGN_SCRIPT", new RegExp(script))(error));
      return assert.match((error as { hint: string }).hint, /1_a\.sql/) === undefined;
    });
  }
});

test("is recognised by its scripts only", async (t) => {
  const detect = async (files: Record<string, string>): Promise<boolean> =>
    nodePgMigrateLayout.detect(await folder(t, files), Object.keys(files));
  assert.equal(await detect({ "1_a.js": "export const up = (pgm) => {};" }), true);
  assert.equal(await detect({ "1_a.sql": "", "2_b.ts": "import type { MigrationBuilder } from 'node-pg-migrate';" }), true);
  assert.equal(await detect({ "1_a.ts": "export async function up(session) {}" }), false);
  assert.equal(await detect({ "1_a.sql": "-- Up Migration\n-- Down Migration" }), false);
});

test("what node-pg-migrate refuses is an error; two files of one prefix are none", async (t) => {
  assert.deepEqual(await nodePgMigrateLayout.read(await folder(t)), []);
  await assert.rejects(nodePgMigrateLayout.read(await folder(t, { "a.sql": "" })), hasCode("MIGRATE_FOREIGN_NAME", /a\.sql/));
  await assert.rejects(nodePgMigrateLayout.read(await folder(t, { "1_a.down.sql": "" })), hasCode("MIGRATE_DOWN_ALONE", /1_a\.down\.sql/));
  await assert.rejects(nodePgMigrateLayout.read(await folder(t, { "1_a.up.sql": "", "1_a.sql": "" })), hasCode("MIGRATE_DUPLICATE"));
  const downFirst = { "1_a.sql": "-- Down Migration\nselect 2;\n-- Up Migration\nselect 1;" };
  await assert.rejects(nodePgMigrateLayout.read(await folder(t, downFirst)), hasCode("MIGRATE_MARKERS"));
  assert.deepEqual(
    (await nodePgMigrateLayout.read(await folder(t, { "0001_b.sql": "", "0001_a.sql": "" }))).map(({ name }) => name),
    ["0001_a", "0001_b"],
  );
});

test("the history", async (t) => {
  const files = await nodePgMigrateLayout.read(dir);
  await withDatabase(t, "", async (session) => assert.equal(await historyRows(nodePgMigrateLayout, session, files), undefined));
  await withDatabase(t, await historyOf("node-pg-migrate"), async (session) => {
    const rows = await historyRows(nodePgMigrateLayout, session, files.slice(1));
    assert.deepEqual(shown(rows), [
      "20251231235900000_roles → no file, no checksum",
      "1767225600000_create-users → 1767225600000_create-users, no checksum",
      "1767225660000_add-bio → 1767225660000_add-bio, no checksum",
      "1767225690000-index-bio → 1767225690000-index-bio, no checksum",
    ]);
    assert.equal(rows?.[0]?.appliedAt?.toISOString(), "2026-11-20T13:52:42.264Z");
  });
});
