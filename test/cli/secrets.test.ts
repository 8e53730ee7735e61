/** The target is told first, and no secret in it or anywhere else: on a server that really asks for a password. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openNative, stopNative } from "../../src/engines/native.ts";
import { type CliResult, cli } from "../support/cli-run.ts";
import { freePort } from "../support/freePort.ts";
import { writeFiles } from "../support/migrate-project.ts";
import { projectConfig } from "../support/project.ts";

const password = "s3cr3t-p@ss/word";
let dir = "";
let port = 0;
let stop: () => Promise<unknown> = () => Promise.resolve();

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "pgsteward-secrets-"));
  port = await freePort();
  const config = projectConfig(dir, { port, engine: "native" });
  const engine = await openNative({ config, settings: { fsync: "off" } });
  const session = await engine.session();
  await session.script(`create role keeper login password '${password}'; alter database app owner to keeper;`);
  await engine.close();
  stop = () => stopNative(config);
  await writeFiles(dir, {
    "migrations/001_a.sql": "create table a (id int);\n-- Down migration\ndrop table a;",
    "migrations/002_b.sql": "select 1/0;",
  });
});

after(async () => {
  await stop();
  await rm(dir, { recursive: true, force: true });
});

const url = (given: string): string => `postgres://keeper:${encodeURIComponent(given)}@127.0.0.1:${port}/app`;
const run = (words: string, given = password, env: Record<string, string> = {}): Promise<CliResult> =>
  cli(words.split(" "), { cwd: dir, env: { DATABASE_URL: url(given), ...env } });

function assertNoSecret({ stdout, stderr }: CliResult, given = password): void {
  for (const text of [stdout, stderr]) for (const secret of [given, encodeURIComponent(given)]) assert.ok(!text.includes(secret), text);
}

test("every command tells its target first, without the password", async () => {
  for (const words of [
    "migrate status",
    "migrate up",
    "migrate history",
    "migrate plan",
    "migrate validate",
    "migrate down",
    "db status",
    "doctor",
    "migrate status --json",
    "migrate up --json",
  ]) {
    const result = await run(`${words} --scratch target`, password, { PGSTEWARD_DEBUG: "1" });
    assert.match(result.stderr, new RegExp(`^target  postgres, 127\\.0\\.0\\.1:${port}/app, development\\n`), words);
    assertNoSecret(result);
  }
});

test("a wrong password: exit 4, and not told which one", async () => {
  const wrong = "wr0ng:p@ss";
  for (const words of ["migrate up", "migrate up --json", "db status", "doctor"]) {
    const result = await run(words, wrong, { PGSTEWARD_DEBUG: "1" });
    assertNoSecret(result, wrong);
    if (words === "migrate up") {
      assert.equal(result.code, 4);
      assert.match(result.stderr, /error PostgreSQL at 127\.0\.0\.1:\d+ does not let keeper in: password authentication failed/);
      assert.match(result.stderr, /→ check user and password of the URL/);
      assert.match(result.stderr, /ENGINE_AUTH_FAILED · database unchanged/);
    }
  }
});

test("no password where one is needed", async () => {
  const result = await cli(["migrate", "up"], { cwd: dir, env: { DATABASE_URL: `postgres://keeper@127.0.0.1:${port}/app` } });
  assert.equal(result.code, 4);
  assert.match(result.stderr, /ENGINE_AUTH_FAILED/);
});

test("a URL with a password that cannot be used, wherever it is given", async () => {
  for (const [words, env] of [
    ["migrate up", { DATABASE_URL: `postgres://keeper:${password}@127.0.0.1:nope/app` }],
    ["migrate up", { DATABASE_URL: `http://keeper:${password}@127.0.0.1/app` }],
    ["migrate up", { DATABASE_URL: url(password), DIRECT_URL: `ftp://keeper:${password}@h/app` }],
    [`migrate up --url https://keeper:${password}@h/app`, {}],
    [
      "migrate validate",
      { DATABASE_URL: url(password), PGSTEWARD_SCRATCH: `postgres://keeper:${encodeURIComponent(password)}@127.0.0.1:1/x` },
    ],
    ["migrate up", { DATABASE_URL: `postgres://keeper:${encodeURIComponent(password)}@no-such-host.invalid/app` }],
  ] as const) {
    const result = await cli(words.split(" "), { cwd: dir, env: { PGSTEWARD_DEBUG: "1", ...env } });
    assert.notEqual(result.code, 0, words);
    assertNoSecret(result);
  }
});

test("a secret in the SQL of a failing migration's own connection string is not told", async () => {
  await writeFiles(dir, {
    "migrations/002_b.sql": `do $$ begin raise exception '%', 'cannot reach postgres://x:${encodeURIComponent(password)}@h/d'; end $$;`,
  });
  const result = await run("migrate up");
  assert.equal(result.code, 6);
  assert.match(result.stderr, /cannot reach postgres:\/\/x:\*\*\*@h\/d/);
  assertNoSecret(result);
  assertNoSecret(await run("migrate up --json"));
  assertNoSecret(await run("migrate history --json"));
});

test("`db url` is the one command that prints it, on stdout", async () => {
  const { stdout, stderr } = await run("db url --quiet");
  assert.equal(stdout, `${url(password)}\n`);
  assert.equal(stderr, "");
});
