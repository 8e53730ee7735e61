/** The backend is terminated under us: what the error says of the database is true, and the next run goes on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Session } from "../../src/core/engine.ts";
import { StewardError } from "../../src/core/errors.ts";
import { outcome } from "../support/migrate-kill.ts";
import { type Files, project, type Project } from "../support/migrate-project.ts";
import { until, waitingBackend } from "../support/migrate-server.ts";

/** Terminates the backend that sleeps, or waits for a lock, in a statement of the migrate room. */
async function terminate(session: Session): Promise<void> {
  await session.query("select pg_terminate_backend($1)", [await waitingBackend(session)]);
}

async function failing(run: Promise<unknown>): Promise<StewardError> {
  const error: unknown = await run.then(
    () => assert.fail("it should have failed"),
    (thrown: unknown) => thrown,
  );
  assert.ok(StewardError.is(error), String(error));
  return error;
}

const base = "create table a (id int primary key, name text); insert into a select i, 'n' || i from generate_series(1, 20) i;";
const files = (slow: string): Files => ({
  "001_a.sql": base,
  "002_b.sql": "create table b ();",
  "003_slow.sql": slow,
  "004_d.sql": "create table d ();",
});

/** Which of the folder's objects exist. */
async function objects(session: Session): Promise<string[]> {
  const { rows } = await session.query<{ name: string }>(
    "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1",
  );
  return rows.map(({ name }) => name);
}

async function goesOn(p: Project, mended: Files, calm: Project): Promise<void> {
  await p.write(mended);
  const { migrate } = await p.steward();
  await migrate.up();
  await (await calm.steward()).migrate.up();
  assert.deepEqual(await outcome(p), await outcome(calm));
}

for (const [what, config] of Object.entries({ "one message of four": {}, "a message of its own": { migrate: { batchBytes: 0 } } })) {
  test(`in a transaction, ${what}`, async (t) => {
    const p = await project(t, files("create table c (); select pg_sleep(30);"));
    const session = await p.session();
    const { migrate } = await p.steward(config);
    const run = failing(migrate.up());
    await terminate(session);
    const error = await run;
    assert.equal(error.code, "ENGINE_CONNECTION_LOST");
    assert.equal(error.exit, 6);
    assert.equal(error.data["sqlstate"], "57P01");
    assert.equal(error.database, "rolled back");
    assert.deepEqual(await objects(session), ["a", "b"], "what was applied before stays, the file itself left nothing");
    assert.deepEqual(await p.applied(), ["001_a", "002_b"]);
    assert.deepEqual([error.data["stepsDone"], error.data["stepsTotal"]], [2, 4]);
    const { events } = (await (await p.steward()).migrate.history()).data;
    assert.deepEqual(
      events.filter(({ action }) => action === "failed").map(({ name }) => name),
      ["003_slow"],
      "the file that was cut short has failed, no other",
    );
    const { rows } = await session.query("select result, database_state, steps_done from pgsteward.run");
    assert.deepEqual(rows, [{ result: "failed", database_state: "rolled back", steps_done: 2 }]);
    const mended = files("create table c ();");
    await goesOn(p, mended, await project(t, mended));
  });
}

test("in a script", async (t) => {
  const script = (seconds: number): Files => ({
    "001_a.sql": base,
    "002_x.ts": `export async function up(session) { await session.query("create table x ()"); await session.query("select pg_sleep(${seconds})"); }`,
  });
  const p = await project(t, script(30));
  const session = await p.session();
  const { migrate } = await p.steward();
  const run = failing(migrate.up());
  await terminate(session);
  const error = await run;
  assert.equal(error.database, "rolled back");
  assert.deepEqual(await objects(session), ["a"]);
  await goesOn(p, script(0), await project(t, script(0)));
});

test("in CREATE INDEX CONCURRENTLY: partly changed, and so it is", async (t) => {
  const mended = { "001_a.sql": base, "002_i.sql": "alter table a add column b int;\ncreate index concurrently a_b on a (b);" };
  const p = await project(t, { "001_a.sql": base });
  const { migrate } = await p.steward();
  await migrate.up();
  await p.write(mended);
  const [session, blocker] = [await p.session(), await p.session()];
  await blocker.script("begin; insert into a values (1000, 'open');");
  // The ALTER has to pass first; then the index build waits for the writer.
  const run = failing((await p.steward({ lockTimeout: 100 })).migrate.up());
  await blocker.script("rollback; begin isolation level repeatable read; select 1 from pg_class;");
  await until(session, "select 1 from pg_index where indexrelid = to_regclass('a_b')");
  await terminate(session);
  const error = await run;
  await blocker.script("rollback");
  assert.equal(error.code, "ENGINE_CONNECTION_LOST");
  assert.equal(error.database, "partly changed");
  assert.equal(error.exit, 7);
  assert.deepEqual((await session.query("select indisvalid from pg_index where indexrelid = 'a_b'::regclass")).rows, [
    { indisvalid: false },
  ]);
  await goesOn(p, mended, await project(t, mended));
});

