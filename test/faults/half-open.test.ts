/** The connection goes silent: neither side hears that the other is gone. The lock must come free, and the next run must end the same. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Session } from "../../src/core/engine.ts";
import { halfOpenProxy, type Proxy } from "../support/halfOpenProxy.ts";
import { startChild } from "../support/migrate-child.ts";
import { outcome } from "../support/migrate-kill.ts";
import { type Files, failureOf, project, type Project } from "../support/migrate-project.ts";
import { defer, systemUrl, until, waitingBackend } from "../support/migrate-server.ts";

const base = "create table a (id int primary key, name text); insert into a select i, 'n' || i from generate_series(1, 20) i;";

/** A proxy in front of the project's server, and the URL through it. */
async function proxied(t: TestContext, p: Project): Promise<{ proxy: Proxy; url: string }> {
  const socketDir = new URL(p.url).searchParams.get("host") ?? "";
  const proxy = await halfOpenProxy({ path: `${socketDir}/.s.PGSQL.5432` });
  defer(t, () => proxy.close());
  return { proxy, url: `postgres://postgres@127.0.0.1:${proxy.port}/${p.name}` };
}

/** Waits until the backend has nothing more to do: its answer is lost, its lock is not. */
const idle = (session: Session, pid: number): Promise<unknown> =>
  until(session, "select 1 from pg_stat_activity where pid = $1 and state like 'idle%'", [pid]);

/** Where a silent connection is found out: the server's keepalives reset it, or a person ends the backend. */
const endings: Readonly<Record<string, (proxy: Proxy, p: Project, pid: number) => Promise<void>>> = {
  "reset by the network": async (proxy) => proxy.cut(),
  "ended by a person": async (_, p, pid) => void (await (await p.session()).query("select pg_terminate_backend($1, 10000)", [pid])),
};

const transaction: Files = {
  "001_a.sql": base,
  "002_slow.sql": "alter table a add column b int;\nselect pg_sleep(0.5);",
  "003_c.sql": "create table c ();\nvacuum a;\ncreate table d ();",
};

for (const [ending, end] of Object.entries(endings)) {
  test(`silent in a transaction, ${ending}`, async (t) => {
    const p = await project(t, transaction);
    const { proxy, url } = await proxied(t, p);
    startChild(t, { dir: p.dir, config: { url }, verb: "up" });
    const pid = await waitingBackend(await p.session());
    proxy.blackhole = true;
    await idle(await p.session(), pid);
    const { migrate } = await p.steward({ lockWait: 100 });
    const error = await failureOf(migrate.up(), "LOCK_HELD");
    assert.match(error.message, new RegExp(`pid ${pid} \\(pgsteward/migrate`));
    await end(proxy, p, pid);
    await (await p.steward()).migrate.up();
    const calm = await project(t, transaction);
    await (await calm.steward()).migrate.up();
    assert.deepEqual(await outcome(p), await outcome(calm));
  });
}

test("silent in CREATE INDEX CONCURRENTLY: the server finishes it alone, and the next run knows", async (t) => {
  const p = await project(t, { "001_a.sql": base });
  await (await p.steward()).migrate.up();
  const files = { "001_a.sql": base, "002_i.sql": "create index concurrently a_name on a (name);\nalter table a add column b int;" };
  await p.write(files);
  const blocker = await p.session();
  await blocker.script("begin; lock table a in row exclusive mode;");
  const { proxy, url } = await proxied(t, p);
  startChild(t, { dir: p.dir, config: { url }, verb: "up" });
  const pid = await waitingBackend(await p.session());
  proxy.blackhole = true;
  await blocker.script("commit");
  await idle(await p.session(), pid);
  assert.equal((await (await p.steward()).migrate.status()).data.migrations[1]?.state, "applying");
  proxy.cut();
  await (await p.steward()).migrate.up();
  const calm = await project(t, files);
  await (await calm.steward()).migrate.up();
  assert.deepEqual(await outcome(p), await outcome(calm));
});

test("a server whose client was killed gives the lock back by itself, in the middle of a statement", async (t) => {
  const p = await project(t, { "001_a.sql": base, "002_slow.sql": "select pg_sleep(3600);" });
  const child = startChild(t, { dir: p.dir, config: { url: p.url }, verb: "up" });
  await waitingBackend(await p.session());
  child.kill();
  await child.ended;
  await p.write({ "002_slow.sql": "select 1;" });
  assert.deepEqual((await (await p.steward({ lockWait: "60s" })).migrate.up()).result.applied, ["002_slow"]);
});

test("the connection is reset in the middle: the error says what is true", async (t) => {
  const p = await project(t, transaction);
  const { proxy, url } = await proxied(t, p);
  const { migrate } = await p.steward({ url });
  const run = failureOf(migrate.up(), "ENGINE_CONNECTION_LOST");
  const pid = await waitingBackend(await p.session());
  proxy.cut();
  const error = await run;
  assert.equal(error.database, "rolled back");
  const session = await p.session();
  assert.equal(
    (await session.query("select 1 from pg_stat_activity where pid = $1", [pid])).rows.length,
    0,
    "it can commit nothing any more",
  );
  const { rows } = await session.query("select 1 from information_schema.columns where table_name = 'a' and column_name = 'b'");
  const applied = await p.applied();
  assert.equal(error.data["stepsDone"], applied.length, `${error.detail}; applied: ${applied.join()}`);
  assert.equal(rows.length, applied.includes("002_slow") ? 1 : 0);
});

test("over TCP the server probes a silent client, also after a file that changes settings", async (t) => {
  const server = await systemUrl();
  if (server === undefined) return t.skip("no server with a TCP port");
  const show = `export async function up(session) {
    const { rows } = await session.query("select current_setting('tcp_keepalives_idle') || ' ' || current_setting('tcp_keepalives_interval') || ' ' || current_setting('tcp_keepalives_count') || ' ' || current_setting('client_connection_check_interval') as seen");
    await session.query("create table if not exists seen (what text)");
    await session.query("insert into seen values ($1)", [rows[0].seen]);
  }`;
  const p = await project(
    t,
    { "001_before.ts": show, "002_set.sql": "set work_mem = '8MB'; set search_path = public;", "003_after.ts": show },
    { server },
  );
  await (await p.steward()).migrate.up();
  const session = await p.session();
  assert.deepEqual((await session.query("select distinct what from seen")).rows, [{ what: "10 5 3 5s" }]);
});
