/** `migrate lint --fix` on a project: which files it writes, what it keeps of them, and when it leaves them alone. */
import assert from "node:assert/strict";
import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import type { FileFix } from "../../src/migrate/index.ts";
import { loadLayouts } from "../../src/migrate/layouts/layouts.ts";
import { formatOf } from "../../src/migrate/lint/fix/format.ts";
import { readSource, replaceFile } from "../../src/migrate/lint/fix/source.ts";
import { migration } from "../prove/support.ts";
import { finished, startCli } from "../support/cli-run.ts";
import { type Files, failureOf, project, type Project, temporary, toCrlf } from "../support/migrate-project.ts";

const init =
  "create table parent (id bigint primary key);\ncreate table keyless (n int);\ncreate domain positive as int check (value > 0);\ncreate table users (id bigint primary key, email text, age int, parent_id bigint);\n";

/** Behind an applied 001. */
async function pending(t: TestContext, files: Files): Promise<Project> {
  const made = await project(t, { "001_init.sql": init });
  await (await made.steward()).migrate.up({ to: "001" });
  await made.write(files);
  return made;
}

async function fixed(made: Project, ...names: readonly string[]): Promise<{ ok: boolean; fixes: readonly FileFix[]; texts: string[] }> {
  const { ok, data } = await (await made.steward()).migrate.lint({ fix: true });
  const texts = await Promise.all(names.map((name) => readFile(join(made.migrations, name), "utf8")));
  return { ok, fixes: data.fixes ?? [], texts };
}

const problems = (fixes: readonly FileFix[]): (readonly string[])[] => fixes.map((fix) => [fix.file, ...fix.problems]);

const before = `-- Migration: 002_many
-- Description: several things

-- Up migration

-- Notes are new: nobody waits for them.
create table notes (id bigint primary key);
create index on notes (id);  -- fresh

/* Everybody has an address. */
alter table users
  alter column email set not null; -- really
  ALTER TABLE users ADD CONSTRAINT of_parent FOREIGN KEY (parent_id) REFERENCES parent (id);
do $$ begin perform 1; end $$;
create index users_parent on users (parent_id)

-- Down migration
drop index users_parent; alter table users drop constraint of_parent, alter column email drop not null; drop table notes;
`;

const after = `-- Migration: 002_many
-- Description: several things

-- Up migration
-- pgsteward: no-transaction

-- Notes are new: nobody waits for them.
begin;
create table notes (id bigint primary key);
create index on notes (id);
commit;  -- fresh

/* Everybody has an address. */
alter table users
  add constraint users_email_not_null not null email not valid;
alter table users
  validate constraint users_email_not_null; -- really
  ALTER TABLE users ADD CONSTRAINT of_parent FOREIGN KEY (parent_id) REFERENCES parent (id) NOT VALID;
  ALTER TABLE users VALIDATE CONSTRAINT of_parent;
begin;
do $$ begin perform 1; end $$;
commit;
create index concurrently users_parent on users (parent_id)

-- Down migration
drop index users_parent; alter table users drop constraint of_parent, alter column email drop not null; drop table notes;
`;

test("several findings in one file: statements are replaced, neighbours keep their transaction, everything else stays", async (t) => {
  const made = await pending(t, { "002_many.sql": before });
  const { ok, fixes, texts } = await fixed(made, "002_many.sql");
  assert.deepEqual([ok, fixes[0]?.outcome, fixes[0]?.rows, fixes[0]?.problems, fixes[0]?.left], [true, "written", 3, [], []]);
  assert.equal(texts[0], after);
  assert.deepEqual(fixes[0]?.changes[0], { line: 5, removed: [], added: ["-- pgsteward: no-transaction"] });
  assert.deepEqual(fixes[0]?.changes.at(-1), {
    line: 15,
    removed: ["create index users_parent on users (parent_id)"],
    added: ["create index concurrently users_parent on users (parent_id)"],
  });
  const steward = await made.steward();
  const start = await made.fingerprint();
  await steward.migrate.up();
  await steward.migrate.down();
  assert.equal(await made.fingerprint(), start);
});

test("line ends of Windows, a byte order mark and the file's mode stay", async (t) => {
  const made = await pending(t, toCrlf({ "002_many.sql": `\ufeff${before}` }));
  await chmod(join(made.migrations, "002_many.sql"), 0o640);
  const { texts } = await fixed(made, "002_many.sql");
  assert.equal(texts[0], `\ufeff${after}`.replaceAll("\n", "\r\n"));
  assert.equal((await stat(join(made.migrations, "002_many.sql"))).mode & 0o777, 0o640);
  assert.deepEqual((await readdir(made.migrations)).sort(), ["001_init.sql", "002_many.sql"]);
});

