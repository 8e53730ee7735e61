/** examples/av-daily by its npm scripts, on the embedded default, which is the native server. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { promisify } from "node:util";
import { root } from "../support/migrate-server.ts";
import { countsIn, dailyEnhanced, dailySeeds, environments } from "./daily-seeds.ts";
import { example } from "./example.ts";
import { thereAndBack } from "./there-and-back.ts";

const migrations = ["0000_initial_schema", "0001_groups", "0002_user_analytics", "0003_recommended_indexes"];

const daily = example("av-daily");
const { npm, npmJson } = daily;
const native = /^target {2}native, .*\/state\/native\/app, development$/m;

describe("av-daily", () => {
  it("is well typed", async () => {
    await promisify(execFile)(join(root, "node_modules/.bin/tsc"), ["-p", daily.dir]);
  });

  describe("migrations", () => {
    it("db:start starts the database", async () => {
      const { code, stderr } = await npm("db:start");
      assert.equal(code, 0, stderr);
    });

    it("migration:status says what is pending", async () => {
      const { code, stdout, stderr } = await npm("migration:status");
      assert.equal(code, 1);
      assert.match(stderr, native);
      assert.match(stdout, /^0 migrations applied, 4 pending /m);
    });

    it("migration:up applies them", async () => {
      const { code, stdout, stderr } = await npm("migration:up");
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^applied 4 migrations in /m);
      const { ok, result } = await npmJson("migration:status");
      assert.equal(ok, true);
      assert.deepEqual(
        result.migrations.map(({ name, state, reversible }) => [name, state, reversible]),
        migrations.map((name) => [name, "applied", true]),
      );
    });

    it("migration:validate and migration:history", async () => {
      const { code, stdout } = await npm("migration:validate");
      assert.equal(code, 0, stdout);
      const history = await npm("migration:history");
      assert.equal(history.code, 0, history.stderr);
      for (const name of migrations) assert.match(history.stdout, new RegExp(name));
    });

    it("db:generate has nothing to add: the files make what the schema declares", async () => {
      const { code, stdout, stderr } = await npm("db:generate");
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^nothing to generate: /m);
    });
  });

  for (const environment of environments) {
    describe(`seeds of ${environment.name}`, () =>
      dailySeeds(daily.with({ PGSTEWARD_DATABASE: environment.name, NODE_ENV: environment.name }), environment));
  }

  describe("seed:enhanced development", () => dailyEnhanced(daily.with({ PGSTEWARD_DATABASE: "enhanced" })));

  it("production takes roles and permissions, and no other profile", async () => {
    const production = daily.with({ PGSTEWARD_DATABASE: "production", NODE_ENV: "production" });
    const steward = await production.steward();
    try {
      await steward.migrate.up({}, { yes: true });
      assert.equal((await production.npm("seed:enhanced", "--", "--yes")).code, 0);
      const { permissions, role_permissions, roles, ...rest } = await countsIn(steward);
      assert.deepEqual([permissions, role_permissions, roles], [22, 55, 4]);
      assert.deepEqual([...new Set(Object.values(rest))], [0]);
      const { code, stderr } = await production.npm("seed:demo", "--", "--yes");
      assert.equal(code, 3);
      assert.match(stderr, /the profile demo does not run in production/);
    } finally {
      await steward.close();
    }
  });

  it("leaves nothing in the project", () => assert.equal(existsSync(join(daily.dir, ".pgsteward")), false));

  describe("through the library", async () => {
    const steward = await daily.steward();
    after(() => steward.close());

    it("every down restores the catalog, and a second up makes the same one", async () => {
      await steward.migrate.rollback({ version: "0000" });
      await thereAndBack(steward, migrations);
    });
  });
});
