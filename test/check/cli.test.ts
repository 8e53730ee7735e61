/** What `pgsteward check` prints and how it ends. */
import assert from "node:assert/strict";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { cli, type CliResult } from "../support/cli-run.ts";
import type { Files } from "../support/migrate-project.ts";
import { native, type Site } from "./places.ts";

const shop = `create table customers (id int primary key); create table orders (id int primary key, customer_id int references customers, total int);
  create index on orders (customer_id); insert into orders values (1, null, -5), (2, null, 5);
  set session_replication_role = replica; insert into orders values (3, 7, 0), (4, 7, 0); set session_replication_role = origin;`;
const checks = {
  "a.ts": 'export default { name: "orders.total", table: "orders", where: "total < 0", message: "the total is below zero" };',
};

interface Shop extends Site {
  check(...words: readonly string[]): Promise<CliResult>;
}

async function open(t: TestContext, files: Files = checks): Promise<Shop> {
  const site = await native.open(t, files);
  await site.run(shop);
  return { ...site, check: (...words) => cli(["check", ...words], { cwd: site.dir, env: { DATABASE_URL: site.url } }) };
}

const steady = (text: string): string => text.replace(/\d+\.\d s/, "0.0 s");

test("a table by category, and a line at the end", async (t) => {
  const { check } = await open(t);
  const { code, stdout, stderr } = await check("run");
  assert.equal(
    steady(stdout),
    `✗ orphans      1 rule
  ✗ public.orders  2  id=3, id=4
      2 rows without a parent: customer_id has no row in public.customers (under orders_customer_id_fkey, which says it is valid) CHECK_ORPHANS
      → see what \`pgsteward check fix --only "orphans public.orders.customer_id" --dry-run\` would do; to keep it so, make the foreign key anew, so that it is checked
✓ performance  9 rules
✓ security     1 rule
✓ corruption   1 rule
✗ rules        1 rule
  ✗ public.orders  1  id=1
      1 row against a rule: the total is below zero CHECK_RULE
· slow queries was not looked at: the extension pg_stat_statements is not installed: create extension pg_stat_statements

2 errors: 13 rules, level default, 0.0 s; the SQL for good is in \`pgsteward check report\`
`,
  );
  assert.equal(code, 1);
  assert.match(stderr, /^target {2}/);
  assert.doesNotMatch(stderr, /CHECK_/);
});

test("nothing found is exit 0; warnings are too, unless it is strict", async (t) => {
  const { check, run } = await open(t, {});
  await run("delete from orders where customer_id = 7");
  const clean = await check("run", "--only", "orphans,rules");
  assert.deepEqual([clean.code, steady(clean.stdout)], [0, "✓ orphans      1 rule\n\nnothing found: 1 rule, level default, 0.0 s\n"]);
  await run("create table guesses (id int primary key, order_id int); insert into guesses values (1, 99)");
  assert.equal((await check("run", "--quick")).code, 0);
  assert.equal((await check("run", "--quick", "--strict")).code, 1);
});

test("one document of JSON", async (t) => {
  const { check } = await open(t);
  const { code, stdout } = await check("run", "--json", "--only", "rules");
  const { ok, findings, result } = JSON.parse(stdout) as { ok: boolean; findings: { facts: unknown }[]; result: { rules: unknown[] } };
  assert.deepEqual([code, ok, findings.length, result.rules.length], [1, false, 1, 1]);
  assert.deepEqual(findings[0]?.facts, {
    rule: "orders.total",
    category: "rules",
    count: 1,
    examples: [{ id: "1" }],
    file: "checks/a.ts",
    line: 1,
  });
});

test("a check with a syntax error ends the run before it begins", async (t) => {
  const { check } = await open(t, { "bad.sql": "select *\nfrom orders\nwhere total <;" });
  const { code, stdout, stderr } = await check("run");
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(stderr, /^error checks\/bad\.sql:3: bad: syntax error at/m);
  assert.match(stderr, /CHECK_INVALID · database unchanged/);
});

test("acknowledge, record, trend, report", async (t) => {
  const { check, dir, run } = await open(t);
  assert.equal((await check("trend")).stdout, "nothing is recorded yet: pgsteward check run --record\n");
  await check("run", "--record");
  await run("insert into orders values (5, null, -1)");
  await check("run", "--record");
  assert.match((await check("trend")).stdout, /^→ orphans public\.orders\.customer_id {2} +2 +2\n↑ orders\.total +1 +2\n2 runs, /);
  const known = await check("baseline", "--reason", "from the old system", "--until", "2099-01-31");
  assert.equal(known.stdout, `wrote ${join(dir, "checks", "baseline.json")}: 2 findings acknowledged, 2 of them now\n`);
  const after = await check("run", "--only", "rules");
  assert.equal(after.code, 0);
  assert.match(
    after.stdout,
    /i public\.orders {2}2 {2}id=1, id=5\n.*\(acknowledged until 2099-01-31: from the old system\) CHECK_RULE\n\n1 remark/,
  );
  assert.equal((await check("baseline", "--reason", "x")).code, 2);
  const written = await check("report", "--out", "r.html");
  assert.deepEqual([written.code, written.stdout], [0, `wrote ${join(dir, "r.html")} (2 remarks), html\n`]);
  assert.match((await check("report", "--format", "junit")).stdout, /^<\?xml/);
  assert.match((await check("run", "--report")).stdout, /^# Integrity of app_/);
});

test("a run leaves nothing behind, not even a ledger", async (t) => {
  const { check, steward } = await open(t);
  await check("run", "--deep");
  const session = await steward.session();
  const { rows } = await session.query("select 1 from pg_namespace where nspname = 'pgsteward'");
  await session.close();
  assert.deepEqual(rows, []);
});
