/** What a database in WASM needs around it. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, type TestContext, test } from "node:test";
import type { StewardEvent } from "../../src/core/events.ts";
import { openPglite, type PgliteEngine, type PgliteOptions } from "../../src/engines/pglite.ts";
import { packageFinder, pgliteExtensions, pgliteVersions } from "../../src/engines/pglite-packages.ts";
import { exists } from "../../src/engines/process-info.ts";
import { testProject, until } from "../support/project.ts";
import { testCacheDir } from "../support/testDatabase.ts";
import { errorOf } from "./checks-errors.ts";
import { withSession } from "./check.ts";

const root = process.cwd();
const inMemory = { root, directory: undefined, cacheDir: testCacheDir };

/** Opened in a directory of its own, closed after the test. */
async function onDisk(t: TestContext, directory: string, more: Partial<PgliteOptions> = {}): Promise<PgliteEngine> {
  const engine = await openPglite({ root, directory, cacheDir: testCacheDir, ...more });
  t.after(() => engine.close());
  return engine;
}

function directoryOf(t: TestContext): string {
  return join(testProject(t).stateDir, "pglite");
}

const answer = async (engine: PgliteEngine, text: string): Promise<unknown[]> =>
  (await withSession(engine, (session) => session.query(text))).rows.map((row) => Object.values(row)[0] as unknown);

