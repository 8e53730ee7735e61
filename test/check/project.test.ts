/** The project's own checks: what they find, and what is wrong with them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { createSteward } from "../../src/steward.ts";
import { failureOf, type Files, temporary, writeFiles } from "../support/migrate-project.ts";
import { defer } from "../support/migrate-server.ts";
import { native, pglite, said } from "./places.ts";

const shop = `
  create table wallets (id int primary key, tenant_id int, balance numeric not null, tier text, starts date, ends date);
  create table entries (id int primary key, wallet_id int not null, amount numeric not null);
  insert into wallets values (1, 1, 10, 'A', '2024-01-01', '2023-01-01'), (2, 1, -5, 'a', null, null), (3, 2, 0, 'b', null, null);
  insert into entries values (1, 1, 4), (2, 1, 6), (3, 2, 5);`;

const checks = {
  "a.ts": `export default [
    { name: "wallets.negative", table: "wallets", where: "balance < 0 -- no credit", message: "balance is below zero", fix: { set: { balance: "0" } } },
    { name: "wallets.total", aggregate: { table: "public.wallets", column: "balance", equals: "select coalesce(sum(e.amount), 0) from entries e where e.wallet_id = t.id" } },
    { name: "wallets.same_tier", duplicates: { table: "wallets", columns: ["tier"], caseInsensitive: true }, severity: "warning" },
    { name: "wallets.range", dateRange: { table: "wallets", from: "starts", to: "ends" } },
    { name: "entries.wallet_index", index: { table: "entries", columns: ["wallet_id"] } },
    { name: "large_entries", sql: "select id, amount from entries where amount > 5;" },
  ];`,
  "b.sql":
    '-- pgsteward: check name=orphan_entries category=orphans severity=warning message="entries of no wallet"\nselect e.* from entries e where e.wallet_id not in (select id from wallets); -- the end\n',
  "c.mjs": 'export default { name: "quick_one", table: "wallets", where: "t.id = 3", level: "quick", category: "security" };',
  "notes.md": "no check",
};

const expected = [
  "error CHECK_AGGREGATE public.wallets 1",
  "error CHECK_DATE_RANGE public.wallets 1",
  "error CHECK_QUERY large_entries 1",
  "error CHECK_RULE public.wallets 1",
  "error CHECK_RULE public.wallets 1",
  "warning CHECK_DUPLICATES public.wallets 2",
  "warning CHECK_INDEX_RECOMMENDED public.entries (wallet_id)",
];

test("the definitions of a check may stand beside the good and the bad", async (t) => {
  const { steward, run } = await native.open(t, checks);
  await run(`${shop} update wallets set balance = 10, ends = '2025-01-01', tier = id::text where id < 3; update entries set amount = 5 where id < 3; update entries set amount = 10, wallet_id = 2 where id = 3;
    delete from entries where id = 3; insert into entries values (4, 2, 5), (5, 2, 5); create index on entries (wallet_id, id); update wallets set id = 4 where id = 3;`);
  const { findings } = await steward.check.run();
  assert.deepEqual(findings.filter(({ severity }) => severity !== "info").map(said), []);
});

/** What is said of folders of checks on one database, which must be as it was. */
async function refusals(t: TestContext): Promise<(files: Files, code?: string) => Promise<string>> {
  const { run, url = "" } = await native.open(t);
  await run(shop);
  return async (files, code = "CHECK_INVALID") => {
    const cwd = await temporary(t);
    await writeFiles(join(cwd, "checks"), files);
    const steward = await createSteward({ cwd, env: {}, config: { url } });
    defer(t, () => steward.close());
    const error = await failureOf(steward.check.run(), code);
    assert.deepEqual([error.exit, error.database], [2, "unchanged"]);
    return error.message;
  };
}

test("a check with a syntax error is refused with its file and line before anything runs", async (t) => {
  const refused = await refusals(t);
  const files = { "a.ts": 'export default {\n  name: "bad",\n  table: "wallets",\n  where: "balance <",\n};' };
  assert.equal(await refused(files), 'checks/a.ts:4: bad: syntax error at or near ")"');
});

test("an unknown column, at the line of a text of several lines", async (t) => {
  const refused = await refusals(t);
  const files = { "a.ts": 'export default {\n  name: "bad",\n  table: "wallets",\n  where: `balance < 0\n    or nothing > 5`,\n};' };
  assert.equal(await refused(files), 'checks/a.ts:5: bad: column "nothing" does not exist');
});

