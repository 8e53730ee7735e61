/** check-merge: two branches' migrations in both orders. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test, type TestContext } from "node:test";
import { failureOf, type Files, type Project, project, writeFiles } from "../support/migrate-project.ts";

/** A repository whose branch `main` has `common` and `theirs`, and whose checkout has `common` and `ours`. */
async function branches(t: TestContext, common: Files, ours: Files, theirs: Files): Promise<Project> {
  const made = await project(t, common);
  const git = (...args: readonly string[]): void =>
    void execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], { cwd: made.dir, stdio: "ignore" });
  const commit = async (files: Files): Promise<void> => {
    await writeFiles(made.migrations, files);
    git("add", "-A");
    git("commit", "--allow-empty", "-m", "change");
  };
  git("init", "-b", "main");
  await commit({});
  git("checkout", "-b", "feature");
  await commit(ours);
  git("checkout", "main");
  await commit(theirs);
  git("checkout", "feature");
  return made;
}

const common = { "001_a.sql": "create table t (a int);" };

test("migrations that do not touch each other commute", async (t) => {
  const made = await branches(
    t,
    common,
    { "002_b.sql": "create table b (id uuid default gen_random_uuid()); insert into b default values;" },
    { "003_c.sql": "create index on t (a);" },
  );
  const { ok, findings, data } = await (await made.steward()).migrate.checkMerge({ base: "main" });
  assert.deepEqual([ok, findings, data.ours, data.theirs], [true, [], ["002_b"], ["003_c"]]);
});

test("another catalog, other rows, and a failure in one of the orders are told apart", async (t) => {
  const cases: readonly (readonly [Files, Files, string])[] = [
    [
      { "002_b.sql": "create or replace function f() returns int language sql as 'select 1';" },
      { "003_c.sql": "create or replace function f() returns int language sql as 'select 2';" },
      "MIGRATE_MERGE_ORDER",
    ],
    [{ "002_b.sql": "insert into t values (1);" }, { "003_c.sql": "update t set a = a + 1;" }, "MIGRATE_MERGE_ROWS"],
    [{ "002_b.sql": "alter table t add b int;" }, { "003_c.sql": "alter table t rename to u;" }, "MIGRATE_MERGE_FAILS"],
    [{ "002_b.sql": "create table b ();" }, { "002_c.sql": "create table c ();" }, "MIGRATE_MERGE_VERSION"],
  ];
  for (const [ours, theirs, code] of cases) {
    const made = await branches(t, common, ours, theirs);
    const { ok, findings } = await (await made.steward()).migrate.checkMerge({ base: "main" });
    assert.equal(ok, false, code);
    assert.ok(findings.length > 0 && findings.every((found) => found.code === code), JSON.stringify(findings));
  }
});

test("a branch that is not there is an error, and without a branch a late migration is tried", async (t) => {
  const made = await branches(t, common, {}, {});
  const steward = await made.steward();
  await failureOf(steward.migrate.checkMerge({ base: "nowhere" }), "MIGRATE_GIT_FAILED");
  await made.write({ "003_c.sql": "create table c ();" });
  await steward.migrate.up();
  await made.write({ "002_b.sql": "create table b ();", "004_d.sql": "create table d ();" });
  const { ok, data } = await steward.migrate.checkMerge();
  assert.deepEqual([ok, data.theirs, data.ours], [true, ["002_b"], ["004_d"]]);
});
