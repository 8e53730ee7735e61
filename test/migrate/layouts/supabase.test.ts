/** The folder and the table of Supabase CLI 3.1.0 (`supabase db push`). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { supabaseLayout } from "../../../src/migrate/layouts/supabase.ts";
import { copyOf, fixture, folder, hasCode, historyOf, historyRows, shown, toCrlf, withDatabase } from "./support.ts";

const dir = fixture("supabase", "supabase", "migrations");

test("reads the stamped files in their order", async () => {
  assert.deepEqual(
    (await supabaseLayout.read(dir)).map(({ name, version, transaction, down }) => [name, version, transaction, down]),
    [
      ["20260101000001_create_users", "20260101000001", true, undefined],
      ["20260101000002_add_bio", "20260101000002", true, undefined],
      ["20260101000003_trigger", "20260101000003", true, undefined],
      ["20260102000000_add_name", "20260102000000", true, undefined],
    ],
  );
});

test("the empty folder, the file that the CLI passes over, two files of one version", async (t) => {
  assert.deepEqual(await supabaseLayout.read(await folder(t)), []);
  await assert.rejects(supabaseLayout.read(await folder(t, { "users.sql": "" })), hasCode("MIGRATE_FOREIGN_NAME", /users\.sql/));
  await assert.rejects(supabaseLayout.read(await folder(t, { "1_a.sql": "", "01_b.sql": "" })), hasCode("MIGRATE_DUPLICATE"));
});

test("the history: its statements are compared with the file's, comments and line ends aside", async (t) => {
  await withDatabase(t, await historyOf("supabase"), async (session) => {
    const expected = [
      "20260101000001 → 20260101000001_create_users, same",
      "20260101000002 → 20260101000002_add_bio, same",
      "20260101000003 → 20260101000003_trigger, same",
    ];
    const read = async (from: string): Promise<unknown> =>
      shown(await historyRows(supabaseLayout, session, await supabaseLayout.read(from)));
    assert.deepEqual(await read(dir), expected);
    assert.deepEqual(await read(await copyOf(t, dir, toCrlf)), expected);
    assert.deepEqual(await read(await copyOf(t, dir, (text) => `-- A comment.\n${text}`)), expected);
    assert.deepEqual(await read(await copyOf(t, dir, (text) => text.replace("x;y", "x;z"))), [
      ...expected.slice(0, 2),
      "20260101000003 → 20260101000003_trigger, edited",
    ]);
  });
});

test("the history: rows without statements, rows without files, no table", async (t) => {
  const files = await supabaseLayout.read(dir);
  await withDatabase(t, "", async (session) => assert.equal(await historyRows(supabaseLayout, session, files), undefined));
  const table = `create schema supabase_migrations; create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
    insert into supabase_migrations.schema_migrations values ('20260101000002', null, 'add_bio'), ('20250101000000', '{select 1}', 'gone');`;
  await withDatabase(t, table, async (session) =>
    assert.deepEqual(shown(await historyRows(supabaseLayout, session, files)), [
      "20250101000000 → no file, no checksum",
      "20260101000002 → 20260101000002_add_bio, no checksum",
    ]),
  );
});
