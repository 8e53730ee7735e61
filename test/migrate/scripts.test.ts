/** .ts migrations: a typed session, transactions, failures; never loaded before they run. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf, project } from "../support/migrate-project.ts";

const up = (body: string, more = ""): string => `export async function up(session) {\n${body}\n}\n${more}`;

test("up and down of a script run in a transaction, with a session that knows types", async (t) => {
  const p = await project(t, {
    "001_a.sql": "create table a (id bigint primary key, tags text[]);\n-- Down migration\ndrop table a;",
    "002_b.ts": `import type { Session } from "pgsteward";
export async function up(session: Session): Promise<void> {
  const rows: readonly bigint[] = [1n, 2n];
  for (const id of rows) await session.query("insert into a values ($1, $2)", [id, ["x", "y"]]);
}
export async function down(session: Session): Promise<void> {
  const { rows } = await session.query<{ id: bigint }>("select id from a order by id");
  await session.query("delete from a where id = any ($1)", [rows.map(({ id }) => id)]);
}
`,
  });
  const { migrate } = await p.steward();
  assert.deepEqual((await migrate.up()).result.applied, ["001_a", "002_b"]);
  const session = await p.session();
  assert.deepEqual((await session.query("select id, tags from a order by id")).rows[0], { id: 1n, tags: ["x", "y"] });
  await migrate.down();
  assert.equal((await session.query("select 1 from a")).rows.length, 0);
});

test("status, plan, validate of files and a dry run never load a script", async (t) => {
  const p = await project(t, { "001_boom.ts": 'throw new Error("loaded");\nexport async function up() {}' });
  const { migrate } = await p.steward();
  assert.equal((await migrate.status()).data.pending, 1);
  assert.equal((await migrate.plan()).data.steps.length, 1);
  assert.equal((await migrate.up({}, { dryRun: true })).plan.steps.length, 1);
  assert.equal((await migrate.validate({ drift: false })).ok, true);
  const error = await failureOf(migrate.up(), "MIGRATE_SCRIPT_INVALID");
  assert.match(error.message, /001_boom\.ts: loaded/);
  assert.equal(error.exit, 2);
});

test("a script that cannot be used is refused with what it should export", async (t) => {
  const p = await project(t);
  const { migrate } = await p.steward();
  for (const [text, problem] of [
    ["export const nothing = 1;", /does not export up\(\)/],
    ["export async function up( {", /001_x\.ts/],
    ["enum A { B }\nexport async function up() {}", /001_x\.ts/],
  ] as const) {
    await p.write({ "001_x.ts": text });
    const error = await failureOf(migrate.up(), "MIGRATE_SCRIPT_INVALID");
    assert.match(error.message, problem);
    assert.match(error.hint ?? "", /export async function up\(session\)/);
  }
  assert.equal((await migrate.status()).data.pending, 1);
});

test("what a script throws is its failure, rolled back and told with its file", async (t) => {
  const p = await project(t, { "001_x.ts": up('await session.query("create table x (id int)"); throw new TypeError("no such user: 7");') });
  const { migrate } = await p.steward();
  const error = await failureOf(migrate.up(), "MIGRATE_FAILED");
  assert.equal(error.exit, 6);
  assert.equal(error.database, "rolled back");
  assert.match(error.message, /001_x failed at .*001_x\.ts.*: no such user: 7/);
  const session = await p.session();
  assert.equal((await session.query("select to_regclass('x') is null as gone")).rows[0]?.["gone"], true);
  assert.match((await migrate.status()).data.migrations[0]?.failure ?? "", /no such user: 7/);
  await p.write({ "001_x.ts": up('await session.query("create table x (id int)");') });
  assert.deepEqual((await migrate.up()).result.applied, ["001_x"], "the edited file is loaded anew");
});

test("a statement that fails in a script is told with its sqlstate", async (t) => {
  const p = await project(t, { "001_x.ts": up('await session.query("select * from missing");') });
  const { migrate } = await p.steward();
  const error = await failureOf(migrate.up(), "MIGRATE_FAILED");
  assert.equal(error.data["sqlstate"], "42P01");
  assert.match(error.message, /relation "missing" does not exist/);
});

test("a script that swallows a failure is not recorded as applied", async (t) => {
  const p = await project(t, { "001_x.ts": up('await session.query("select 1/0").catch(() => {});') });
  const { migrate } = await p.steward();
  await assert.rejects(async () => migrate.up());
  assert.equal((await migrate.status()).data.pending, 1);
});

test("a script outside a transaction says what it left behind when it fails", async (t) => {
  const body = 'await session.query("create table if not exists x (id int)"); await session.query("insert into x values (1)");';
  const p = await project(t, { "001_x.ts": up(`${body} throw new Error("half way");`, "export const transaction = false;") });
  const { migrate } = await p.steward();
  const error = await failureOf(migrate.up(), "MIGRATE_FAILED_PARTLY");
  assert.equal(error.exit, 7);
  assert.equal(error.database, "partly changed");
  const session = await p.session();
  assert.equal((await session.query("select count(*)::int as n from x")).rows[0]?.["n"], 1);
  await p.write({ "001_x.ts": up(body, "export const transaction = false;") });
  await migrate.up();
  assert.deepEqual(await p.applied(), ["001_x"]);
});

test("a script waits for locks like a file: retried, and then told who holds it", async (t) => {
  const p = await project(t, {
    "001_a.sql": "create table a (id int);",
    "002_b.ts": up('await session.query("lock table a in access exclusive mode");'),
  });
  const { migrate } = await p.steward({ lockTimeout: 50, lockRetries: 2 });
  await migrate.up({ to: "1" });
  const reader = await p.session();
  await reader.script("begin; select * from a;");
  const error = await failureOf(migrate.up(), "MIGRATE_LOCK_TIMEOUT");
  assert.equal(error.exit, 5);
  await reader.script("rollback");
  assert.deepEqual((await migrate.up()).result.applied, ["002_b"]);
});

test("COPY from a script, for what a file cannot hold", async (t) => {
  const p = await project(t, {
    "001_a.sql": "create table a (id int, name text);",
    "002_b.ts": up(
      'const rows = [Buffer.from("1\\tone\\n"), Buffer.from("2\\ttwo\\n")];\nawait session.copyIn("copy a from stdin", rows);',
    ),
  });
  const { migrate } = await p.steward();
  await migrate.up();
  const session = await p.session();
  assert.equal((await session.query("select count(*)::int as n from a")).rows[0]?.["n"], 2);
});

test("an edited script is noticed like an edited file", async (t) => {
  const p = await project(t, { "001_x.ts": up("") });
  const { migrate } = await p.steward();
  await migrate.up();
  await p.write({ "001_x.ts": up("// edited") });
  await failureOf(migrate.up(), "MIGRATE_CHECKSUM_CHANGED");
});

test(".js and .mjs scripts are migrations too", async (t) => {
  const p = await project(t, {
    "001_a.mjs": up('await session.query("create table a (id int)");'),
    "002_b.mts": up('await session.query("create table b (id int)");'),
  });
  const { migrate } = await p.steward();
  assert.deepEqual((await migrate.up()).result.applied, ["001_a", "002_b"]);
});
