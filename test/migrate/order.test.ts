/** Files without a number: their order is recorded in the file `order`, the same on every machine and branch (decision 0007). */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod, cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type Files, project, type Project, temporary, writeFiles } from "../support/migrate-project.ts";

const table = (name: string): string => `create table ${name} (id int);\n-- Down migration\ndrop table ${name};\n`;
const tables = (...names: readonly string[]): Files => Object.fromEntries(names.map((name) => [`${name}.sql`, table(name)]));

const orderOf = async ({ migrations }: Pick<Project, "migrations">): Promise<readonly string[]> =>
  existsSync(join(migrations, "order"))
    ? (await readFile(join(migrations, "order"), "utf8")).split("\n").filter((line) => line !== "" && !line.startsWith("#"))
    : [];

test("without a record they run by name, whatever order they were made in, and the run records that", async (t) => {
  for (const files of [tables("users", "agents", "billing"), tables("billing", "users", "agents")]) {
    const p = await project(t, files);
    const { migrate } = await p.steward();
    assert.deepEqual((await migrate.up()).result.applied, ["agents", "billing", "users"]);
    assert.deepEqual(await orderOf(p), ["agents", "billing", "users"]);
    assert.match(await readFile(join(p.migrations, "order"), "utf8"), /^# .*Commit this file/);
  }
});

test("the record wins over names, and a later machine gets the same order", async (t) => {
  const first = await project(t, tables("users", "billing"));
  await (await first.steward()).migrate.up();
  await first.write(tables("agents"));
  await (await first.steward()).migrate.up();
  assert.deepEqual(await orderOf(first), ["billing", "users", "agents"]);
  const second = await project(t);
  await cp(first.migrations, second.migrations, { recursive: true });
  assert.deepEqual((await (await second.steward()).migrate.up()).result.applied, ["billing", "users", "agents"]);
  assert.equal(await second.fingerprint(), await first.fingerprint());
});

test("two branches that both append: after the merge everybody has everything, applied once", async (t) => {
  const base = tables("users");
  const order = "# head\nusers\n";
  const one = await project(t, { ...base, order, ...tables("one") });
  const two = await project(t, { ...base, order, ...tables("two") });
  await (await one.steward()).migrate.up();
  await (await two.steward()).migrate.up();
  const merged = { ...base, ...tables("one", "two"), order: "# head\nusers\none\ntwo\n" };
  for (const p of [one, two]) {
    await p.write(merged);
    const { migrate } = await p.steward();
    await migrate.up();
    assert.deepEqual((await p.applied()).toSorted(), ["one", "two", "users"]);
    assert.equal((await migrate.status()).ok, true);
  }
  assert.equal(await one.fingerprint(), await two.fingerprint());
});

test("what a branch made before another one's is late after the merge: applied, and said", async (t) => {
  const p = await project(t, { ...tables("users", "two"), order: "users\ntwo\n" });
  const { migrate } = await p.steward();
  await migrate.up();
  await p.write({ ...tables("one"), order: "users\none\ntwo\n" });
  const { result, findings } = await migrate.up();
  assert.deepEqual(result.applied, ["one"]);
  assert.deepEqual(
    findings.map(({ code, object, severity }) => [code, object, severity]),
    [["MIGRATE_OUT_OF_ORDER", "one", "warning"]],
  );
});

test("numbered files among them: what ran before an unnumbered one is recorded before it", async (t) => {
  const p = await project(t, { ...tables("loose"), "001_a.sql": table("a"), "002_b.sql": table("b") });
  const { migrate } = await p.steward();
  assert.deepEqual((await migrate.up()).result.applied, ["001_a", "002_b", "loose"]);
  assert.deepEqual(await orderOf(p), ["001_a", "002_b", "loose"]);
  await p.write({ "003_c.sql": table("c") });
  await migrate.up();
  assert.deepEqual(await orderOf(p), ["001_a", "002_b", "loose"], "a numbered file needs no record");
  const fresh = await project(t);
  await cp(p.migrations, fresh.migrations, { recursive: true });
  assert.deepEqual((await (await fresh.steward()).migrate.up()).result.applied, ["001_a", "002_b", "loose", "003_c"]);
});

test("validate says which files have no recorded place yet", async (t) => {
  const p = await project(t, { ...tables("users", "extra"), order: "users\n" });
  const { migrate } = await p.steward();
  const { findings, ok } = await migrate.validate({ drift: false });
  assert.deepEqual(
    findings.map(({ code, object }) => [code, object]),
    [["MIGRATE_UNORDERED", "extra"]],
  );
  assert.equal(ok, true);
});

test("comments, extensions, blank lines and CRLF in the record", async (t) => {
  const p = await project(t, { ...tables("b", "a"), order: "# first\r\n\r\nb.sql   # because\r\na\r\n" });
  assert.deepEqual((await (await p.steward()).migrate.up()).result.applied, ["b", "a"]);
});

test("a record without a last newline is appended to, not run into", async (t) => {
  const p = await project(t, { ...tables("b", "c"), order: "b" });
  await (await p.steward()).migrate.up();
  assert.deepEqual(await orderOf(p), ["b", "c"]);
});

test("a name in the record without a file changes nothing", async (t) => {
  const p = await project(t, { ...tables("a"), order: "gone\na\n" });
  assert.deepEqual((await (await p.steward()).migrate.up()).result.applied, ["a"]);
});

test("a dry run and a failed run write no record", async (t) => {
  const p = await project(t, { ...tables("a"), "b.sql": "selec;" });
  const { migrate } = await p.steward();
  await migrate.up({}, { dryRun: true });
  assert.deepEqual(await orderOf(p), []);
  await assert.rejects(async () => migrate.up());
  await p.write(tables("b"));
  await migrate.up();
  assert.deepEqual(await orderOf(p), ["a", "b"]);
});

test("a folder that cannot be written gets its migrations all the same", {
  skip: process.getuid?.() === 0 && "root writes everywhere",
}, async (t) => {
  const p = await project(t, tables("a"));
  await chmod(p.migrations, 0o555);
  t.after(() => chmod(p.migrations, 0o755));
  assert.deepEqual((await (await p.steward()).migrate.up()).result.applied, ["a"]);
});

test("rollback names them by name", async (t) => {
  const p = await project(t, { ...tables("users", "agents"), order: "users\nagents\n" });
  const { migrate } = await p.steward();
  await migrate.up();
  assert.deepEqual((await migrate.rollback({ version: "users" })).result.reverted, ["agents", "users"]);
});

test("new stamps the file where nothing is numbered, and numbers on where files are", async (t) => {
  const p = await project(t, tables("users"));
  const { migrate } = await p.steward();
  const made = await migrate.new({ name: "add agents" });
  assert.match(made.path, /migrations\/\d{14}_add_agents\.sql$/);
  const other = await migrate.new({ name: "add_billing" });
  assert.notEqual(made.path, other.path);
  const dir = await temporary(t);
  await writeFiles(join(dir, "migrations"), { "0009_a.sql": "", "0010_b.sql": "" });
  const numbered = await p.steward({ migrate: { dir: join(dir, "migrations") } });
  assert.match((await numbered.migrate.new({ name: "c" })).path, /\/0011_c\.sql$/);
  assert.match((await numbered.migrate.new({ name: "d", stamp: true })).path, /\/\d{14}_d\.sql$/);
});
