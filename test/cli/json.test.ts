/** `--json` puts exactly one document on stdout, whatever happens, and its `ok` is the exit code. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { cli, type CliResult, cliOn } from "../support/cli-run.ts";
import { project, temporary } from "../support/migrate-project.ts";

interface Envelope {
  readonly ok: boolean;
  readonly operation?: string;
  readonly target?: Readonly<Record<string, unknown>>;
  readonly findings?: readonly unknown[];
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string; readonly database: string; readonly data: Record<string, unknown> };
  readonly plan?: { readonly hash: string; readonly steps: readonly { readonly title: string; readonly sql?: string }[] };
  readonly applied?: boolean;
  readonly dryRun?: boolean;
}

function envelope({ stdout, code }: CliResult): Envelope {
  const document = JSON.parse(stdout) as Envelope;
  assert.equal(document.ok, code === 0, `${stdout}, exit ${code}`);
  assert.ok(stdout.endsWith("}\n"));
  return document;
}

const table = (name: string): string => `create table ${name} (id int);\n-- Down migration\ndrop table ${name};\n`;

test("every command of the migrate room, good news and bad", async (t) => {
  const p = await project(t, { "001_a.sql": table("a"), "002_b.sql": table("b") });
  const run = async (...args: string[]): Promise<[Envelope, CliResult]> => {
    const result = await cliOn(p, ...args, "--json", "--scratch", "target");
    return [envelope(result), result];
  };
  const [status] = await run("migrate", "status");
  assert.deepEqual([status.ok, status.operation], [false, "migrate status"]);
  assert.deepEqual(Object.keys(status.target ?? {}), ["engine", "location", "database", "environment", "environmentFrom"]);
  const [dry] = await run("migrate", "up", "--dry-run");
  assert.deepEqual([dry.dryRun, dry.applied, dry.plan?.steps.length], [true, false, 2]);
  assert.ok(dry.plan?.steps.every(({ sql }) => sql?.startsWith("create table")));
  const [plan] = await run("migrate", "plan");
  assert.equal((plan.result as { hash: string }).hash, dry.plan?.hash);
  const [up, { stderr }] = await run("migrate", "up");
  assert.deepEqual([up.applied, up.plan?.hash], [true, dry.plan?.hash]);
  assert.match(stderr, /^target .*\n✓ 001_a\n✓ 002_b\n$/, "what people read goes to stderr");
  for (const args of [
    ["migrate", "status"],
    ["migrate", "history"],
    ["migrate", "validate"],
    ["migrate", "redo"],
    ["migrate", "repair"],
    ["migrate", "baseline"],
    ["db", "status"],
    ["db", "url"],
    ["doctor"],
    ["migrate", "new", "third"],
  ]) {
    const [document] = await run(...args);
    assert.equal(document.ok, true, args.join(" "));
    assert.ok("result" in document && Array.isArray(document.findings), args.join(" "));
  }
  await p.write({ "003_third.sql": "select 1/0;" });
  const [failed, { code }] = await run("migrate", "up");
  assert.equal(code, 6);
  assert.equal(failed.operation, "migrate up");
  assert.equal(failed.error?.code, "MIGRATE_FAILED");
  assert.equal(failed.error?.database, "rolled back");
  assert.deepEqual([failed.error?.data["sqlstate"], failed.error?.data["line"]], ["22012", 1]);
});

for (const [what, args, env, code] of [
  ["wrong usage", ["migrate", "upp"], {}, 2],
  ["an unknown flag", ["migrate", "up", "--nope"], {}, 2],
  ["a wrong value", ["migrate", "up", "--lock-timeout", "x"], {}, 2],
  ["no folder", ["migrate", "status"], {}, 2],
  ["no server", ["doctor"], { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" }, 1],
  ["no server, a change", ["migrate", "adopt"], { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" }, 2],
  ["the version", ["--version"], {}, 0],
  ["help", ["migrate", "--help"], {}, 0],
  ["the completion", ["completion", "bash"], {}, 0],
] as const) {
  test(`one document for ${what}`, async (t) => {
    const url = { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" };
    const result = await cli([...args, "--json"], { cwd: await temporary(t), env: { ...url, ...env } });
    assert.equal(result.code, code, result.stdout);
    envelope(result);
  });
}

test("big numbers and dates are numbers and texts", async (t) => {
  const p = await project(t, { "001_a.sql": table("a") });
  await cliOn(p, "migrate", "up");
  const { result } = envelope(await cliOn(p, "migrate", "history", "--json"));
  const [event] = (result as { events: readonly Record<string, unknown>[] }).events;
  assert.match(String(event?.["at"]), /^\d{4}-\d\d-\d\dT/);
  assert.equal(typeof event?.["durationMs"], "number");
});