test("without write nothing is written, and the answer is about the files as they are", async (t) => {
  const made = await pending(t, { "002_many.sql": before });
  const { ok, findings, data } = await (await made.steward()).migrate.lint({ fix: true, write: false });
  assert.equal(await readFile(join(made.migrations, "002_many.sql"), "utf8"), before);
  assert.deepEqual([ok, data.fixes?.[0]?.outcome], [false, "proved"]);
  assert.equal(data.fixes?.[0]?.changes.length, 7);
  assert.deepEqual(findings.filter(({ severity }) => severity === "error").length, 3);
});

test("what is allowed stays", async (t) => {
  const allowed = "-- pgsteward: allow LINT_INDEX_BUILD because the table is small\ncreate index on users (age);\n";
  const made = await pending(t, { "002_index.sql": allowed, "003_mixed.sql": `${allowed}create index on users (email);\n` });
  const { ok, fixes, texts } = await fixed(made, "002_index.sql", "003_mixed.sql");
  assert.deepEqual([ok, problems(fixes)], [true, [["003_mixed"]]]);
  assert.deepEqual(texts, [allowed, `-- pgsteward: no-transaction\n${allowed}create index concurrently on users (email);\n`]);
});

test("what is applied is never rewritten, and without the target nothing is", async (t) => {
  const made = await pending(t, { "002_index.sql": "create index on users (age);\n" });
  const steward = await made.steward();
  await steward.migrate.up();
  const { findings, data } = await steward.migrate.lint({ fix: true, files: ["002"] });
  assert.deepEqual(problems(data.fixes ?? []), [["002_index", "it is applied, at least in part: what is applied is never rewritten"]]);
  assert.equal(await readFile(join(made.migrations, "002_index.sql"), "utf8"), "create index on users (age);\n");
  assert.deepEqual(
    findings.map(({ code }) => code),
    ["LINT_INDEX_BUILD", "MIGRATE_NOT_FIXED"],
  );
  await failureOf(steward.migrate.lint({ fix: true, live: false }), "INPUT_INVALID");
});

test("a sequence that ends otherwise is not written, and the finding names the objects", async (t) => {
  const made = await pending(t, {
    "002_check.sql": "alter table users add check (age > 0);\nalter table users add check (age < 200);\n",
    "003_index.sql": "create index on users (age);\n",
  });
  const { data, findings, ok } = await (await made.steward()).migrate.lint({ fix: true });
  assert.equal(ok, false);
  assert.deepEqual(
    data.fixes?.map(({ outcome }) => outcome),
    ["not written", "written"],
  );
  const said = findings.find(({ code }) => code === "MIGRATE_NOT_FIXED");
  assert.match(said?.message ?? "", /^is left as it is: the sequence fails: .*users_age_check.* already exists/);
  assert.equal(
    await readFile(join(made.migrations, "002_check.sql"), "utf8"),
    "alter table users add check (age > 0);\nalter table users add check (age < 200);\n",
  );
});

test("left alone, with the reason", async (t) => {
  const index = "create index on users (age);\n";
  const made = await pending(t, {
    "002_block.sql": `begin;\n${index}commit;\n`,
    "003_local.sql": `set local lock_timeout = '1s';\n${index}`,
    "004_comment.sql": "alter table users alter column email /* empty */ set not null;\n",
    "005_type.sql": "alter table users alter column age type bigint;\n",
    "006_script.ts": `export async function up(session) { await session.query("alter table users alter column age type int"); }\n`,
    "007_keyless.sql": "update keyless set n = 1;\n",
    "008_needed.sql": "alter table users add column needed int not null;\n",
    "009_domain.sql": "alter table users add column size positive;\n",
  });
  const { ok, fixes, texts } = await fixed(made, "002_block.sql", "003_local.sql", "004_comment.sql");
  assert.equal(ok, false);
  assert.deepEqual(texts, [
    `begin;\n${index}commit;\n`,
    `set local lock_timeout = '1s';\n${index}`,
    "alter table users alter column email /* empty */ set not null;\n",
  ]);
  assert.deepEqual(
    fixes.map(({ file, problems: why, left }) => [file, ...why, ...left.map((one) => one.why)]),
    [
      ["002_block", "it has a BEGIN and COMMIT of its own"],
      ["003_local", "its statements need one transaction: set local"],
      ["004_comment", "a comment inside a statement would be lost: /* empty */"],
      ["005_type", "it takes two deploys: the old column stays until nothing reads it"],
      ["006_script", "there is no sequence that ends the same"],
      ["007_keyless", "public.keyless has no primary key, by which a backfill goes"],
      ["008_needed", "a person has to say what the rows that are there get"],
      ["009_domain", "there is no sequence that ends the same"],
    ],
  );
});

