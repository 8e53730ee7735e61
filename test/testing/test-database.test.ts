/** `pgsteward/testing`: each test file has a database of its own; migrations and seeders run once. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it, type TestContext } from "node:test";
import { testDatabase, type TestDatabase, type TestDatabaseOptions } from "../../src/testing/index.ts";
import { urlOfDatabase } from "../../src/testing/url.ts";
import { defer } from "../support/migrate-server.ts";
import { failureOf, type Files, temporary, writeFiles } from "../support/migrate-project.ts";
import { testCacheDir, testServer } from "../support/testDatabase.ts";

const files: Files = {
  "package.json": `{ "type": "module" }`,
  "migrations/001_plans.sql": "create table plans (id integer primary key, name text not null);",
  "seeders/001_plans.ts": `
    export async function seedPlans(seed) {
      await seed.upsert("plans", [{ id: 1, name: seed.environment }], { key: ["id"] });
    }`,
};

async function namesIn(database: TestDatabase): Promise<readonly string[]> {
  const session = await database.session();
  try {
    return (await session.query<{ name: string }>("select name from plans order by id")).rows.map(({ name }) => name);
  } finally {
    await session.close();
  }
}

/** Opens test databases of one project; what is left of them goes with the test. */
async function opener(t: TestContext, fixed: TestDatabaseOptions): Promise<(more?: TestDatabaseOptions) => Promise<TestDatabase>> {
  const cwd = await temporary(t);
  await writeFiles(cwd, files);
  return async (more) => {
    const database = await testDatabase({ cwd, ...fixed, ...more });
    defer(t, () => database.drop());
    return database;
  };
}

async function serverUrl(t: TestContext): Promise<string> {
  const server = await testServer("postgres");
  defer(t, () => server.close());
  return server.url();
}

describe("on a server", () => {
  it("is migrated and seeded, and nobody else's", async (t) => {
    const open = await opener(t, { url: await serverUrl(t), env: {} });
    const [first, second] = await Promise.all([open(), open()]);
    assert.notEqual(first.url, second.url);
    const session = await first.session();
    await session.query("insert into plans values (2, 'mine')");
    await session.close();
    assert.deepEqual(await namesIn(first), ["testing", "mine"]);
    assert.deepEqual(await namesIn(second), ["testing"]);
    assert.equal((await first.steward.migrate.status()).ok, true);
    assert.equal(first.steward.target.environment, "testing");
  });

  it("follows the files, the profile and what is included", async (t) => {
    const url = await serverUrl(t);
    const cwd = await temporary(t);
    await writeFiles(cwd, { ...files, "data/names.txt": "one" });
    const content = async (options: TestDatabaseOptions = {}): Promise<readonly string[]> => {
      await using database = await testDatabase({ cwd, url, env: {}, ...options });
      return await namesIn(database);
    };
    assert.deepEqual(await content(), ["testing"]);
    assert.deepEqual(await content({ seed: "demo" }), ["demo"]);
    assert.deepEqual(await content({ seed: false }), []);
    await writeFiles(cwd, { "migrations/002_more.sql": "insert into plans values (0, 'from a migration');" });
    assert.deepEqual(await content(), ["from a migration", "testing"]);
  });

  it("is gone after drop", async (t) => {
    const database = await (await opener(t, { url: await serverUrl(t), env: {} }))();
    const name = decodeURIComponent(new URL(database.url ?? "").pathname.slice(1));
    const admin = await (await testServer("postgres")).session();
    const there = async (): Promise<boolean> => (await admin.query("select from pg_database where datname = $1", [name])).count > 0;
    assert.equal(await there(), true);
    await database.drop();
    assert.equal(await there(), false);
    await admin.close();
  });

  it("can be filled with generated rows, the same in every copy", async (t) => {
    const open = await opener(t, { url: await serverUrl(t), env: {}, seed: false });
    const filled = (seed: number): TestDatabaseOptions => ({ fill: { rows: ["plans=20"], seed } });
    const [one, same, other] = [await open(filled(1)), await open(filled(1)), await open(filled(2))];
    assert.equal((await namesIn(one)).length, 20);
    assert.deepEqual(await namesIn(same), await namesIn(one));
    assert.notDeepEqual(await namesIn(other), await namesIn(one));
  });

  it("leaves no half template when a migration fails, and says why", async (t) => {
    const cwd = await temporary(t);
    const url = await serverUrl(t);
    await writeFiles(cwd, { ...files, "migrations/002_broken.sql": "select broken;" });
    await failureOf(testDatabase({ cwd, url, env: {} }), "MIGRATE_FAILED");
    await writeFiles(cwd, { "migrations/002_broken.sql": "select 1;" });
    await using database = await testDatabase({ cwd, url, env: {} });
    assert.deepEqual(await namesIn(database), ["testing"]);
  });
});

it("on PGlite is a copy of a directory", async (t) => {
  const open = await opener(t, { env: { PGSTEWARD_ENGINE: "pglite", XDG_CACHE_HOME: testCacheDir } });
  const first = await open();
  const second = await open();
  assert.equal(first.url, undefined);
  const session = await first.session();
  await session.query("insert into plans values (2, 'mine')");
  await session.close();
  assert.deepEqual([await namesIn(first), await namesIn(second)], [["testing", "mine"], ["testing"]]);
  const { stateDir } = first.steward.config;
  await first.drop();
  assert.equal(existsSync(stateDir), false);
});

it("never works on the application's own server unless it is told so", async (t) => {
  const cwd = await temporary(t);
  await writeFiles(cwd, { ...files, "pgsteward.config.ts": 'export default { url: "postgres://db.example.com/app" };' });
  await failureOf(testDatabase({ cwd, env: { DATABASE_URL: "postgres://db.example.com/app" } }), "CONFIG_INVALID");
});

it("finds the same server under another database", () => {
  assert.equal(urlOfDatabase("postgres://me:pw@host:5433/app?sslmode=require", "x y"), "postgres://me:pw@host:5433/x%20y?sslmode=require");
  assert.equal(urlOfDatabase("postgresql://host", "t"), "postgresql://host/t");
  assert.equal(urlOfDatabase("postgres://me@/app?host=%2Frun&dbname=other", "t"), "postgres://me@/t?host=%2Frun");
});
