/** The ledger installs itself once, tells its version, refuses a newer one, and records runs. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { StewardError } from "../../src/core/errors.ts";
import {
  beginRun,
  ensureLedger,
  failRun,
  finishRun,
  installedLedger,
  isLedgerAbsent,
  ledgerVersion,
  refuseNewer,
} from "../../src/core/ledger.ts";
import { freshDatabase, root } from "../support/migrate-server.ts";

const run = {
  operation: "migrate up",
  input: { to: "4" },
  planHash: "abc",
  environment: "testing",
  actor: "me",
  host: "here",
  stepsTotal: 3,
} as const;

test("it installs itself in one transaction, and a second time does nothing", async (t) => {
  const database = await freshDatabase(t);
  const session = await database.session();
  assert.equal(await installedLedger(session), 0);
  await ensureLedger(session);
  await ensureLedger(session);
  assert.equal(await installedLedger(session), ledgerVersion);
  const { rows } = await session.query("select version from pgsteward.ledger_version order by version");
  assert.deepEqual(
    rows.map(({ version }) => version as number),
    Array.from({ length: ledgerVersion }, (_, i) => i + 1),
  );
  const { rows: bare } = await session.query(
    "select relname as name from pg_class where relnamespace = 'pgsteward'::regnamespace and relkind = 'r' and obj_description(oid, 'pg_class') is null",
  );
  assert.deepEqual(bare, [], "every table says what it is for");
});

test("it knows as many versions as there are files", () => {
  assert.equal(readdirSync(join(root, "sql")).filter((name) => name.endsWith(".sql")).length, ledgerVersion);
});

test("it does not depend on what the session has set", async (t) => {
  const database = await freshDatabase(t);
  const session = await database.session();
  await session.script(
    "create schema other; set search_path = other; set standard_conforming_strings = on; set default_transaction_isolation = 'serializable';",
  );
  await ensureLedger(session);
  const { rows } = await session.query("select count(*)::int as n from pg_class where relnamespace = 'other'::regnamespace");
  assert.equal(rows[0]?.["n"], 0);
});

test("a half installed one is installed whole: a failure leaves nothing", async (t) => {
  const database = await freshDatabase(t);
  const session = await database.session();
  await session.script("create schema pgsteward; create table pgsteward.run (mine int);");
  await assert.rejects(async () => ensureLedger(session));
  assert.equal((await session.query("select to_regclass('pgsteward.ledger_version') is null as none")).rows[0]?.["none"], true);
  await session.script("drop table pgsteward.run");
  await ensureLedger(session);
});

test("one of a newer release is refused", async (t) => {
  const database = await freshDatabase(t);
  const session = await database.session();
  await ensureLedger(session);
  await session.query("insert into pgsteward.ledger_version (version, tool_version) values ($1, 'x')", [ledgerVersion + 1]);
  const error: unknown = await ensureLedger(session).catch((thrown: unknown) => thrown);
  assert.ok(StewardError.is(error));
  assert.deepEqual([error.code, error.exit], ["LEDGER_NEWER", 2]);
  assert.throws(() => refuseNewer(ledgerVersion + 1));
  refuseNewer(ledgerVersion);
  refuseNewer(null);
});

test("a run is recorded from its beginning, and how it ended", async (t) => {
  const database = await freshDatabase(t);
  const session = await database.session();
  await ensureLedger(session);
  const [killed, done, failed] = [await beginRun(session, run), await beginRun(session, run), await beginRun(session, run)];
  await finishRun(session, done, 3);
  await failRun(session, failed, 1, new StewardError("X", { exit: 6, message: "it's 'broken'", when: "" }), "partly changed");
  const { rows } = await session.query(
    "select id, result, steps_done, database_state, error->>'message' as message, finished_at is null as open, backend_pid = pg_backend_pid() as ours from pgsteward.run order by id",
  );
  assert.deepEqual(rows, [
    { id: killed, result: "running", steps_done: 0, database_state: null, message: null, open: true, ours: true },
    { id: done, result: "done", steps_done: 3, database_state: null, message: null, open: false, ours: true },
    { id: failed, result: "failed", steps_done: 1, database_state: "partly changed", message: "it's 'broken'", open: false, ours: true },
  ]);
});

test("an absent ledger is told by its sqlstate", async (t) => {
  const database = await freshDatabase(t);
  const session = await database.session();
  for (const query of ["select 1 from pgsteward.run", "select 1 from nowhere"]) {
    const error: unknown = await session.query(query).catch((thrown: unknown) => thrown);
    assert.equal(isLedgerAbsent(error), true);
  }
  assert.equal(isLedgerAbsent(await session.query("select 1/0").catch((thrown: unknown) => thrown)), false);
});