test("other tools' files are rewritten where the tool can run what comes out", async (t) => {
  const one = "create index on users (age);\n";
  const two = `${one}create index on users (email);\n`;
  const concurrently = (text: string): string => text.replaceAll("index on", "index concurrently on");
  const made = await pending(t, {
    "002_dbmate.sql": `-- migrate:up\n${one}-- migrate:down\n`,
    "003_dbmate.sql": `-- migrate:up\n${two}-- migrate:down\n`,
    "004_goose.sql": `-- +goose Up\n${two}-- +goose Down\n`,
    "005_goose.sql": `-- +goose Up\ncreate table x (id bigint);\ncreate table y (id bigint);\n${one}`,
    "006_goose.sql": `-- +goose Up\nupdate users set age = 1;\n`,
  });
  const { fixes, texts } = await fixed(made, "002_dbmate.sql", "003_dbmate.sql", "004_goose.sql", "005_goose.sql");
  assert.deepEqual(problems(fixes), [
    ["002_dbmate"],
    ["003_dbmate", "the tool that it is written for runs several statements as one transaction"],
    ["004_goose"],
    ["005_goose", "what stands beside the statement would need a transaction that the tool knows nothing of"],
    ["006_goose", "the tool that it is written for knows no backfill"],
  ]);
  assert.equal(texts[0], `-- migrate:up transaction:false\n${concurrently(one)}-- migrate:down\n`);
  assert.equal(texts[2], `-- +goose Up\n-- +goose NO TRANSACTION\n${concurrently(two)}-- +goose Down\n`);
});

test("a folder of a tool that knows no such files is left alone", async (t) => {
  const made = await project(t, { "V1__init.sql": init });
  const steward = await made.steward();
  await steward.migrate.up();
  await made.write({ "V2__index.sql": "create index on users (age);\n" });
  const { data } = await steward.migrate.lint({ fix: true });
  assert.deepEqual(problems(data.fixes ?? []), [["V2__index", "flyway takes a file out of its transaction by a second file beside it"]]);
});

test("in a folder of Prisma the one statement of a file", async (t) => {
  const made = await project(t, { "1_init/migration.sql": init, "migration_lock.toml": 'provider = "postgresql"\n' });
  const steward = await made.steward();
  await steward.migrate.up();
  await made.write({
    "2_index/migration.sql": "create index on users (age);\n",
    "3_email/migration.sql": "alter table users alter column email set not null;\n",
  });
  const { fixes, texts } = await fixed(made, "2_index/migration.sql");
  assert.deepEqual(problems(fixes), [
    ["2_index"],
    ["3_email", "the tool that it is written for runs several statements as one transaction"],
  ]);
  assert.deepEqual(texts, ["create index concurrently on users (age);\n"]);
});

test("every tool's folder has its answer", async () => {
  const layouts = await loadLayouts();
  const refused = layouts.map(({ name }) => name).filter((name) => "refused" in formatOf(migration("select 1;"), name, ""));
  assert.deepEqual(refused.toSorted(), ["drizzle", "flyway", "graphile-migrate", "node-pg-migrate", "supabase"]);
  for (const name of ["dbmate", "prisma", "golang-migrate"] as const) {
    const format = formatOf(migration("select 1;"), name, "");
    assert.deepEqual("refused" in format || [format.ours, format.several], [false, false]);
  }
});

test("a file that was changed meanwhile is not written over", async (t) => {
  const path = join(await temporary(t), "005_change.sql");
  const file = { ...migration("select 1;"), path };
  await writeFile(path, "-- Up migration\nselect 1;\n");
  const source = await readSource(file);
  assert.ok(source);
  await writeFile(path, "-- Up migration\nselect 2;\n");
  assert.equal(await replaceFile(source, "lost"), false);
  assert.equal(await readFile(path, "utf8"), "-- Up migration\nselect 2;\n");
});

test("killed in the middle, every file is as it was or as it should be", async (t) => {
  const names = Array.from({ length: 12 }, (_, i) => `${100 + i}_index.sql`);
  const text = `${"-- a long comment\n".repeat(2000)}create index on users (age);\n`;
  const whole = text.replace("index on", "index concurrently on");
  const made = await pending(t, Object.fromEntries(names.map((name) => [name, text])));
  const read = (): Promise<string[]> => Promise.all(names.map((name) => readFile(join(made.migrations, name), "utf8")));
  const child = startCli(["migrate", "lint", "--fix"], { cwd: made.dir, env: { DATABASE_URL: made.url, PGSTEWARD_SCRATCH: "target" } });
  const ended = finished(child);
  while (child.exitCode === null && (await read()).every((now) => now === text)) await new Promise((resolve) => setImmediate(resolve));
  child.kill("SIGKILL");
  await ended;
  const now = await read();
  assert.ok(
    now.some((one) => one === whole),
    "at least one was written",
  );
  assert.deepEqual(
    now.filter((one) => one !== text && one !== whole),
    [],
  );
  const { ok, texts } = await fixed(made, ...names);
  assert.deepEqual([ok, new Set(texts).size, texts[0]], [true, 1, whole]);
});
