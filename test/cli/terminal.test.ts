/** On a terminal: a question before what changes, progress while it runs, colours. Through `script`, which makes a pseudo terminal. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { test, type TestContext } from "node:test";
import { bin, plainEnv } from "../support/cli-run.ts";
import { project, type Project } from "../support/migrate-project.ts";
import { defer } from "../support/migrate-server.ts";

const skip = spawnSync("script", ["--version"]).status === 0 ? false : "there is no `script` here";
const table = (name: string): string => `create table ${name} (id int);\n-- Down migration\ndrop table ${name};\n`;
const files = { "001_a.sql": table("a"), "002_b.sql": table("b") };

interface Seen {
  readonly code: number | null;
  readonly screen: string;
}

/** Runs on a pseudo terminal; types each answer once its question is seen. */
async function onTerminal(
  t: TestContext,
  p: Project,
  words: string,
  answers: readonly (readonly [question: RegExp, keys: string])[],
  env = {},
): Promise<Seen> {
  const command = [process.execPath, bin, ...words.split(" ")].map((word) => `'${word}'`).join(" ");
  // A pseudo terminal has no size until somebody gives it one.
  const child = spawn("script", ["-qec", `stty cols 120 rows 40; exec ${command}`, "/dev/null"], {
    cwd: p.dir,
    env: plainEnv({ DATABASE_URL: p.url, TERM: "xterm-256color", ...env }),
    stdio: ["pipe", "pipe", "inherit"],
  });
  defer(t, () => child.kill("SIGKILL"));
  let screen = "";
  let from = 0;
  const left = [...answers];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
    const [next] = left;
    if (next && next[0].test(screen.slice(from))) {
      left.shift();
      from = screen.length;
      child.stdin.write(next[1]);
    }
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  assert.equal(left.length, 0, `not asked: ${left.map(String).join()}\n${screen}`);
  return { code, screen };
}

test("up asks, shows what it would do, and does it after a yes", { skip }, async (t) => {
  const p = await project(t, files);
  const { code, screen } = await onTerminal(t, p, "migrate up", [[/apply 2 migrations on \S+ \((testing|development)\)\?/, "y"]]);
  assert.equal(code, 0, screen);
  assert.match(screen, /001_a[\s\S]*002_b[\s\S]*apply 2 migrations on/, "the steps stand above the question");
  assert.match(screen, /\x1b\[2K.*░/, "a bar, drawn over");
  assert.match(screen, /\x1b\[32m✓/, "in colour");
  assert.deepEqual(await p.applied(), ["001_a", "002_b"]);
});

for (const [what, keys] of [
  ["no", "n"],
  ["Escape", "\x1b"],
  ["Ctrl-C", "\x03"],
] as const) {
  test(`${what} declines: exit 3, nothing changed`, { skip }, async (t) => {
    const p = await project(t, files);
    const { code, screen } = await onTerminal(t, p, "migrate up", [[/apply 2 migrations/, keys]]);
    assert.equal(code, 3, screen);
    assert.match(screen, /GUARD_DECLINED/);
    const session = await p.session();
    assert.equal((await session.query("select 1 from pg_namespace where nspname = 'pgsteward'")).rows.length, 0);
  });
}

test("--yes does not ask; neither does what only reads, nor a dry run", { skip }, async (t) => {
  const p = await project(t, files);
  for (const words of ["migrate status", "migrate plan", "migrate up --dry-run", "migrate up --yes", "migrate up"]) {
    const { screen } = await onTerminal(t, p, words, []);
    assert.doesNotMatch(screen, /\?\s*$/m, words);
  }
  assert.deepEqual(await p.applied(), ["001_a", "002_b"]);
});

test("in production a yes is no confirmation of what destroys", { skip }, async (t) => {
  const p = await project(t, files);
  await (await p.steward()).migrate.up();
  const { code, screen } = await onTerminal(t, p, "migrate down", [], { PGSTEWARD_ENV: "production" });
  assert.equal(code, 3);
  assert.match(screen, /--confirm/);
  assert.deepEqual(await p.applied(), ["001_a", "002_b"]);
});

test("NO_COLOR, and a terminal that is dumb", { skip }, async (t) => {
  const p = await project(t, files);
  for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) {
    const { screen } = await onTerminal(t, p, "migrate status", [], env);
    assert.doesNotMatch(screen, /\x1b\[3\dm/);
  }
});

test("--json asks nothing on a terminal and draws nothing", { skip }, async (t) => {
  const p = await project(t, files);
  const { code, screen } = await onTerminal(t, p, "migrate up --json", []);
  assert.equal(code, 0, screen);
  assert.doesNotMatch(screen, /\x1b\[2K|░/);
});