test("the computation of an aggregate, and a text that is escaped in the file", async (t) => {
  const refused = await refusals(t);
  const aggregate =
    'export default {\n  name: "sum",\n  aggregate: {\n    table: "wallets",\n    column: "balance",\n    equals: `select sum(e.amount)\n      from entrys e`,\n  },\n};';
  assert.equal(await refused({ "a.ts": aggregate }), 'checks/a.ts:7: sum: relation "entrys" does not exist');
  const escaped = 'export default {\n  table: "wallets",\n  name: "tab",\n  where: "balance <\\t\\n nothing",\n};';
  assert.equal(await refused({ "a.ts": escaped }), 'checks/a.ts:3: tab: column "nothing" does not exist');
});

test("SQL files: where it is wrong", async (t) => {
  const refused = await refusals(t);
  assert.equal(await refused({ "x.sql": "-- one\nselect *\nfrom nowhere;\n" }), 'checks/x.sql:3: x: relation "nowhere" does not exist');
  assert.match(await refused({ "x.sql": "select 1;\nselect 2;" }), /^checks\/x\.sql:2: it holds more than one statement/);
  assert.match(await refused({ "x.sql": "-- nothing\n" }), /^checks\/x\.sql:1: it holds no query/);
  assert.match(await refused({ "x.sql": "\n-- pgsteward: check nmae=y\nselect 1" }), /^checks\/x\.sql:2: there is no nmae/);
});

test("SQL that would write is refused", async (t) => {
  const refused = await refusals(t);
  assert.match(await refused({ "x.sql": "with gone as (delete from wallets returning *) select * from gone" }), /data-modifying statement/);
  assert.match(await refused({ "x.sql": "drop table wallets" }), /syntax error/);
});

test("what a definition lacks", async (t) => {
  const refused = await refusals(t);
  const one = (body: string): Files => ({ "a.ts": `export default ${body};` });
  assert.equal(
    await refused(one('{ name: "x", table: "walets", where: "true" }')),
    "checks/a.ts:1: x: there is no table walets; did you mean wallets?",
  );
  assert.match(
    await refused(one('{ name: "x", dateRange: { table: "wallets", from: "start", to: "ends" } }')),
    /has no column start; did you mean starts\?$/,
  );
  assert.match(await refused(one('{ name: "x" }')), /needs exactly one of where, aggregate/);
  assert.match(await refused(one('{ table: "wallets", where: "true" }')), /a check needs a name$/);
  assert.match(
    await refused(one('{ name: "x", table: "wallets", where: "true", category: "odd" }')),
    /has the category odd; there are orphans/,
  );
  assert.match(await refused({ "a.sql": "-- pgsteward: check name=x severity=fatal\nselect 1" }), /has the severity fatal/);
  assert.match(
    await refused({ "a.sql": "-- pgsteward: check name=x\nselect 1", "b.sql": "-- pgsteward: check name=x\nselect 1" }),
    /^checks\/b\.sql:1: there is a check x in checks\/a\.sql too$/,
  );
  assert.match(
    await refused({ "a.ts": "export const x = 1;" }, "CHECK_UNREADABLE"),
    /^checks\/a\.ts cannot be loaded: it has no default export$/,
  );
  assert.match(await refused({ "a.ts": "export default {" }, "CHECK_UNREADABLE"), /^checks\/a\.ts cannot be loaded: /);
});

test("an index is asked for in the words of the project, or in our own", async (t) => {
  const { steward, run } = await native.open(t, {
    "a.ts": `export default [
      { name: "told", index: { table: "entries", columns: ["wallet_id"] }, message: "the feed reads by wallet", hint: "ask Ann" },
      { name: "plain", index: { table: "entries", columns: ["amount"] } },
    ];`,
  });
  await run(shop);
  const { findings } = await steward.check.run({ quick: true, only: ["performance"] });
  assert.deepEqual(
    findings.map(({ message, hint }) => [message, hint]),
    [
      ["the feed reads by wallet", "ask Ann"],
      ["has no index, but plain asks for one", 'create index concurrently "entries_amount_idx" on "public"."entries" ("amount")'],
    ],
  );
});

