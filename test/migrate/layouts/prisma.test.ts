/** Prisma's engine cannot be run here: the folder and the table are written as its documentation and its engine's source have them. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { prismaLayout } from "../../../src/migrate/layouts/prisma.ts";
import { copyOf, fixture, folder, hasCode, historyOf, historyRows, shown, toCrlf, withDatabase } from "./support.ts";

const dir = fixture("prisma", "migrations");

test("reads directories in the order of their names", async () => {
  const files = await prismaLayout.read(dir);
  assert.deepEqual(
    files.map(({ name, version }) => [name, version]),
    [
      ["20260101000001_init", "20260101000001"],
      ["20260101000002_add_bio", "20260101000002"],
      ["20260101000003_index_email", "20260101000003"],
      ["20260102000000_pending", "20260102000000"],
    ],
  );
  assert.equal(files[0]?.path, join(dir, "20260101000001_init", "migration.sql"));
  assert.equal(files[0].down, undefined);
  assert.match(files[1]?.down?.text ?? "", /DROP COLUMN "bio"/);
  assert.equal(files[1]?.down?.path, join(dir, "20260101000002_add_bio", "down.sql"));
});

test("a comment that looks like our marker cuts nothing", async () => {
  const pending = (await prismaLayout.read(dir)).at(-1);
  assert.match(pending?.up.text ?? "", /^-- Down Migration\n.*\n.*ADD COLUMN/);
  assert.equal(pending?.down, undefined);
});

test("our own comment takes a migration out of its transaction", async (t) => {
  const own = await folder(t, {
    "1_a/migration.sql": "-- CreateIndex\n-- pgsteward: no-transaction\nselect 1;\n",
    "2_b/migration.sql": "select 2;",
  });
  assert.deepEqual(
    (await prismaLayout.read(own)).map(({ transaction }) => transaction),
    [false, true],
  );
});

test("an empty folder has no migrations, a directory without its script is an error", async (t) => {
  const own = await folder(t, { "migration_lock.toml": 'provider = "postgresql"\n' });
  assert.deepEqual(await prismaLayout.read(own), []);
  const broken = await copyOf(t, dir);
  await rm(join(broken, "20260101000002_add_bio", "migration.sql"));
  await assert.rejects(prismaLayout.read(broken), hasCode("MIGRATE_SCRIPT_MISSING", /20260101000002_add_bio has no migration\.sql/));
});

test("a .sql file beside the directories would never run", async (t) => {
  const own = await folder(t, { "1_a/migration.sql": "select 1;", "003_b.sql": "select 2;" });
  await assert.rejects(prismaLayout.read(own), hasCode("MIGRATE_FOREIGN_NAME", /003_b\.sql/));
});

test("the history: rolled back rows do not count, a row without an end is not finished", async (t) => {
  await withDatabase(t, await historyOf("prisma"), async (session) => {
    const rows = await historyRows(prismaLayout, session, await prismaLayout.read(dir));
    assert.deepEqual(shown(rows), [
      "20260101000001_init → 20260101000001_init, same",
      "20260101000002_add_bio → 20260101000002_add_bio, same",
      "20260101000003_index_email → 20260101000003_index_email, same, not finished",
    ]);
    assert.deepEqual(
      rows?.map(({ appliedAt }) => appliedAt?.toISOString()),
      ["2026-01-05T10:00:01.000Z", "2026-01-05T10:02:01.000Z", undefined],
    );
  });
});

test("the checksum: a CRLF checkout is the same, an edit is not, nor is a checkout of what was applied with CRLF", async (t) => {
  await withDatabase(t, await historyOf("prisma"), async (session) => {
    const windows = await prismaLayout.read(await copyOf(t, dir, toCrlf));
    assert.deepEqual(
      (await historyRows(prismaLayout, session, windows))?.map(({ checksumMatches }) => checksumMatches),
      [true, true, true],
    );
    const edited = await prismaLayout.read(await copyOf(t, dir, (text) => text.replace("BIGSERIAL", "SERIAL")));
    assert.deepEqual(
      (await historyRows(prismaLayout, session, edited))?.map(({ checksumMatches }) => checksumMatches),
      [false, true, true],
    );
    // sha256 of the first file with CRLF, by sha256sum.
    await session.query("update public._prisma_migrations set checksum = $1 where id = 'a1'", [crlfSum]);
    assert.equal((await historyRows(prismaLayout, session, await prismaLayout.read(dir)))?.[0]?.checksumMatches, true);
    // As Prisma before 2.23 wrote it: each byte without its leading zero.
    await session.query("update public._prisma_migrations set checksum = $1 where id = 'a1'", [oldSum]);
    assert.equal((await historyRows(prismaLayout, session, await prismaLayout.read(dir)))?.[0]?.checksumMatches, true);
  });
});

const crlfSum = "79e0594ee3c829e963f7d6ea4950c2b4c71cdb7e27d19446d553ecbb9e8a63d6";
const oldSum = "81ade4f99e323f7dd0e62df6cf7adfbb882f4539cf1a873742b5e3b893ec3";

test("no table, or another one of its name, is no history; a row without a file says so", async (t) => {
  const files = await prismaLayout.read(dir);
  await withDatabase(t, "", async (session) => assert.equal(await historyRows(prismaLayout, session, files), undefined));
  await withDatabase(t, "create table public._prisma_migrations (id int);", async (session) =>
    assert.equal(await historyRows(prismaLayout, session, files), undefined),
  );
  await withDatabase(t, await historyOf("prisma"), async (session) => {
    assert.deepEqual(shown(await historyRows(prismaLayout, session, files.slice(1)))?.[0], "20260101000001_init → no file, no checksum");
  });
});
