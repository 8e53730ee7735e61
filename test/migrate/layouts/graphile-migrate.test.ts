/** The folder and the table of graphile-migrate 1.4.1. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { graphileMigrateLayout } from "../../../src/migrate/layouts/graphile-migrate.ts";
import { copyOf, fixture, folder, hasCode, historyOf, historyRows, shown, toCrlf, withDatabase } from "./support.ts";

const dir = fixture("graphile-migrate", "migrations");

test("reads the committed migrations, from their folder or the one around it", async (t) => {
  for (const from of [dir, join(dir, "committed"), await copyOf(t, dir, toCrlf)]) {
    assert.deepEqual(
      (await graphileMigrateLayout.read(from)).map(({ name, version, title, transaction, down }) => [
        name,
        version,
        title,
        transaction,
        down,
      ]),
      [
        ["000001-create-users", "000001", "Create users", true, undefined],
        ["000002", "000002", undefined, false, undefined],
        ["000003-bio-and-caf", "000003", "Bio, and café", true, undefined],
        ["000004-pending", "000004", "Pending", true, undefined],
      ],
    );
  }
});

test("the header stays in the text, so that lines count from the top", async () => {
  const [first] = await graphileMigrateLayout.read(dir);
  assert.equal(first?.up.line, 1);
  assert.match(first.up.text, /^--! Previous: -\n--! Hash: .*\n--! Message: .*\n\ncreate table users/);
});

test("is recognised by committed and current, or by the first header", async (t) => {
  assert.equal(await graphileMigrateLayout.detect("", ["committed", "current.sql"]), true);
  assert.equal(await graphileMigrateLayout.detect("", ["committed", "current"]), true);
  assert.equal(await graphileMigrateLayout.detect(join(dir, "committed"), ["000001-create-users.sql", "000002.sql"]), true);
  const plain = await folder(t, { "000001-a.sql": "select 1;" });
  assert.equal(await graphileMigrateLayout.detect(plain, ["000001-a.sql"]), false);
  assert.equal(await graphileMigrateLayout.detect("", []), false);
});

test("errors, and the empty folder", async (t) => {
  assert.deepEqual(await graphileMigrateLayout.read(await folder(t, { "current.sql/x": "", "committed/.gitkeep": "" })), []);
  await assert.rejects(graphileMigrateLayout.read(await folder(t, { "1_a.sql": "" })), hasCode("MIGRATE_FOREIGN_NAME", /1_a\.sql/));
  await assert.rejects(graphileMigrateLayout.read(await folder(t, { "1.sql": "", "01-a.sql": "" })), hasCode("MIGRATE_DUPLICATE"));
});

const expected = ["000001.sql → 000001-create-users, same", "000002.sql → 000002, same", "000003.sql → 000003-bio-and-caf, same"];

test("the history: hashes are computed again, over the bodies and what came before", async (t) => {
  await withDatabase(t, await historyOf("graphile-migrate"), async (session) => {
    const read = async (from: string): Promise<unknown> =>
      shown(await historyRows(graphileMigrateLayout, session, await graphileMigrateLayout.read(from)));
    assert.deepEqual(await read(dir), expected);
    assert.deepEqual(await read(await copyOf(t, dir, toCrlf)), expected);
    assert.deepEqual(await read(await copyOf(t, dir, (text) => text.replace("bio text", "bio varchar"))), [
      ...expected.slice(0, 2),
      "000003.sql → 000003-bio-and-caf, edited",
    ]);
    // A message may be added later; AllowInvalidHash is how an edit is allowed.
    assert.deepEqual(await read(await copyOf(t, dir, (text) => text.replace("\n\n", "\n--! Message: x\n\n"))), expected);
    const allowed = (text: string): string => text.replace("bio text", "bio varchar").replace("\n\n", "\n--! AllowInvalidHash\n\n");
    assert.deepEqual(await read(await copyOf(t, dir, allowed)), expected);
    await session.query("update graphile_migrate.migrations set previous_hash = null where filename = '000003.sql'");
    assert.deepEqual(await read(dir), [...expected.slice(0, 2), "000003.sql → 000003-bio-and-caf, edited"]);
  });
});

test("the history: a renumbered file is found by its hash; rows without files; no table", async (t) => {
  const files = await graphileMigrateLayout.read(dir);
  const renumbered = files.map((file) => ({ ...file, version: `1${file.version}` }));
  await withDatabase(t, await historyOf("graphile-migrate"), async (session) => {
    assert.deepEqual(shown(await historyRows(graphileMigrateLayout, session, renumbered)), expected);
    assert.deepEqual(shown(await historyRows(graphileMigrateLayout, session, files.slice(1)))?.[0], "000001.sql → no file, no checksum");
    const [first] = (await historyRows(graphileMigrateLayout, session, files)) ?? [];
    assert.equal(first?.appliedAt?.toISOString(), "2026-11-20T13:42:32.312Z");
  });
  await withDatabase(t, "", async (session) => assert.equal(await historyRows(graphileMigrateLayout, session, files), undefined));
});