suite("PGlite", () => {
  let engine: PgliteEngine;
  before(async () => {
    engine = await openPglite(inMemory);
  });
  after(() => engine.close());

  test("data and extensions are there when it is opened again, without being asked for", async (t) => {
    const directory = directoryOf(t);
    const first = await onDisk(t, directory, { extensions: ["vector", "uuid-ossp", "no_such_extension"] });
    await withSession(first, (session) =>
      session.script(`create extension vector; create extension "uuid-ossp"; create table t (v vector(2)); insert into t values ('[1,2]')`),
    );
    await first.close();
    const second = await onDisk(t, directory);
    assert.deepEqual(await answer(second, "select v <-> '[1,2]' from t"), [0]);
    assert.deepEqual(await answer(second, "select count(*) from pg_extension"), [3n]);
  });

  test("extensions are offered without loading anything, and each can be created", async (t) => {
    const offered = pgliteExtensions(packageFinder(root));
    assert.ok(["vector", "pg_trgm", "uuid-ossp", "pgcrypto", "moddatetime", "plpgsql"].every((name) => offered.has(name)));
    const engine = await openPglite({ ...inMemory, extensions: [...offered] });
    t.after(() => engine.close());
    assert.deepEqual([...(await engine.extensions())].sort(), [...offered].sort());
    await withSession(engine, async (session) => {
      for (const name of offered) await session.query(`create extension if not exists "${name}" cascade`);
    });
  });

  test("requireExtensions() opens again with more, and what was in memory is still there", async (t) => {
    const engine = await openPglite(inMemory);
    t.after(() => engine.close());
    await withSession(engine, async (session) => {
      await session.script("create table t as select 7 as a");
      assert.equal((await errorOf(session.query("create extension hstore"))).data["sqlstate"], "0A000");
    });
    await engine.requireExtensions(["hstore"]);
    await withSession(engine, (session) => session.query("create extension hstore"));
    assert.deepEqual(await answer(engine, "select a from t"), [7]);
  });

  test("two processes: the second is refused and told who has it; after a kill -9 of the first it takes over", async (t) => {
    const directory = directoryOf(t);
    const script = `
      const { openPglite } = await import(${JSON.stringify(new URL("../../src/engines/pglite.ts", import.meta.url).href)});
      const engine = await openPglite(${JSON.stringify({ root, directory, cacheDir: testCacheDir })});
      const session = await engine.session();
      await session.script("create table t (a int); insert into t values (1)");
      console.log("open");
      setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await once(holder.stdout, "data");
    const error = await errorOf(openPglite({ root, directory, cacheDir: testCacheDir }));
    assert.equal(error.code, "ENGINE_BUSY");
    assert.equal(error.exit, 5);
    assert.match(error.message, new RegExp(`process ${holder.pid} \\(.*node.*\\) since 2`));
    holder.kill("SIGKILL");
    await until(() => !exists(holder.pid ?? 0));
    assert.deepEqual(await answer(await onDisk(t, directory), "select a from t"), [1]);
  });

  test("the same directory twice in one process is refused, too", async (t) => {
    const directory = directoryOf(t);
    const first = await onDisk(t, directory);
    const error = await errorOf(openPglite({ root, directory, cacheDir: testCacheDir }));
    assert.equal(error.code, "ENGINE_BUSY");
    assert.match(error.message, /this process/);
    await first.close();
    await onDisk(t, directory);
  });

  test("the template is made once; a damaged one is noticed and made anew", async (t) => {
    const cacheDir = mkdtempSync(join(tmpdir(), "pgsteward-cache-"));
    t.after(() => rmSync(cacheDir, { recursive: true }));
    const said: string[] = [];
    const events = (event: StewardEvent): void => void ((event.type === "wait" || event.type === "note") && said.push(event.message));
    writeFileSync(join(cacheDir, `pglite-${pgliteVersions["@electric-sql/pglite"]}-0badc0de.tar`), Buffer.alloc(20_000_000, "damaged"));
    await (await openPglite({ ...inMemory, cacheDir, events })).close();
    assert.equal(said.length, 2);
    assert.match(said[0] ?? "", /damaged/);
    assert.match(said[1] ?? "", /preparing/);
    const [made = ""] = readdirSync(cacheDir);
    await (await openPglite({ ...inMemory, cacheDir, events })).close();
    assert.equal(said.length, 2, "the second opening runs no initdb");
    assert.deepEqual(readdirSync(cacheDir), [made]);
    const elsewhere = openPglite({ ...inMemory, cacheDir: join(cacheDir, made, "not-a-directory"), events });
    await (await elsewhere).close();
  });

  test("a first start that was killed half way is begun again", async (t) => {
    const directory = directoryOf(t);
    mkdirSync(join(directory, "data"), { recursive: true });
    writeFileSync(join(directory, "data/PG_VERSION"), "18\n");
    writeFileSync(join(directory, "creating"), "");
    assert.deepEqual(await answer(await onDisk(t, directory), "select 1"), [1]);
    assert.ok(!existsSync(join(directory, "creating")));
  });

  test("data of another major version is not touched", async (t) => {
    const directory = directoryOf(t);
    mkdirSync(join(directory, "data"), { recursive: true });
    writeFileSync(join(directory, "data/PG_VERSION"), "17\n");
    assert.equal((await errorOf(openPglite({ root, directory, cacheDir: testCacheDir }))).code, "ENGINE_DATA_VERSION");
    assert.equal(readFileSync(join(directory, "data/PG_VERSION"), "utf8"), "17\n");
  });

  test("a long query does not stop the event loop", async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await withSession(engine, (session) => session.query("select pg_sleep(0.3)"));
    clearInterval(timer);
    assert.ok(ticks >= 10, `${ticks} ticks`);
  });

  test("the session of a role with its own settings leaves nothing to the next one", async () => {
    await withSession(engine, (session) => session.script("create role bob; set session authorization bob; set search_path = nowhere"));
    assert.deepEqual(await answer(engine, "select session_user || current_user || current_setting('search_path')"), [
      'postgrespostgres"$user", public',
    ]);
  });

  test("a session that is closed in the middle of a statement leaves a clean backend, too", async () => {
    const session = await engine.session();
    await session.script("begin; create table half (a int)");
    const running = errorOf(session.query("select pg_sleep(0.2)"));
    await new Promise((resolve) => setImmediate(resolve));
    await session.close();
    assert.equal((await running).code, "ENGINE_CONNECTION_LOST");
    assert.deepEqual(await answer(engine, "select to_regclass('half')"), [null]);
  });

  test("closing the engine ends a statement that PGlite cannot be asked to stop; what was committed is kept", async (t) => {
    const directory = directoryOf(t);
    const engine = await onDisk(t, directory);
    const session = await engine.session();
    await session.script("create table t as select 1 as a");
    const running = errorOf(session.query("select count(*) from generate_series(1, 1e9)"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await engine.close();
    assert.equal((await running).code, "ENGINE_CONNECTION_LOST");
    assert.equal((await errorOf(engine.session())).code, "ENGINE_CONNECTION_LOST");
    assert.deepEqual(await answer(await onDisk(t, directory), "select a from t"), [1]);
  });

  test("packages that are missing or of other versions are named, with the line that installs them", async () => {
    const fake = mkdtempSync(join(tmpdir(), "pgsteward-packages-"));
    const find = (versions: Readonly<Record<string, string>>) => (name: string) => {
      const version = versions[name];
      if (version === undefined) return undefined;
      const directory = join(fake, name, version);
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, "package.json"), JSON.stringify({ name, version }));
      return directory;
    };
    const core = "@electric-sql/pglite";
    const vector = "@electric-sql/pglite-pgvector";
    const missing = await errorOf(openPglite({ ...inMemory, find: find({}) }));
    assert.equal(missing.code, "ENGINE_NOT_INSTALLED");
    assert.equal(missing.hint, `npm install -D ${core}@${pgliteVersions[core]} ${vector}@${pgliteVersions[vector]}`);
    for (const [name, versions] of [
      [core, { [core]: "0.5.16" }],
      [vector, { [core]: pgliteVersions[core] ?? "", [vector]: "0.0.9" }],
    ] as const) {
      const error = await errorOf(openPglite({ ...inMemory, find: find(versions) }));
      assert.equal(error.code, "ENGINE_VERSION_MISMATCH");
      assert.ok(error.message.includes(name) && error.message.includes(pgliteVersions[name] ?? "?"));
      assert.equal(error.hint, missing.hint);
    }
    rmSync(fake, { recursive: true });
  });

  test("a full disk, at the first start", async (t) => {
    const directory = smallDisk(t, "8m");
    if (directory === undefined) return t.skip("cannot mount a tmpfs here");
    const error = await errorOf(openPglite({ root, directory: join(directory, "pglite"), cacheDir: testCacheDir }));
    assert.equal(error.code, "ENGINE_DISK_FULL");
  });

  test("a disk that gets full at work: a table says so; without room for WAL the connection is lost, it does not hang", async (t) => {
    const directory = smallDisk(t, "64m");
    if (directory === undefined) return t.skip("cannot mount a tmpfs here");
    const own = await openPglite({ root, directory: join(directory, "pglite"), cacheDir: testCacheDir });
    t.after(() => own.close());
    const session = await own.session();
    fillUp(join(directory, "fill"));
    assert.equal((await errorOf(session.script("create table t as select g from generate_series(1, 1e5) g"))).data["sqlstate"], "53100");
    assert.equal((await session.query("select 1 as one")).rows[0]?.["one"], 1);
    const message = "select pg_logical_emit_message(false, 'x', repeat('x', 1000000)) from generate_series(1, 20)";
    assert.equal((await errorOf(session.query(message))).code, "ENGINE_CONNECTION_LOST");
    assert.equal((await errorOf(session.query("select 1"))).code, "ENGINE_CONNECTION_LOST");
    assert.equal((await errorOf(own.session())).code, "ENGINE_CONNECTION_LOST");
    await own.close();
    assert.equal(
      (await errorOf(openPglite({ root, directory: join(directory, "pglite"), cacheDir: testCacheDir }))).code,
      "ENGINE_DISK_FULL",
    );
  });
});

/** A file system of its own; undefined where it cannot be mounted. */
function smallDisk(t: TestContext, size: string): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), "pgsteward-full-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", directory]);
  t.after(() => {
    spawnSync("umount", ["--lazy", directory]);
    rmSync(directory, { recursive: true });
  });
  return status === 0 ? directory : undefined;
}

function fillUp(path: string): void {
  try {
    writeFileSync(path, Buffer.alloc(64_000_000));
  } catch {
    // That is the point.
  }
}
