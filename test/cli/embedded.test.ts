/** Without a URL: the embedded server, started on demand, for this command and for other programs; and a disk that is full. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openSession } from "../../src/engines/session.ts";
import { type CliResult, cli } from "../support/cli-run.ts";
import { temporary, writeFiles } from "../support/migrate-project.ts";
import { defer } from "../support/migrate-server.ts";

interface Embedded {
  readonly dir: string;
  run(words: string, stdin?: string): Promise<CliResult>;
}

async function embedded(t: TestContext, files: Readonly<Record<string, string>>, more: Record<string, string> = {}): Promise<Embedded> {
  const dir = await temporary(t);
  await chmod(dir, 0o755);
  await writeFiles(dir, files);
  const env = { PGSTEWARD_ENGINE: "native", ...more };
  const run = (words: string, stdin = ""): Promise<CliResult> => cli(words.split(" "), { cwd: dir, env, stdin });
  defer(t, () => run("db stop"));
  return { dir, run };
}

const files = { "migrations/001_a.sql": "create table a (id int);\ninsert into a values (7);\n-- Down migration\ndrop table a;" };

test("two commands and no server of one's own", async (t) => {
  const { run, dir } = await embedded(t, files);
  const idle = await run("db status");
  assert.equal(idle.code, 1);
  assert.match(idle.stdout, /state +not running/);
  assert.match(idle.stderr, /it starts by itself when a command needs it, or with `pgsteward db start`/);
  const up = await run("migrate up");
  assert.equal(up.code, 0, up.stderr);
  assert.match(up.stderr, new RegExp(`^target  native, ${dir}/\\.pgsteward/native/app, development\\n`));
  assert.match(up.stdout, /^applied 1 migration in /);
  const status = await run("db status");
  assert.equal(status.code, 0);
  assert.match(status.stdout, /state +running[\s\S]*pid +\d+\n/);
  const started = await run("db start");
  assert.equal(started.code, 0);
  const url = await run("db url --quiet");
  const session = await openSession({ url: url.stdout.trim() });
  assert.deepEqual((await session.query("select id from a")).rows, [{ id: 7 }]);
  await session.close();
  if (spawnSync("sh", ["-c", "command -v psql"]).status === 0) {
    const psql = await run("db psql", "select 'answer ' || id from a;\n");
    assert.equal(psql.code, 0, psql.stderr);
    assert.match(psql.stdout, /answer 7/);
  }
  const validate = await run("migrate validate");
  assert.equal(validate.code, 0, validate.stderr);
  assert.match(validate.stdout, /in step \(compared on scratch native 18/);
  assert.equal((await run("db stop")).stdout, "stopped\n");
  assert.equal((await run("db stop")).stdout, "it was not running\n");
  assert.equal((await run("migrate status")).code, 0, "and it starts again by itself, with the data it had");
});

/** A file system of so many megabytes, or why there is none. */
async function smallDisk(t: TestContext, megabytes: number): Promise<string | undefined> {
  const dir = await temporary(t);
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=755`, "tmpfs", dir]);
  if (status !== 0) return undefined;
  defer(t, () => spawnSync("umount", ["-l", dir]));
  return dir;
}

test("a disk too small for a server: said, exit 6, nothing half made", async (t) => {
  const disk = await smallDisk(t, 12);
  if (disk === undefined) return t.skip("mounting a tmpfs is not allowed here");
  const { run } = await embedded(t, files, { PGSTEWARD_STATE_DIR: join(disk, "state") });
  for (const _ of ["once", "twice"]) {
    const { code, stderr } = await run("migrate up");
    assert.equal(code, 6, stderr);
    assert.match(stderr, /error no space left on the device of /);
    assert.match(stderr, /→ free some space and run the same command again/);
    assert.match(stderr, /ENGINE_DISK_FULL · database unchanged/);
  }
});

test("a disk that a migration fills: rolled back; with space again it just runs", async (t) => {
  const disk = await smallDisk(t, 130);
  if (disk === undefined) return t.skip("mounting a tmpfs is not allowed here");
  const big = "create table big as select i, repeat(md5(i::text), 8) as filler from generate_series(1, 2000000) i;";
  const { run, dir } = await embedded(t, { ...files, "migrations/002_big.sql": big }, { PGSTEWARD_STATE_DIR: join(disk, "state") });
  const { code, stderr } = await run("migrate up");
  assert.equal(code, 6, stderr);
  assert.match(stderr, /002_big failed at .*002_big\.sql:1: could not (extend|write)|No space left|ENGINE_/);
  assert.match(stderr, /database (rolled back|unchanged)/);
  await writeFiles(dir, { "migrations/002_big.sql": "create table big (id int);" });
  const again = await run("migrate up");
  assert.equal(again.code, 0, again.stderr);
  assert.equal((await run("migrate status")).code, 0);
});
