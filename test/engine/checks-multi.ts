/** What takes more than one session, or a session that is interrupted. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { errorOf } from "./checks-errors.ts";
import { type Check, onSession, withSession } from "./check.ts";

export const multiSessionChecks: readonly Check[] = [
  {
    name: "one session at a time: the second waits, and fails as busy when it has waited long enough",
    run: async (engine) => {
      if (engine.abilities.sessions > 1) return;
      const first = await engine.session();
      const error = await errorOf(engine.session({ waitMs: 20 }));
      assert.equal(error.code, "ENGINE_BUSY");
      const second = engine.session();
      await first.close();
      await (await second).close();
    },
  },
  onSession(
    "several sessions see each other's commits and not their open transactions",
    (first, engine) =>
      withSession(engine, async (second) => {
        assert.notEqual(first.pid, second.pid);
        await first.script("create table if not exists conformance_seen (a int); truncate conformance_seen");
        await first.transaction(async (tx) => {
          await tx.query("insert into conformance_seen values (1)");
          assert.equal((await second.query("select a from conformance_seen")).count, 0);
        });
        assert.equal((await second.query("select a from conformance_seen")).count, 1);
        await first.query("drop table conformance_seen");
      }),
    "several",
  ),
  onSession(
    "a notification reaches another session while it does nothing",
    (first, engine) =>
      withSession(engine, async (second) => {
        const { promise, resolve } = Promise.withResolvers<string>();
        await first.listen("conformance", resolve);
        await second.query("select pg_notify('conformance', 'hello')");
        assert.equal(await promise, "hello");
      }),
    "several",
  ),
  onSession(
    "cancel() ends the running statement, and only that",
    async (session) => {
      const sleeping = errorOf(session.query("select pg_sleep(60)"));
      await new Promise((resolve) => setTimeout(resolve, 30));
      await session.cancel();
      assert.equal((await sleeping).data["sqlstate"], "57014");
      assert.equal((await session.query("select 1 as one")).rows[0]?.["one"], 1);
      await session.cancel();
      assert.equal((await session.query("select 2 as two")).rows[0]?.["two"], 2);
    },
    "cancel",
  ),
  onSession("cancel() where the engine cannot says so", async (session, engine) => {
    if (engine.abilities.cancel) return;
    assert.equal((await errorOf(session.cancel())).code, "ENGINE_ABILITY_MISSING");
  }),
  onSession(
    "statement_timeout fires",
    async (session) => {
      await session.query("set statement_timeout = '50ms'");
      assert.equal((await errorOf(session.query("select pg_sleep(60)"))).data["sqlstate"], "57014");
    },
    "timeouts",
  ),
  onSession(
    "lock_timeout fires and tells 55P03",
    (first, engine) =>
      withSession(engine, async (second) => {
        await first.script("create table if not exists conformance_locked (a int)");
        await second.query("set lock_timeout = '50ms'");
        await first.transaction(async (tx) => {
          await tx.query("lock table conformance_locked");
          assert.equal((await errorOf(second.query("select * from conformance_locked"))).data["sqlstate"], "55P03");
        });
        await first.query("drop table conformance_locked");
      }),
    "timeouts",
  ),
  onSession(
    "advisory locks exclude other sessions and end with theirs",
    (first, engine) =>
      withSession(engine, async (second) => {
        await first.query("select pg_advisory_lock(4712)");
        assert.equal((await second.query("select pg_try_advisory_lock(4712) as got")).rows[0]?.["got"], false);
        await first.close();
        await second.query("select pg_advisory_lock(4712)");
      }),
    "several",
  ),
  onSession(
    "a terminated backend: the running statement and the next ones fail as lost, with the server's words",
    (first, engine) =>
      withSession(engine, async (second) => {
        const running = errorOf(first.query("select pg_sleep(60)"));
        await second.query("select pg_terminate_backend($1)", [first.pid]);
        const error = await running;
        assert.equal(error.code, "ENGINE_CONNECTION_LOST");
        assert.equal(error.data["sqlstate"], "57P01");
        assert.equal((await errorOf(first.query("select 1"))).code, "ENGINE_CONNECTION_LOST");
        assert.equal((await errorOf(first.transaction(async () => 1))).code, "ENGINE_CONNECTION_LOST");
      }),
    "several",
  ),
  onSession(
    "a backend terminated while idle does not take the process down",
    (first, engine) =>
      withSession(engine, async (second) => {
        await second.query("select pg_terminate_backend($1)", [first.pid]);
        assert.equal((await errorOf(first.query("select pg_sleep(60)"))).code, "ENGINE_CONNECTION_LOST");
        await first.close();
      }),
    "several",
  ),
  onSession(
    "close() while a statement runs ends the statement",
    async (_, engine) => {
      const session = await engine.session();
      const running = errorOf(session.query("select pg_sleep(60)"));
      await new Promise((resolve) => setImmediate(resolve));
      await session.close();
      assert.equal((await running).code, "ENGINE_CONNECTION_LOST");
    },
    "several",
  ),
  onSession(
    "a login role of its own is bound by RLS and cannot step out of it",
    async (session, engine) => {
      const role = `conformance_${randomBytes(4).toString("hex")}`;
      const url = engine.url();
      const { rows } = await session.query<{ super: boolean }>("select rolsuper as super from pg_roles where rolname = current_user");
      if (url === undefined || rows[0]?.super !== true) return;
      await session.script(`
        create role ${role} login password 'pw'; create schema ${role} authorization ${role};
        create table ${role}.t (a int); insert into ${role}.t values (1); alter table ${role}.t enable row level security; grant select on ${role}.t to ${role}`);
      const { openPostgres } = await import("../../src/engines/postgres.ts");
      const theirs = await openPostgres({ url: url.replace(/\/\/[^@]*@/, `//${role}:pw@`) });
      try {
        await withSession(theirs, async (limited) => {
          assert.deepEqual((await limited.query("select session_user as me, (select count(*)::int from t) as n")).rows, [
            { me: role, n: 0 },
          ]);
          assert.equal((await errorOf(limited.query("set role postgres"))).data["sqlstate"]?.toString().length, 5);
        });
      } finally {
        await theirs.close();
        await session.script(`drop schema ${role} cascade; drop role ${role}`);
      }
    },
    "loginRoles",
  ),
  onSession(
    "another database of the same engine",
    async (session, engine) => {
      const name = `conformance_${randomBytes(4).toString("hex")}`;
      await session.query(`create database ${name}`);
      const other = await engine.session({ database: name });
      assert.equal((await other.query("select current_database() as name")).rows[0]?.["name"], name);
      await other.close();
      await session.query(`drop database ${name}`);
      await assert.rejects(engine.session({ database: name }), { code: "ENGINE_DATABASE_MISSING" });
    },
    "databases",
  ),
  onSession(
    "logical decoding where it is declared",
    async (session) => {
      const slot = `conformance_${randomBytes(4).toString("hex")}`;
      await session.query("select pg_create_logical_replication_slot($1, 'pgoutput')", [slot]);
      await session.query("select pg_drop_replication_slot($1)", [slot]);
    },
    "logicalDecoding",
  ),
];
