/**
 * Many files travel in one message, and only its last COMMIT waits for the disk: what was answered, or told as done before
 * a failure, is there after a crash of the server. The crash comes before anything else is written.
 */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { nativeStatus, openNative } from "../../src/engines/native.ts";
import { createSteward } from "../../src/steward.ts";
import { type Files, temporary, writeFiles } from "../support/migrate-project.ts";
import { testProject, until } from "../support/project.ts";
import { exists } from "../../src/engines/process-info.ts";

/** Nothing but a COMMIT that waits writes the WAL soon. */
const settings = { wal_writer_delay: "10s", wal_writer_flush_after: "0" };

const count = 20;
const files: Files = Object.fromEntries(
  Array.from({ length: count }, (_, i) => [`${String(i + 1).padStart(3, "0")}_t.sql`, `create table t${i + 1} (id int);`]),
);

/** Runs `up`, crashes the server when `at` steps are done, and answers with the tables and the history that it has when it is back. */
async function afterCrash(t: TestContext, files: Files, at: number): Promise<readonly string[]> {
  const config = testProject(t);
  const server = await openNative({ config, settings });
  const dir = await temporary(t);
  mkdirSync(join(dir, "migrations"));
  await writeFiles(join(dir, "migrations"), files);
  const steward = await createSteward({ cwd: dir, env: { USER: "tester" }, config: { url: server.url() } });
  const { pid = 0 } = nativeStatus(config);
  const afterStep = async (done: number): Promise<void> => {
    if (done !== at) return;
    process.kill(pid, "SIGQUIT");
    await until(() => !exists(pid));
  };
  await steward.migrate.up({}, { afterStep }).catch(() => undefined);
  await steward.close();
  await server.close();
  const again = await openNative({ config });
  const session = await again.session();
  const { rows } = await session.query(
    "select count(*)::int as tables, (select count(*)::int from pgsteward.migration) as history from pg_class where relname ~ '^t[0-9]+$'",
  );
  await session.close();
  await again.close();
  return rows.map(({ tables, history }) => `${tables} tables, ${history} in the history`);
}

test("a message that was answered is durable as a whole", async (t) => {
  assert.deepEqual(await afterCrash(t, files, count), [`${count} tables, ${count} in the history`]);
});

test("what was done before a failure is durable before it is told", async (t) => {
  const poisoned = { ...files, "018_t.sql": "select 1/0;" };
  assert.deepEqual(await afterCrash(t, poisoned, 17), ["17 tables, 17 in the history"]);
});
