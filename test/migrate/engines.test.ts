/** The same day in a folder on PGlite and on the server of TEST_DATABASE_URL: what the room does depends on no engine. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { ConfigInput } from "../../src/core/config.ts";
import { readCatalog } from "../../src/core/catalog.ts";
import { createSteward, type Steward } from "../../src/steward.ts";
import { failureOf, temporary, writeFiles } from "../support/migrate-project.ts";
import { defer, freshDatabase, serverUrl, systemUrl } from "../support/migrate-server.ts";
import { testRoot } from "../support/testDatabase.ts";

const files = {
  "001_tables.sql":
    "-- Migration: tables\n-- Up migration\ncreate table a (id int primary key, name text);\ninsert into a select i, 'n' || i from generate_series(1, 20) i;\n-- Down migration\ndrop table a;\n",
  "002_index.sql":
    "set work_mem = '8MB';\ncreate index concurrently a_name on a (name);\nvacuum a;\n-- Down migration\ndrop index concurrently a_name;\n",
  "003_mood.sql": "create type mood as enum ('ok');\n-- Down migration\ndrop type mood;\n",
  "004_great.sql":
    "alter type mood add value if not exists 'great';\ncreate table moods (mood mood default 'great');\n-- Down migration\ndrop table moods;\n",
  "005_data.ts":
    'export async function up(session) { await session.query("insert into a values ($1, $2)", [100, "script"]); }\nexport async function down(session) { await session.query("delete from a where id = 100"); }\n',
};

async function aDay(t: TestContext, config: ConfigInput): Promise<void> {
  const dir = await temporary(t);
  const migrations = (more: Record<string, string>): Promise<void> => writeFiles(join(dir, "migrations"), more);
  await migrations(files);
  const open = async (): Promise<Steward> =>
    createSteward({ cwd: dir, env: { PATH: process.env["PATH"], XDG_CACHE_HOME: testRoot, USER: "tester" }, config });
  const steward = await open();
  defer(t, () => steward.close());
  const { migrate } = steward;
  const fingerprint = async (): Promise<string> => {
    // A single-session engine lends its one session to one steward at a time.
    await steward.close();
    const session = await steward.session();
    const { fingerprint } = await readCatalog(session);
    await session.close();
    return fingerprint;
  };
  const empty = await fingerprint();
  assert.equal((await migrate.up({}, { dryRun: true })).plan.steps.length, 8);
  assert.deepEqual(
    (await migrate.up()).result.applied,
    Object.keys(files).map((name) => name.replace(/\.\w+$/, "")),
  );
  const full = await fingerprint();
  assert.equal((await migrate.status()).ok, true);
  assert.equal((await migrate.up()).applied, false);
  assert.deepEqual((await migrate.down({ steps: 2 })).result.reverted, ["005_data", "004_great"]);
  await migrate.up();
  assert.equal(await fingerprint(), full);
  await migrations({ "006_bad.sql": "create table bad (id int);\ninsert into bad values (1);\nselect 1/0;\n" });
  const error = await failureOf(migrate.up(), "MIGRATE_FAILED");
  assert.deepEqual([error.data["line"], error.data["sqlstate"], error.database], [3, "22012", "rolled back"]);
  await migrations({ "006_bad.sql": "create unique index concurrently a_twice on a ((1));\n" });
  assert.equal((await failureOf(migrate.up(), "MIGRATE_FAILED")).data["sqlstate"], "23505");
  await migrations({ "006_bad.sql": "create table good (id int);\n-- Down migration\ndrop table good;\n" });
  await migrate.up();
  const { events } = (await migrate.history()).data;
  assert.equal(events.filter(({ action }) => action === "failed").length, 2);
  await migrations({ "001_tables.sql": files["001_tables.sql"].replaceAll("\n", "\r\n") });
  assert.equal((await migrate.status()).ok, true);
  const validated = await migrate.validate();
  assert.deepEqual(validated.findings, []);
  assert.match(validated.data.catalog, /^in step/);
  await migrate.to({ version: "0" });
  assert.equal(await fingerprint(), empty);
}

test("on PGlite", async (t) => {
  const dir = await temporary(t);
  await aDay(t, { engine: "pglite", stateDir: join(dir, "state"), scratch: "pglite" });
});

test("on the server of TEST_DATABASE_URL, or of 127.0.0.1:5432", async (t) => {
  const server = await systemUrl();
  if (server === undefined) return t.skip("no such server");
  await aDay(t, { url: (await freshDatabase(t, { server })).url, scratch: await serverUrl() });
});
