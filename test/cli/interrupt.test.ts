/** Ctrl-C and SIGTERM: the statement is cancelled, the step rolled back, the next run goes on. And who holds the lock is told, exit 5. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { cliOn, finished, startCli } from "../support/cli-run.ts";
import { project } from "../support/migrate-project.ts";
import { defer, waitingBackend } from "../support/migrate-server.ts";

const table = (name: string): string => `create table ${name} (id int);\n-- Down migration\ndrop table ${name};\n`;

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`${signal} in the middle of a statement`, async (t) => {
    const p = await project(t, { "001_a.sql": table("a"), "002_slow.sql": "create table slow (id int);\nselect pg_sleep(3600);" });
    const child = startCli(["migrate", "up"], { cwd: p.dir, env: { DATABASE_URL: p.url } });
    defer(t, () => child.kill("SIGKILL"));
    const ended = finished(child);
    await waitingBackend(await p.session());
    child.kill(signal);
    const { code, stderr } = await ended;
    assert.equal(code, 6, stderr);
    assert.match(stderr, /error interrupted\n/);
    assert.match(stderr, /→ run the same command again: it continues where this run stopped/);
    assert.match(stderr, /INTERRUPTED · database rolled back/);
    assert.deepEqual(await p.applied(), ["001_a"]);
    const session = await p.session();
    assert.equal((await session.query("select to_regclass('slow') is null as gone")).rows[0]?.["gone"], true);
    await p.write({ "002_slow.sql": table("slow") });
    assert.equal((await cliOn(p, "migrate", "up")).code, 0);
  });
}

test("Ctrl-C while it waits for the lock: nothing has changed", async (t) => {
  const p = await project(t, { "001_a.sql": "select pg_sleep(3600);" });
  const first = startCli(["migrate", "up"], { cwd: p.dir, env: { DATABASE_URL: p.url } });
  defer(t, () => first.kill("SIGKILL"));
  const [firstEnded, session] = [finished(first), await p.session()];
  await waitingBackend(session);
  const second = startCli(["migrate", "up"], { cwd: p.dir, env: { DATABASE_URL: p.url } });
  defer(t, () => second.kill("SIGKILL"));
  const waiting = new Promise<void>((resolve) =>
    second.stderr?.on("data", (text: Buffer) => /waiting for pid/.test(String(text)) && resolve()),
  );
  const secondEnded = finished(second);
  await waiting;
  second.kill("SIGINT");
  const { code, stderr } = await secondEnded;
  assert.equal(code, 6);
  assert.match(stderr, /INTERRUPTED · database unchanged/);
  first.kill("SIGINT");
  assert.equal((await firstEnded).code, 6);
});

test("another process at work is named, exit 5", async (t) => {
  const p = await project(t, { "001_a.sql": "select pg_sleep(3600);" });
  const first = startCli(["migrate", "up"], { cwd: p.dir, env: { DATABASE_URL: p.url } });
  defer(t, () => first.kill("SIGKILL"));
  const ended = finished(first);
  const pid = await waitingBackend(await p.session());
  const { code, stderr } = await cliOn(p, "migrate", "up", "--lock-wait", "200ms");
  assert.equal(code, 5);
  assert.match(
    stderr,
    new RegExp(`error another pgsteward is at work on this database: pid ${pid} \\(pgsteward/migrate, postgres\\), active for \\d+ s`),
  );
  assert.match(stderr, /LOCK_HELD · database unchanged/);
  first.kill("SIGINT");
  await ended;
});

test("a reader that goes away (`| head`) does not end a migration in its middle", async (t) => {
  const p = await project(t, { "001_a.sql": table("a"), "002_b.sql": "select pg_sleep(0.5);", "003_c.sql": table("c") });
  const child = startCli(["migrate", "up", "--batch-bytes", "0"], { cwd: p.dir, env: { DATABASE_URL: p.url } });
  defer(t, () => child.kill("SIGKILL"));
  child.stdout?.destroy();
  child.stderr?.destroy();
  const code = await new Promise((resolve) => child.once("exit", resolve));
  assert.equal(code, 0);
  assert.deepEqual(await p.applied(), ["001_a", "002_b", "003_c"]);
});
