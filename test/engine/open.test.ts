/** From configuration to engine: what is chosen, what is said about it, and where scratch databases are made. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import type { Config, ConfigInput } from "../../src/core/config.ts";
import type { Engine } from "../../src/core/engine.ts";
import { chooseEmbedded } from "../../src/engines/choose.ts";
import { extensionsIn, neededExtensions } from "../../src/engines/needs.ts";
import { cacheDirOf, describeTarget, explained, openEngine, openScratch } from "../../src/engines/open.ts";
import type { Scratch } from "../../src/engines/scratch.ts";
import { placeOfUrl } from "../../src/engines/url.ts";
import { projectConfig, testProject } from "../support/project.ts";
import { testCacheDir, testDatabase, testRoot } from "../support/testDatabase.ts";
import { errorOf } from "./checks-errors.ts";
import { withSession } from "./check.ts";

const cacheDir = testCacheDir;

/** A project with these files. */
function projectWith(t: TestContext, files: Readonly<Record<string, string>>, input: ConfigInput = {}): Config {
  const config = testProject(t, input);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(config.root, name)), { recursive: true });
    writeFileSync(join(config.root, name), text);
  }
  return config;
}

suite("targets", () => {
  test("a URL's host, port and database, in all the forms that libpq takes", () => {
    for (const [url, host, port, database] of [
      ["postgres://me:pw@db.example.com:6432/shop?sslmode=require", "db.example.com", 6432, "shop"],
      ["postgresql://localhost", "localhost", 5432, "postgres"],
      ["postgres://me@localhost", "localhost", 5432, "me"],
      ["postgres://me@/shop?host=/run/postgresql", "/run/postgresql", 5432, "shop"],
      ["postgres:///shop?host=/run/postgresql&port=5433", "/run/postgresql", 5433, "shop"],
      ["postgres://me@[::1]:5433/a%20b", "::1", 5433, "a b"],
      ["postgres://me:p%40ss@h/db", "h", 5432, "db"],
    ] as const) {
      assert.deepEqual(placeOfUrl(url), { host, port, database }, url);
    }
    assert.throws(
      () => placeOfUrl("postgres://me:hush@ho st:x/"),
      (error: Error) => !error.message.includes("hush"),
    );
  });

  test("the environment: given, or guessed from the URL, or development where the engine is embedded", async (t) => {
    const { root } = testProject(t);
    const describe = (input: ConfigInput, env: Record<string, string> = {}) => describeTarget(projectConfig(root, input, env));
    const remote = { url: "postgres://me:hush@db.example.com/shop" };
    assert.deepEqual(await describe(remote), {
      engine: "postgres",
      location: "db.example.com:5432",
      database: "shop",
      environment: "production",
      environmentFrom: "url",
    });
    assert.equal((await describe({ url: "postgres://localhost/shop_test" })).environment, "testing");
    assert.deepEqual(
      [(await describe(remote, { NODE_ENV: "test" })).environment, (await describe(remote, { NODE_ENV: "test" })).environmentFrom],
      ["testing", "NODE_ENV"],
    );
    assert.equal((await describe({}, {})).environment, "development");
    assert.equal((await describe({ environment: "prod" })).environment, "production");
    const error = await errorOf(describe({}, { PGSTEWARD_ENV: "moon" }));
    assert.equal(error.code, "CONFIG_INVALID");
    assert.match(error.message, /PGSTEWARD_ENV.*moon/);
  });

  test("the cache directory follows XDG", () => {
    assert.equal(cacheDirOf({ XDG_CACHE_HOME: "/x", HOME: "/home/me" }), "/x/pgsteward");
    assert.equal(cacheDirOf({ HOME: "/home/me" }), "/home/me/.cache/pgsteward");
  });
});

