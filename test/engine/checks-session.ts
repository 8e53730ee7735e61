/** Everything else one session promises. */
import assert from "node:assert/strict";
import { quoteIdentifier } from "../../src/core/sql.ts";
import { errorOf } from "./checks-errors.ts";
import { type Check, onSession, withSession } from "./check.ts";

/** Notifications come with the next answer; a listener runs a microtask later. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const sessionChecks: readonly Check[] = [
  onSession("rows, count and command of one statement", async (session) => {
    await session.script("create temp table t (a int)");
    assert.deepEqual(await session.query("insert into t values (1), (2)"), { rows: [], count: 2, command: "INSERT" });
    assert.deepEqual(await session.query("update t set a = a + 1 returning a"), {
      rows: [{ a: 2 }, { a: 3 }],
      count: 2,
      command: "UPDATE",
    });
    assert.deepEqual(await session.query("create temp table u ()"), { rows: [], count: 0, command: "CREATE" });
    assert.deepEqual(await session.query("select where false"), { rows: [], count: 0, command: "SELECT" });
    assert.deepEqual(await session.query(" -- nothing"), { rows: [], count: 0, command: "" });
  }),
  onSession("a script answers with the results of each statement", async (session) => {
    const results = await session.script(
      "create temp table t (a int); insert into t values (1), (2); select a from t order by a;; select 'x' as b",
    );
    assert.deepEqual(
      results.map(({ command, count, rows }) => [command, count, rows.length]),
      [
        ["CREATE", 0, 0],
        ["INSERT", 2, 0],
        ["SELECT", 2, 2],
        ["SELECT", 1, 1],
      ], // prettier-ignore
    );
    assert.deepEqual(results.at(-1)?.rows, [{ b: "x" }]);
    assert.deepEqual(await session.script(" -- nothing"), []);
  }),
  onSession("statements sent at once are executed one after the other, in order", async (session) => {
    await session.script("create temp sequence s");
    const answers = await Promise.all(Array.from({ length: 50 }, () => session.query<{ n: bigint }>("select nextval('s') as n")));
    assert.deepEqual(
      answers.map(({ rows }) => rows[0]?.n),
      Array.from({ length: 50 }, (_, i) => BigInt(i + 1)),
    );
  }),
  onSession("a large result arrives whole", async (session) => {
    const { rows } = await session.query<{ g: number; x: string }>("select g, repeat('x', 100) as x from generate_series(1, 50000) as g");
    assert.equal(rows.length, 50_000);
    assert.equal(
      rows.reduce((sum, { g, x }) => sum + g + x.length, 0),
      50_000 * 25_000.5 + 5_000_000,
    );
  }),
  onSession("a script of one megabyte is one message", async (session) => {
    const results = await session.script("select 1;".repeat(2_000) + `select '${"x".repeat(1_000_000)}' as x`);
    assert.equal(results.length, 2_001);
    assert.equal(String(results.at(-1)?.rows[0]?.["x"]).length, 1_000_000);
  }),
  onSession("notices reach the listener until it is taken off", async (session) => {
    const heard: string[] = [];
    const stop = session.onNotice((message) => heard.push(message));
    await session.query("do $$ begin raise notice 'one'; raise warning 'two'; end $$");
    await settled();
    stop();
    await session.query("do $$ begin raise notice 'three'; end $$");
    await settled();
    assert.deepEqual(heard, ["one", "two"]);
  }),
  onSession("LISTEN hears what is notified, also on channels with odd names, until it is stopped", async (session) => {
    const heard: string[] = [];
    const channel = 'Weird "name"';
    const stop = await session.listen(channel, (payload) => heard.push(payload));
    await session.query("select pg_notify($1, 'one'), pg_notify($1, '')", [channel]);
    await session.query("select 1");
    await settled();
    await stop();
    await stop();
    await session.query(`notify ${quoteIdentifier(channel)}, 'two'`);
    await session.query("select 1");
    await settled();
    assert.deepEqual(heard, ["one", ""]);
  }),
  onSession("two listeners of one channel: stopping one leaves the other", async (session) => {
    const heard: string[] = [];
    const stop = await session.listen("c", () => heard.push("first"));
    await session.listen("c", () => heard.push("second"));
    await stop();
    await session.query("notify c");
    await session.query("select 1");
    await settled();
    assert.deepEqual(heard, ["second"]);
  }),
  onSession("a notification of a transaction that is rolled back is not heard", async (session) => {
    const heard: string[] = [];
    await session.listen("c", (payload) => heard.push(payload));
    await assert.rejects(session.transaction(async (tx) => (await tx.query("notify c, 'lost'"), Promise.reject(new Error("no")))));
    await session.transaction((tx) => tx.query("notify c, 'kept'"));
    await session.query("select 1");
    await settled();
    assert.deepEqual(heard, ["kept"]);
  }),
  onSession("a listener that throws does not break the session", async (session) => {
    const failures: unknown[] = [];
    const listener = (error: unknown): void => void failures.push(error);
    process.once("uncaughtException", listener);
    process.setUncaughtExceptionCaptureCallback(listener);
    await session.listen("c", () => {
      throw new Error("mine");
    });
    await session.query("notify c");
    assert.equal((await session.query("select 1 as one")).rows[0]?.["one"], 1);
    await settled();
    process.setUncaughtExceptionCaptureCallback(null);
    process.removeListener("uncaughtException", listener);
    assert.equal(failures.length, 1);
  }),
  onSession("RLS holds under SET LOCAL ROLE, with and without FORCE", async (session) => {
    await session
      .transaction(async (tx) => {
        await tx.script(`
        create role conformance_reader;
        create schema conformance_rls; grant usage on schema conformance_rls to conformance_reader;
        create table conformance_rls.t (tenant int, a int);
        insert into conformance_rls.t values (1, 10), (2, 20);
        alter table conformance_rls.t enable row level security;
        create policy own on conformance_rls.t using (tenant = current_setting('app.tenant', true)::int);
        grant select on conformance_rls.t to conformance_reader;
        set local role conformance_reader; set local app.tenant = '2'`);
        assert.deepEqual((await tx.query("select a from conformance_rls.t")).rows, [{ a: 20 }]);
        await tx.query("reset role");
        assert.equal((await tx.query("select a from conformance_rls.t")).rows.length, 2);
        await tx.query("rollback to savepoint nowhere").catch(() => {});
        throw new Error("undo");
      })
      .catch((error: Error) => assert.equal(error.message, "undo"));
  }),
  onSession("pid is the backend's and application_name the room's", async (session) => {
    const { rows } = await session.query("select pg_backend_pid() as pid, current_setting('application_name') as name");
    assert.deepEqual(rows, [{ pid: session.pid, name: "pgsteward/conformance" }]);
  }),
  onSession("version is the server's", async (session, engine) => {
    const { rows } = await session.query("select current_setting('server_version_num')::int as version");
    assert.deepEqual(rows, [{ version: engine.version }]);
  }),
  onSession("extensions() has what CREATE EXTENSION accepts", async (_, engine) => {
    assert.ok((await engine.extensions()).has("plpgsql"));
  }),
  onSession("VACUUM and CREATE INDEX CONCURRENTLY run outside a transaction", async (session) => {
    await session.script("create table if not exists conformance_outside (a int)");
    await session.query("vacuum analyze conformance_outside");
    await session.query("create index concurrently if not exists conformance_outside_a on conformance_outside (a)");
    await session.query("drop table conformance_outside");
    assert.equal((await errorOf(session.transaction((tx) => tx.query("vacuum")))).data["sqlstate"], "25001");
  }),
  {
    name: "a new session finds nothing of the one before",
    run: async (engine) => {
      await withSession(engine, async (session) => {
        await session.script("create temp table leftover (a int); set search_path = pg_catalog; set work_mem = '1234kB'; begin");
        await session.query("select pg_advisory_lock(4711)");
        await session.listen("leftover", () => {});
      });
      await withSession(engine, async (session) => {
        const { rows } = await session.query(
          "select to_regclass('pg_temp.leftover') as temp, current_setting('search_path') as path, current_setting('work_mem') as mem, (select count(*)::int from pg_listening_channels()) as channels, (select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks",
        );
        assert.deepEqual(
          { ...rows[0], mem: rows[0]?.["mem"] === "1234kB" },
          { temp: null, path: '"$user", public', mem: false, channels: 0, locks: 0 },
        );
        assert.equal((await errorOf(session.script("savepoint inside"))).data["sqlstate"], "25P01");
      });
    },
  },
  {
    name: "close() twice is fine; a closed session says so",
    run: async (engine) => {
      const session = await engine.session();
      await Promise.all([session.close(), session.close()]);
      await session.close();
      const error = await errorOf(session.query("select 1"));
      assert.equal(error.code, "ENGINE_CONNECTION_LOST");
      assert.match(error.message, /closed/);
      assert.equal((await errorOf(session.transaction(async () => 1))).code, "ENGINE_CONNECTION_LOST");
    },
  },
];