test("a condition that fails on a row is told, and the others of its pass are answered all the same", async (t) => {
  const files = {
    "a.ts":
      'export default [{ name: "fails", table: "wallets", where: "1 / balance > 0" }, { name: "works", table: "wallets", where: "balance < 0" }];',
  };
  const { steward, run } = await native.open(t, files);
  await run(shop);
  const { findings } = await steward.check.run({ only: ["rules"] });
  const errors = findings.filter(({ severity }) => severity === "error");
  assert.deepEqual(errors.map(({ code, object }) => `${code} ${object}`).sort(), ["CHECK_FAILED fails", "CHECK_RULE public.wallets"]);
  assert.match(errors.find(({ code }) => code === "CHECK_FAILED")?.message ?? "", /division by zero/);
});

test("a function that writes cannot: the snapshot is read-only", async (t) => {
  const { steward, run } = await native.open(t, { "x.sql": "select spoil()" });
  await run(`${shop} create function spoil() returns int language sql volatile as 'delete from wallets returning id'`);
  const { findings } = await steward.check.run({ only: ["rules"] });
  assert.match(findings.find(({ code }) => code === "CHECK_FAILED")?.message ?? "", /read-only transaction/);
  await run("do $$ begin assert (select count(*) from wallets) = 3; end $$");
});

test("an unknown category, and a tenant that cannot be told", async (t) => {
  const { steward, run } = await native.open(t);
  await failureOf(steward.check.run({ tenant: "1" }), "CHECK_TENANT");
  await run(shop);
  assert.match((await failureOf(steward.check.run({ only: ["orphan"] }), "CHECK_UNKNOWN_CATEGORY")).hint ?? "", /orphans, rules/);
  assert.match((await failureOf(steward.check.run({ tenant: "x" }), "CHECK_TENANT")).message, /invalid input syntax for type integer/);
});

test("of one tenant, only its rows are judged, its own row too", async (t) => {
  const { steward, run } = await native.open(t, {
    "a.ts":
      'export default [{ name: "low", table: "wallets", where: "balance < 100" }, { name: "named", table: "tenants", where: "name is null" }];',
  });
  await run(`${shop} create table tenants (id int primary key, name text); insert into tenants values (1, null), (2, null);
    alter table wallets add foreign key (tenant_id) references tenants;`);
  const { findings, data } = await steward.check.run({ tenant: "1" });
  assert.deepEqual(findings.map(said), ["error CHECK_RULE public.wallets 2", "error CHECK_RULE public.tenants 1"]);
  assert.equal(data.tenant, "1");
  assert.ok(data.rules.every(({ category }) => category !== "performance"));
});

test("configured columns of tenants and of deletion", async (t) => {
  const { steward, run } = await native.open(t, {}, { check: { tenantColumns: ["owner"], softDeleteColumns: ["gone"] } });
  await run(`create table a (id int primary key, owner text, gone date); create table b (id int primary key, a int references a, owner text, gone date);
    insert into a values (1, 'x', now()); insert into b values (1, 1, 'y', null);`);
  const { findings } = await steward.check.run({ only: ["security", "consistency"] });
  assert.deepEqual(findings.map(said), ["error CHECK_CROSS_TENANT public.b 1", "warning CHECK_SOFT_DELETED_PARENT public.b 1"]);
});

for (const place of [native, pglite]) {
  test(`every form of a check, on ${place.name}`, async (t) => {
    const { steward, run } = await place.open(t, checks);
    await run(shop);
    const { ok, findings, data } = await steward.check.run();
    const theirs = findings.filter(({ code }) => code !== "CHECK_ORPHANS" && code !== "CHECK_INDEX_MISSING");
    assert.deepEqual(
      theirs
        .filter(({ severity }) => severity !== "info")
        .map(said)
        .sort(),
      expected,
    );
    assert.equal(ok, false);
    const negative = findings.find(({ facts }) => facts?.["rule"] === "wallets.negative");
    assert.equal(negative?.message, "1 row against a rule: balance is below zero");
    const { examples, tenants, fix, file, line } = negative?.facts ?? {};
    assert.deepEqual(
      { examples, tenants, fix, file, line },
      { examples: [{ id: "2" }], tenants: { 1: 1 }, fix: "set", file: "checks/a.ts", line: 2 },
    );
    assert.equal(data.rules.find(({ rule }) => rule === "orphan_entries")?.category, "orphans");
    const quick = await steward.check.run({ quick: true, only: ["security", "rules"] });
    assert.deepEqual(
      quick.data.rules.map(({ rule }) => rule),
      ["rls coverage", "quick_one"],
    );
  });
}