suite("the choice of an embedded engine", () => {
  test("extensions are read from the migrations, not from comments and strings", (t) => {
    assert.deepEqual(
      extensionsIn(`
      -- create extension commented;
      /* create extension commented_too; */
      CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA extensions;
      create extension Pg_Trgm; select 'create extension quoted';
      do $$ begin execute 'create extension executed'; end $$`),
      ["uuid-ossp", "pg_trgm"],
    );
    assert.deepEqual(extensionsIn("create table extensions_of_mine (a int)"), []);
    const config = projectWith(t, {
      "supabase/migrations/1.sql": "create extension vector",
      "supabase/migrations/deep/er/2.sql": "create extension citext; create extension plpgsql",
      "supabase/migrations/readme.md": "create extension nothing",
      "prelude.sql": "create extension hstore",
    });
    assert.deepEqual([...neededExtensions(config)].sort(), ["citext", "vector"]);
    const { prelude } = projectConfig(config.root, { migrate: { prelude: "prelude.sql" } }).migrate;
    assert.deepEqual([...neededExtensions({ ...config, migrate: { ...config.migrate, prelude } })].sort(), ["citext", "hstore", "vector"]);
  });

  test("native where it has everything, PGlite where only that has, and otherwise whichever has more", (t) => {
    const choose = (text: string): string => chooseEmbedded(projectWith(t, { "migrations/1.sql": text }));
    assert.equal(choose("create table t (a int)"), "native");
    assert.equal(choose("create extension pg_trgm; create extension postgres_fdw"), "native");
    assert.equal(choose("create extension vector"), "pglite");
    assert.equal(choose("create extension vector; create extension no_such_thing"), "pglite");
    assert.equal(choose("create extension vector; create extension postgres_fdw; create extension dblink"), "native");
    assert.equal(chooseEmbedded(projectWith(t, { "migrations/1.sql": "create extension vector" }, { engine: "native" })), "native");
  });

  test("the choice stays where the data is; an extension that it lacks is refused with the engine that has it", async (t) => {
    const config = projectWith(t, { "migrations/1.sql": "create extension vector" });
    const engine = await openEngine({ config, cacheDir });
    assert.equal(engine.kind, "pglite");
    await withSession(engine, (session) => session.query("create extension vector"));
    const missing = await withSession(engine, (session) => errorOf(session.query("create extension postgres_fdw")));
    await engine.close();
    assert.deepEqual(JSON.parse(readFileSync(join(config.stateDir, "engine.json"), "utf8")), { engine: "pglite" });
    writeFileSync(join(config.root, "migrations/1.sql"), "create extension postgres_fdw");
    assert.equal(chooseEmbedded(config), "pglite");
    const error = (await explained(missing, config)) as Error & { code: string; hint: string };
    assert.equal(error.code, "ENGINE_EXTENSION_UNAVAILABLE");
    assert.match(error.hint, /PGSTEWARD_ENGINE=native/);
    assert.equal(await explained(config, config), config);
    const again = await openEngine({ config, cacheDir });
    assert.equal((await withSession(again, (session) => session.query("select 1 from pg_extension where extname = 'vector'"))).count, 1);
    await again.close();
  });

  test("nothing of pg, PGlite or the supervisor is loaded to describe a URL", async () => {
    const { spawnSync } = await import("node:child_process");
    const script = `
      const { describeTarget } = await import(${JSON.stringify(new URL("../../src/engines/open.ts", import.meta.url).href)});
      await describeTarget({ url: "postgres://localhost/x", environmentFrom: "url" });
      const { registerHooks } = await import("node:module");
      const loaded = [];
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
      await describeTarget({ url: "postgres://localhost/x", environmentFrom: "url" });
      console.log(JSON.stringify({ loaded, pg: Object.keys((await import("node:module")).createRequire(import.meta.url).cache).filter((p) => p.includes("/pg/")) }));`;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8", cwd: process.cwd() });
    assert.deepEqual(JSON.parse(stdout), { loaded: [], pg: [] });
  });
});

suite("scratch databases", () => {
  const shared = (input: ConfigInput): Config => projectConfig(testRoot, input);

  /** Opened for one test, which may fail. */
  async function opened(t: TestContext, options: Omit<Parameters<typeof openScratch>[0], "cacheDir">): Promise<Scratch> {
    const scratch = await openScratch({ ...options, cacheDir });
    t.after(() => scratch.close().catch(() => {}));
    return scratch;
  }

  async function works({ session }: Scratch): Promise<string> {
    await session.script("create table t (a int); insert into t values (1)");
    const { rows } = await session.query<{ name: string }>("select current_database() as name from t");
    return rows[0]?.name ?? "";
  }

  const staleName = (): string => `pgsteward_scratch_100_${randomBytes(5).toString("hex")}`;
  const isThere = async (engine: Engine, name: string): Promise<boolean> =>
    withSession(engine, async (session) => (await session.query("select from pg_database where datname = $1", [name])).count === 1);

  test("auto: on the native server, an empty database that is gone afterwards", async (t) => {
    const { engine } = await testDatabase(t);
    const scratch = await opened(t, { config: shared({}), extensions: ["pg_trgm"] });
    assert.deepEqual([scratch.engine, scratch.missing, scratch.version], ["native", [], engine.version]);
    const name = await works(scratch);
    assert.ok(await isThere(engine, name));
    await scratch.close();
    assert.ok(!(await isThere(engine, name)));
  });

  test("auto: in PGlite where only that has the extensions; what nobody has is named", async (t) => {
    const scratch = await opened(t, { config: shared({}), extensions: ["vector", "no_such_thing"] });
    assert.deepEqual([scratch.engine, scratch.missing], ["pglite", ["no_such_thing"]]);
    await scratch.session.query("create extension vector");
    await works(scratch);
    await scratch.close();
  });

  test("native, pglite, the target's own server, a URL", async (t) => {
    const { engine, url } = await testDatabase(t);
    for (const [scratch, kind] of [
      ["native", "native"],
      ["pglite", "pglite"],
      ["target", "native"],
      [url, "postgres"],
    ] as const) {
      const made = await opened(t, { config: shared({ scratch }), extensions: ["vector"], target: engine });
      assert.equal(made.engine, kind, scratch);
      assert.deepEqual(made.missing, kind === "pglite" ? [] : ["vector"]);
      await works(made);
      await made.close();
    }
    assert.equal((await engine.session()).pid > 0, true, "the target's engine is still open");
    const without = await errorOf(openScratch({ config: shared({ scratch: "target" }), extensions: [], cacheDir }));
    assert.equal(without.code, "ENGINE_ABILITY_MISSING");
  });

  test("those of processes that were killed are dropped the day after tomorrow, unless somebody is in them", async (t) => {
    const { engine, session } = await testDatabase(t);
    const [old, used] = [staleName(), staleName()];
    await session.query(`create database ${old} strategy file_copy`);
    await session.query(`create database ${used} strategy file_copy`);
    const inside = await engine.session({ database: used });
    await (await opened(t, { config: shared({}), extensions: [] })).close();
    assert.deepEqual([await isThere(engine, old), await isThere(engine, used)], [false, true]);
    await inside.close();
    await session.query(`drop database if exists ${used} with (force)`);
  });
});
