/** Where the configuration comes from: the file that is found, the flag that wins, the paths that are meant. */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { defineConfig, loadConfig } from "../../src/core/config.ts";
import { flagOf, settings, variableOf } from "../../src/core/settings.ts";
import { failureOf, temporary, writeFiles } from "../support/migrate-project.ts";

const file = (text: string): string => `export default ${text};`;

test("the file is looked for here and above, up to the package's border", async (t) => {
  const dir = await temporary(t);
  await writeFiles(dir, {
    "pgsteward.config.ts": file('{ database: "outer" }'),
    "a/b/c/x": "",
    "inner/package.json": '{ "type": "module" }',
    "inner/d/x": "",
  });
  assert.equal((await loadConfig({ cwd: join(dir, "a/b/c"), env: {} })).database, "outer");
  const inner = await loadConfig({ cwd: join(dir, "inner/d"), env: {} });
  assert.equal(inner.database, "app", "a package is a project's border");
  assert.equal(inner.file, undefined);
  await writeFiles(dir, { "inner/pgsteward.config.mjs": file('{ database: "inner" }') });
  const found = await loadConfig({ cwd: join(dir, "inner/d"), env: {} });
  assert.deepEqual([found.database, found.root], ["inner", join(dir, "inner")]);
});

test("a file in TypeScript, with types in it", async (t) => {
  const dir = await temporary(t);
  await writeFiles(dir, {
    "pgsteward.config.ts":
      'interface Mine { database: string }\nconst mine: Mine = { database: "typed" };\nexport default mine satisfies Mine;\n',
    "package.json": '{ "type": "module" }',
  });
  assert.equal((await loadConfig({ cwd: dir, env: {} })).database, "typed");
});

test("paths are meant from where they are written: the file's directory, or the command's", async (t) => {
  const dir = await temporary(t);
  await writeFiles(dir, { "pgsteward.config.ts": file('{ stateDir: "state", migrate: { dir: "sql" } }'), "sub/x": "" });
  const cwd = join(dir, "sub");
  const config = await loadConfig({ cwd, env: {} });
  assert.deepEqual([config.stateDir, config.migrate.dir], [join(dir, "state"), join(dir, "sql")]);
  const given = await loadConfig({ cwd, env: { PGSTEWARD_STATE_DIR: "mine" }, flags: { "migrate.dir": "../other" } });
  assert.deepEqual([given.stateDir, given.migrate.dir], [join(cwd, "mine"), join(dir, "other")]);
  const none = await loadConfig({ cwd: await temporary(t), env: {} });
  assert.equal(none.stateDir, join(none.root, ".pgsteward"));
});

test("an explicit file, and one that is not there", async (t) => {
  const dir = await temporary(t);
  await mkdir(join(dir, "config"));
  await writeFiles(dir, { "config/db.ts": file('{ database: "explicit" }') });
  const config = await loadConfig({ cwd: dir, env: {}, file: "config/db.ts" });
  assert.deepEqual([config.database, config.root], ["explicit", join(dir, "config")]);
  await failureOf(loadConfig({ cwd: dir, env: {}, file: "nope.ts" }), "CONFIG_MISSING");
});

test("the three spellings of a setting", () => {
  assert.deepEqual([variableOf("lockTimeout"), flagOf("lockTimeout")], ["PGSTEWARD_LOCK_TIMEOUT", "--lock-timeout"]);
  assert.deepEqual([variableOf("migrate.outOfOrder"), flagOf("migrate.outOfOrder")], ["PGSTEWARD_MIGRATE_OUT_OF_ORDER", "--out-of-order"]);
  assert.equal(new Set(settings.map(({ key }) => flagOf(key))).size, settings.length, "no two settings share a flag");
});

test("the names of the reference documents work, and ours win over them", async (t) => {
  const cwd = await temporary(t);
  const env = { DATABASE_URL: "postgres://a@h/one", DIRECT_URL: "postgres://a@h/two" };
  assert.deepEqual(await loadConfig({ cwd, env }).then(({ url, directUrl }) => [url, directUrl]), [env.DATABASE_URL, env.DIRECT_URL]);
  assert.equal((await loadConfig({ cwd, env: { ...env, PGSTEWARD_URL: "postgres://a@h/three" } })).url, "postgres://a@h/three");
});

test("durations in every unit", async (t) => {
  const cwd = await temporary(t);
  for (const [given, ms] of [
    [1500, 1500],
    ["1500", 1500],
    ["250ms", 250],
    ["2s", 2000],
    ["1.5 s", 1500],
    ["5m", 300_000],
    ["5min", 300_000],
    ["1h", 3_600_000],
    [0, 0],
  ] as const)
    assert.equal((await loadConfig({ cwd, env: {}, input: { lockTimeout: given } })).lockTimeoutMs, ms, String(given));
  for (const given of ["", "5x", "-1", "s", "1 2", Number.NaN, -1])
    await failureOf(loadConfig({ cwd, env: {}, input: { lockTimeout: given } }), "CONFIG_INVALID");
});

test("defineConfig gives back what it is given", () => {
  const config = { database: "x" };
  assert.equal(defineConfig(config), config);
});
