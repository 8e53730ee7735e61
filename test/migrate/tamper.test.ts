/** The tamper table of the research (4.4): what the next run says after an applied file was edited, deleted, renamed or checked out with CRLF. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Steward } from "../../src/steward.ts";
import { type Files, failureOf, project, type Project, toCrlf } from "../support/migrate-project.ts";

const table = (name: string): string =>
  `-- Migration: ${name}\n\n-- Up migration\ncreate table ${name} (id int);\n\n-- Down migration\ndrop table ${name};\n`;
const names = Array.from({ length: 20 }, (_, i) => `${String(i + 1).padStart(3, "0")}_t${i + 1}`);
const twenty: Files = Object.fromEntries(names.map((name) => [`${name}.sql`, table(name.slice(4))]));

async function applied(t: Parameters<typeof project>[0], files: Files = twenty): Promise<{ p: Project; migrate: Steward["migrate"] }> {
  const p = await project(t, files);
  const { migrate } = await p.steward();
  await migrate.up();
  return { p, migrate };
}

const codes = async (migrate: Steward["migrate"]): Promise<string[]> =>
  (await migrate.status()).findings.map(({ code, object }) => `${code} ${object}`);

test("an edited file is noticed, by name, and nothing runs", async (t) => {
  const { p, migrate } = await applied(t);
  const before = await p.fingerprint();
  await p.write({ "007_t7.sql": table("t7").replace("id int", "id bigint"), "021_t21.sql": table("t21") });
  const error = await failureOf(migrate.up(), "MIGRATE_CHECKSUM_CHANGED");
  assert.equal(error.exit, 3);
  assert.equal(error.message, "007_t7 was changed after being applied");
  assert.match(error.hint ?? "", /--force/);
  assert.equal(error.database, "unchanged");
  assert.equal(await p.fingerprint(), before);
  const status = await migrate.status();
  assert.equal(status.ok, false);
  assert.equal(status.data.migrations.find(({ name }) => name === "007_t7")?.state, "changed");
  assert.deepEqual(await codes(migrate), ["MIGRATE_CHECKSUM_CHANGED 007_t7"]);
});

test("a whole tree with CRLF is the same tree", async (t) => {
  const { p, migrate } = await applied(t);
  await p.write(toCrlf(twenty));
  assert.equal((await migrate.up()).applied, false);
  const status = await migrate.status();
  assert.equal(status.ok, true);
  assert.deepEqual(status.findings, []);
});

test("a tree applied with CRLF is the same with LF, and with a byte order mark", async (t) => {
  const { p, migrate } = await applied(t, toCrlf(twenty));
  await p.write(twenty);
  assert.deepEqual(await codes(migrate), []);
  await p.write(Object.fromEntries(Object.entries(twenty).map(([name, text]) => [name, `\ufeff${text as string}\n\n`])));
  assert.deepEqual(await codes(migrate), []);
});

test("a deleted file is noticed, also the last one", async (t) => {
  const { p, migrate } = await applied(t);
  await p.remove("020_t20.sql");
  const error = await failureOf(migrate.up(), "MIGRATE_MISSING");
  assert.equal(error.exit, 3);
  assert.match(error.message, /^020_t20 was applied here, but not in the folder$/);
  await p.remove("003_t3.sql");
  assert.match((await failureOf(migrate.up(), "MIGRATE_MISSING")).message, /^003_t3 and 020_t20 were applied here/);
  assert.deepEqual(await codes(migrate), ["MIGRATE_MISSING 003_t3", "MIGRATE_MISSING 020_t20"]);
});

test("a renamed file is noticed, told from a deletion, and repaired", async (t) => {
  const { p, migrate } = await applied(t);
  await p.remove("020_t20.sql");
  await p.write({ "030_renamed.sql": twenty["020_t20.sql"] as string });
  const error = await failureOf(migrate.up(), "MIGRATE_RENAMED");
  assert.equal(error.exit, 3);
  assert.match(error.hint ?? "", /migrate repair/);
  assert.deepEqual(await codes(migrate), ["MIGRATE_RENAMED 020_t20"]);
  assert.deepEqual((await migrate.repair()).result.repaired, ["record that 020_t20 is called 030_renamed"]);
  assert.equal((await migrate.status()).ok, true);
  assert.deepEqual((await migrate.down()).result.reverted, ["030_renamed"]);
  const { events } = (await migrate.history()).data;
  assert.ok(events.some(({ action, name, detail }) => action === "rename" && name === "030_renamed" && detail?.["from"] === "020_t20"));
});

test("an edit of comments above, or of the down section alone, is said and stops nothing", async (t) => {
  const { p, migrate } = await applied(t);
  await p.write({
    "001_t1.sql": `-- Copyright\n${twenty["001_t1.sql"] as string}`,
    "002_t2.sql": (twenty["002_t2.sql"] as string).replace("drop table t2", "drop table if exists t2"),
    "021_t21.sql": table("t21"),
  });
  assert.deepEqual(await codes(migrate), ["MIGRATE_DOWN_CHANGED 001_t1", "MIGRATE_DOWN_CHANGED 002_t2"]);
  const { result, findings } = await migrate.up();
  assert.deepEqual(result.applied, ["021_t21"]);
  assert.ok(findings.every(({ severity }) => severity === "info"));
});

test("white space at the end of a file is no edit, inside it is one", async (t) => {
  const { p, migrate } = await applied(t, { "001_a.sql": "create table a (id int);" });
  await p.write({ "001_a.sql": "create table a (id int);\n\n" });
  assert.deepEqual(await codes(migrate), []);
  await p.write({ "001_a.sql": "create table a ( id int);" });
  assert.deepEqual(await codes(migrate), ["MIGRATE_CHECKSUM_CHANGED 001_a"]);
});

test("--force accepts the new content, runs nothing of it, and the ledger says so", async (t) => {
  const { p, migrate } = await applied(t);
  const before = await p.fingerprint();
  await p.write({ "007_t7.sql": table("t7").replace("id int", "id bigint"), "021_t21.sql": table("t21") });
  const plan = await migrate.up({ force: true }, { dryRun: true });
  assert.deepEqual(
    plan.plan.steps.map(({ title }) => title),
    ["accept the changed 007_t7", "021_t21"],
  );
  const { result } = await migrate.up({ force: true });
  assert.deepEqual(result, { applied: ["021_t21"], rebaselined: ["007_t7"], remaining: 0 });
  await migrate.down();
  assert.equal(await p.fingerprint(), before);
  const session = await p.session();
  const { rows } = await session.query(
    "select e.name, e.action, e.detail, e.hash = m.hash as same, r.operation, r.input from pgsteward.migration_event e join pgsteward.migration m using (name) join pgsteward.run r on r.id = e.run_id where e.action = 'rebaseline'",
  );
  assert.deepEqual(rows, [
    { name: "007_t7", action: "rebaseline", detail: { reason: "--force" }, same: true, operation: "migrate up", input: { force: true } },
  ]);
  assert.ok((await migrate.history()).data.events.some(({ action, name }) => action === "rebaseline" && name === "007_t7"));
});

test("--force forces no missing file", async (t) => {
  const { p, migrate } = await applied(t);
  await p.remove("020_t20.sql");
  await failureOf(migrate.up({ force: true }), "MIGRATE_MISSING");
});

test("a down after an edit of the up runs the down that was recorded", async (t) => {
  const { p, migrate } = await applied(t, { "001_a.sql": table("a") });
  await p.write({ "001_a.sql": table("b") });
  assert.deepEqual((await migrate.down()).result.reverted, ["001_a"]);
  const session = await p.session();
  assert.equal((await session.query("select to_regclass('a') is null as gone")).rows[0]?.["gone"], true);
  assert.deepEqual((await migrate.up()).result.applied, ["001_a"], "and then the new content is pending like any other");
});

test("a down of a deleted file runs what was recorded; a name with a quote in it too", async (t) => {
  const { p, migrate } = await applied(t, { "001_a'b.sql": table("a") });
  await p.remove("001_a'b.sql");
  assert.deepEqual((await migrate.down()).result.reverted, ["001_a'b"]);
  assert.deepEqual(await p.applied(), []);
});

test("repair accepts edits, forgets deletions, and touches nothing but the history", async (t) => {
  const { p, migrate } = await applied(t);
  const before = await p.fingerprint();
  await p.write({ "007_t7.sql": table("t7").replace("id int", "id bigint") });
  await p.remove("020_t20.sql");
  const dry = await migrate.repair({}, { dryRun: true });
  assert.equal(dry.applied, false);
  assert.deepEqual(await codes(migrate), ["MIGRATE_MISSING 020_t20", "MIGRATE_CHECKSUM_CHANGED 007_t7"]);
  assert.deepEqual((await migrate.repair()).result.repaired, dry.result.repaired);
  assert.equal((await migrate.status()).ok, true);
  assert.equal(await p.fingerprint(), before);
  assert.equal((await p.applied()).length, 19);
  assert.equal((await migrate.repair()).applied, false, "there is nothing left to repair");
  const { events } = (await migrate.history()).data;
  assert.ok(events.some(({ action, name }) => action === "forget" && name === "020_t20"));
});

test("two files with one content, one deleted and one new, are still told apart", async (t) => {
  const { p, migrate } = await applied(t, { "001_a.sql": "select 1;", "002_b.sql": "select 1;" });
  await p.remove("001_a.sql");
  await p.write({ "003_c.sql": "select 1;", "004_d.sql": "select 1;" });
  assert.deepEqual(await codes(migrate), ["MIGRATE_RENAMED 001_a"]);
  await migrate.repair();
  assert.deepEqual((await migrate.up()).result.applied, ["004_d"]);
});