test("between two steps", async (t) => {
  const p = await project(t, files("create table c ();"));
  const session = await p.session();
  const { migrate } = await p.steward({ migrate: { batchBytes: 0 } });
  const kill = async (done: number): Promise<void> => {
    if (done === 2)
      await session.query(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'pgsteward/migrate' and datname = current_database()",
      );
  };
  const error = await failing(migrate.up({}, { afterStep: kill }));
  assert.equal(error.code, "ENGINE_CONNECTION_LOST");
  assert.deepEqual(await p.applied(), ["001_a", "002_b"]);
  assert.equal(error.data["stepsDone"], 2);
  await goesOn(p, {}, await project(t, files("create table c ();")));
});

test("after the last step: everything is applied, so the run is a success, and the ledger says so", async (t) => {
  const p = await project(t, { "001_a.sql": base });
  const session = await p.session();
  const { migrate } = await p.steward();
  const kill = async (): Promise<void> => {
    await session.query(
      "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'pgsteward/migrate' and datname = current_database()",
    );
  };
  assert.deepEqual((await migrate.up({}, { afterStep: kill })).result.applied, ["001_a"]);
  assert.deepEqual(await p.applied(), ["001_a"]);
  assert.deepEqual((await session.query("select result, steps_done from pgsteward.run")).rows, [{ result: "done", steps_done: 1 }]);
});

test("while it waits for the lock: nothing has changed", async (t) => {
  const p = await project(t, { "001_a.sql": base });
  const [session, holder] = [await p.session(), await p.steward()];
  const [holding, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await p.write({ "000_z.sql": "create table z ();" });
  const first = holder.migrate.up({ to: "0" }, { afterStep: () => (holding.resolve(), released.promise) });
  await holding.promise;
  const waiting = Promise.withResolvers<void>();
  const late = await p.steward({}, { onEvent: (event) => event.type === "wait" && waiting.resolve() });
  const run = failing(late.migrate.up());
  await waiting.promise;
  await session.query(
    "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'pgsteward/migrate' and datname = current_database() and pid not in (select pid from pg_locks where locktype = 'advisory')",
  );
  const error = await run;
  assert.equal(error.code, "ENGINE_CONNECTION_LOST");
  assert.equal(error.database, "unchanged");
  released.resolve();
  await first;
});

for (const verb of ["down", "redo"] as const) {
  test(`in a ${verb}`, async (t) => {
    const p = await project(t, {
      "001_a.sql": base,
      "002_b.sql": "create table b ();\n-- Down migration\ndrop table b;",
      "003_c.sql": `create table c (); ${verb === "redo" ? "select pg_sleep(t) from c_sleep;" : ""}\n-- Down migration\ndrop table c;\n${verb === "down" ? "select pg_sleep(30);" : ""}`,
    });
    const session = await p.session();
    await session.script("create schema s; create table s.c_sleep (t int); insert into s.c_sleep values (0);");
    await session.script(`alter database ${p.name} set search_path = public, s`);
    const { migrate } = await p.steward({ migrate: { batchBytes: 0 } });
    await migrate.up();
    await session.script("update s.c_sleep set t = 30");
    const run = failing(migrate[verb]());
    await terminate(session);
    const error = await run;
    assert.equal(error.database, "rolled back");
    assert.deepEqual([error.data["stepsDone"], error.data["stepsTotal"]], verb === "redo" ? [1, 2] : [0, 1]);
    assert.deepEqual(await objects(session), verb === "redo" ? ["a", "b"] : ["a", "b", "c"]);
  });
}

test("a steward connects again when it is used after its connection was lost", {}, async (t) => {
  const p = await project(t, { "001_a.sql": "select pg_sleep(30);" });
  const session = await p.session();
  const { migrate } = await p.steward();
  const run = failing(migrate.up());
  await terminate(session);
  await run;
  await p.write({ "001_a.sql": base });
  assert.deepEqual((await migrate.up()).result.applied, ["001_a"]);
});
