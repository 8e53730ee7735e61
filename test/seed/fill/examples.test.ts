/** The example projects, migrated and filled: every constraint of theirs is made again over the rows, or was there as they came. */
import assert from "node:assert/strict";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import type { ConfigInput } from "../../../src/core/config.ts";
import { readCatalog } from "../../../src/core/catalog.ts";
import { createSteward, type Steward } from "../../../src/steward.ts";
import { freshDatabase, root } from "../../support/migrate-server.ts";
import { temporary } from "../../support/migrate-project.ts";
import { testCacheDir } from "../../support/testDatabase.ts";

async function migrated(t: TestContext, config: ConfigInput): Promise<Steward> {
  const cwd = await temporary(t);
  const options = { cwd, env: { PATH: process.env["PATH"], XDG_CACHE_HOME: join(testCacheDir, "..") }, config };
  const first = await createSteward(options);
  await first.migrate.up({}, { yes: true });
  await first.close();
  const steward = await createSteward(options);
  t.after(() => steward.close());
  return steward;
}

async function holds(steward: Steward, scale: number): Promise<void> {
  const session = await steward.session();
  const before = await readCatalog(session);
  await session.close();
  const { result } = await steward.seed.fill({ scale, tenants: 5, skew: "zipf", triggers: "off" });
  const empty = result.tables.filter(({ rows }) => rows === 0);
  assert.deepEqual(empty, []);
  assert.ok(result.tables.every(({ lane }) => lane === "bare"));
  const { applied } = await steward.seed.fill({ scale, tenants: 5, skew: "zipf", triggers: "off" }, { dryRun: true });
  assert.equal(applied, false);
  const { rows } = await steward.session().then(async (again) => {
    const found = await again.query("select count(*)::int as n from pg_constraint where not convalidated");
    const catalog = await readCatalog(again);
    await again.close();
    assert.equal(catalog.fingerprint, before.fingerprint);
    return found;
  });
  assert.equal(rows[0]?.["n"], 0);
  const { ok, findings } = await steward.check.run();
  assert.deepEqual([ok, findings.filter(({ severity }) => severity !== "info")], [true, []]);
}

test("agent-desk", async (t) => {
  const { url } = await freshDatabase(t);
  const dir = join(root, "examples/agent-desk/supabase");
  await holds(await migrated(t, { url, migrate: { dir: join(dir, "migrations"), prelude: join(dir, "prelude.sql") } }), 0.5);
});

test("av-daily", async (t) => {
  const { url } = await freshDatabase(t);
  await holds(await migrated(t, { url, migrate: { dir: join(root, "examples/av-daily/src/migrations"), format: "drizzle" } }), 0.5);
});

test("penny, on PGlite with vectors", async (t) => {
  await holds(await migrated(t, { engine: "pglite", migrate: { dir: join(root, "examples/penny/migrations") } }), 0.1);
});
