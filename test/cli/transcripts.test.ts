/** What a person sees in the usual situations, as golden files: stderr, stdout, exit code. */
import assert from "node:assert/strict";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { assertGolden, normalised, transcript } from "../support/cli-golden.ts";
import { cli, cliOn } from "../support/cli-run.ts";
import { type Files, project, type Project, temporary, writeFiles } from "../support/migrate-project.ts";
import { root } from "../support/migrate-server.ts";

const table = (name: string, more = ""): string =>
  `-- Migration: make ${name}\n\n-- Up migration\ncreate table ${name} (id int primary key);\n${more}\n-- Down migration\ndrop table ${name};\n`;
const three: Files = {
  "001_users.sql": table("users"),
  "002_posts.sql": table("posts", "create index concurrently posts_id on posts (id);"),
  "003_tags.sql": table("tags"),
};

/** Runs the commands one after the other on a fresh database and compares all that they print with the golden file. */
async function session(p: Project, name: string, commands: readonly string[]): Promise<void> {
  const socketDir = new URL(p.url).searchParams.get("host") ?? "";
  let text = "";
  for (const words of commands) {
    const args = words.split(" ");
    text += `${transcript(args, await cliOn(p, ...args))}\n`;
  }
  assertGolden(name, normalised(text, { [p.dir]: "dir", [p.name]: "database", [socketDir]: "socket" }));
}

test("a day in a folder", async (t) => {
  const p = await project(t, three);
  await session(p, "day", [
    "migrate status",
    "migrate plan",
    "migrate up --to 1",
    "migrate up --dry-run",
    "migrate up",
    "migrate up",
    "migrate status",
    "migrate down",
    "migrate redo",
    "migrate rollback 002 --dry-run",
    "migrate to 3",
    "migrate to 0",
    "migrate down",
    "migrate history",
  ]);
});

test("failures", async (t) => {
  const p = await project(t, {
    "001_users.sql": table("users"),
    "002_broken.sql": "create table broken (id int);\n\nselect *\n  from nowhere;\n",
  });
  await session(p, "failure", ["migrate up", "migrate status", "migrate history", "migrate up 9", "migrate down --steps 3"]);
  await p.write({ "002_broken.sql": "create table broken (id int);\nvacuum broken;\nselect 1/0;\n" });
  await session(p, "failure-partly", ["migrate up", "migrate status", "migrate down"]);
});

test("tampering", async (t) => {
  const p = await project(t, three);
  await cliOn(p, "migrate", "up");
  await p.write({ "001_users.sql": table("users").replace("int", "bigint"), "004_new.sql": table("new"), "000_late.sql": table("late") });
  await p.remove("003_tags.sql");
  await session(p, "tampering", [
    "migrate status",
    "migrate up",
    "migrate validate",
    "migrate repair --dry-run",
    "migrate repair",
    "migrate up",
  ]);
});

test("files that cannot be read", async (t) => {
  const p = await project(t, { "001_a.sql": table("a"), "001_b.sql": table("b") });
  await session(p, "duplicate", ["migrate up"]);
  await p.remove("001_b.sql");
  await p.write({ "002_b.sql": Buffer.from("select 'caf\xe9';", "latin1") });
  await session(p, "not-utf8", ["migrate up"]);
});

test("doctor and db", async (t) => {
  const p = await project(t, three);
  await session(p, "doctor", ["doctor", "db status", "db start", "migrate up", "doctor"]);
});

test("init in an empty directory, in a package, and again", async (t) => {
  const dir = await temporary(t);
  await writeFiles(dir, { "package.json": '{\n\t"name": "shop",\n\t"scripts": { "db:migrate": "mine" }\n}\n' });
  await writeFiles(join(dir, "node_modules"), {});
  await writeFiles(join(dir, "node_modules", "x"), { y: "" });
  await symlink(root, join(dir, "node_modules", "pgsteward"));
  const env = { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" };
  let text = "";
  for (const words of ["init", "init", "migrate new add_users", "migrate new backfill --ts", "migrate new bad/name", "migrate new"]) {
    const args = words.split(" ");
    text += `${transcript(args, await cli(args, { cwd: dir, env }))}\n`;
  }
  const { readFile } = await import("node:fs/promises");
  for (const name of ["pgsteward.config.ts", ".gitignore", "package.json", "migrations/001_add_users.sql", "migrations/002_backfill.ts"])
    text += `$ cat ${name}\n${await readFile(join(dir, name), "utf8")}\n`;
  assertGolden("init", normalised(text, { [dir]: "dir" }));
});

test("--quiet prints results and errors only", async (t) => {
  const p = await project(t, three);
  const up = await cliOn(p, "migrate", "up", "--quiet");
  assert.equal(up.stderr, "");
  assert.match(up.stdout, /^applied 3 migrations in/);
  await writeFile(join(p.migrations, "004_x.sql"), "selec;");
  const failed = await cliOn(p, "migrate", "up", "-q");
  assert.equal(failed.stdout, "");
  assert.match(failed.stderr, /^error 004_x failed/);
});

test("no colour and no animation where nobody looks, whatever the environment asks for", async (t) => {
  const p = await project(t, three);
  for (const env of [{}, { FORCE_COLOR: "1", TERM: "xterm-256color" }]) {
    const { stdout, stderr } = await cli(["migrate", "status"], { cwd: p.dir, env: { DATABASE_URL: p.url, ...env } });
    // oxlint-disable-next-line no-control-regex
    assert.doesNotMatch(stdout + stderr, /\x1b|\r/);
  }
});
