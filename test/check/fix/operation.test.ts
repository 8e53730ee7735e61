/** `check fix` and `check undo` on a project: which rules, what is printed, the permanent fix, the engine in WebAssembly. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import type { Steward } from "../../../src/steward.ts";
import { createSteward } from "../../../src/steward.ts";
import { startChild } from "../../support/migrate-child.ts";
import { testRoot } from "../../support/testDatabase.ts";
import { entriesOf, failureOf, project, type Project, temporary, writeFiles } from "../../support/migrate-project.ts";
import { defer } from "../../support/migrate-server.ts";
import { contentsOf } from "./fixing.ts";

const schema = `
  create table users (id integer primary key, tier integer);
  create table wallets (id integer primary key, user_id integer references users on delete cascade, balance numeric);
  insert into users select i, i % 4 from generate_series(1, 9) i;
  insert into wallets select i, i, i from generate_series(1, 9) i; update wallets set balance = -1 where id = 4;
  set session_replication_role = replica; insert into wallets values (10, 77, 1); set session_replication_role = origin;`;
const checks = `export default [
  { name: "wallets.balance", table: "wallets", where: "balance < 0 -- owed", fix: { set: { balance: "0" } } },
  { name: "users.tier", table: "users", severity: "warning", where: "tier > 2", fix: "remove", maxShare: 0.5 },
];`;

async function shop(
  t: TestContext,
): Promise<{ readonly p: Project; readonly steward: Steward; contents(): ReturnType<typeof contentsOf> }> {
  const p = await project(t, { "001_first.sql": "select 1;" });
  const db = await p.session();
  await db.script(schema);
  await writeFiles(p.dir, { [join("checks", "rules.ts")]: checks });
  return { p, steward: await p.steward(), contents: () => contentsOf(db) };
}

const rulesOf = ({ result }: { readonly result: { readonly rows: readonly { readonly rule: string }[] } }): readonly string[] => [
  ...new Set(result.rows.map(({ rule }) => rule)),
];

test("errors are fixed, warnings with --all, one rule or category with --only", async (t) => {
  const { steward } = await shop(t);
  const dry = (input = {}) => steward.check.fix({ maxShare: 1, ...input }, { dryRun: true });
  assert.deepEqual(rulesOf(await dry()), ["orphans public.wallets.user_id", "wallets.balance"]);
  assert.deepEqual(rulesOf(await dry({ all: true })), ["orphans public.wallets.user_id", "wallets.balance", "users.tier"]);
  assert.deepEqual(rulesOf(await dry({ only: ["users.tier"] })), ["users.tier"]);
  assert.deepEqual(rulesOf(await dry({ only: ["orphans"] })), ["orphans public.wallets.user_id"]);
  assert.deepEqual(rulesOf(await dry({ only: ["orphans, users.tier"] })), ["orphans public.wallets.user_id", "users.tier"]);
  assert.deepEqual(rulesOf(await dry({ all: true, except: ["orphans,users.tier"] })), ["wallets.balance"]);
  await failureOf(dry({ only: ["users.teir"] }), "CHECK_FIX_UNKNOWN_RULE");
});

test("an orphan under a valid foreign key is fixed, kept out for good by a migration, and comes back", async (t) => {
  const { p, steward, contents } = await shop(t);
  const before = await contents();
  const told = await steward.check.fix({}, { dryRun: true });
  assert.deepEqual(
    told.findings.map(({ code, object }) => [code, object]),
    [
      ["CHECK_FIX_PERMANENT", "orphans public.wallets.user_id"],
      ["CHECK_FIX_PERMANENT", "wallets.balance"],
    ],
  );
  const dry = await steward.check.fix({ permanent: true }, { dryRun: true });
  assert.match(dry.plan.steps.at(-1)?.sql ?? "", /not valid;\nalter table "public"\."wallets" validate constraint "wallets_user_id_fkey";/);
  assert.deepEqual(await entriesOf(p.migrations), ["001_first.sql"], "a dry run writes no file");
  const { result } = await steward.check.fix({ permanent: true });
  assert.equal(result.migration, join(p.migrations, "002_keep_data_sound.sql"));
  assert.match(await readFile(result.migration ?? "", "utf8"), /^-- pgsteward: no-transaction$/m);
  const again = await steward.check.fix({ permanent: true, only: ["orphans public.wallets.user_id"] });
  assert.equal(again.applied, false, "the folder has it already");
  await steward.migrate.up();
  const { rows } = await (await p.session()).query(
    "select pg_get_constraintdef(oid) as definition from pg_constraint where conname in ('wallets_user_id_fkey', 'wallets_balance_check') and convalidated order by 1",
  );
  assert.deepEqual(
    rows.map((row) => row["definition"]),
    ["CHECK ((NOT (balance < (0)::numeric)))", "FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE"],
  );
  const undo = () => steward.check.undo({ run: result.run ?? 0, withoutForeignKeys: true });
  assert.match((await failureOf(undo(), "CHECK_UNDO_FAILED")).message, /violates check constraint "wallets_balance_check"$/);
  await steward.migrate.down();
  await undo();
  assert.deepEqual((await contents())["public.wallets"], before["public.wallets"]);
});

test("a unique index is built beside writers", async (t) => {
  const { p, steward } = await shop(t);
  const own = `export default { name: "tiers", duplicates: { table: "users", columns: ["tier"] } };`;
  await writeFiles(p.dir, { [join("checks", "rules.ts")]: own });
  await (await p.session()).query("delete from users where id > 3");
  const { result } = await steward.check.fix({ only: ["tiers"], permanent: true });
  assert.match(await readFile(result.migration ?? "", "utf8"), /^create unique index concurrently "users_tier_same_key"/m);
  await steward.migrate.up();
  await steward.migrate.down();
});

test("of equal rows the first stays, with a key and without", async (t) => {
  const { p, steward } = await shop(t);
  const db = await p.session();
  await db.script(`
    create table emails (id integer primary key, email text);
    insert into emails values (3, 'ann@x.org'), (1, 'Ann@x.org'), (2, 'ANN@X.ORG'), (4, 'bob@x.org'), (5, null), (6, null);
    create table tags (name text); insert into tags values ('a'), ('a'), ('b');`);
  const own = `export default [
    { name: "emails", duplicates: { table: "emails", columns: ["email"], caseInsensitive: true }, fix: "remove", maxShare: 1 },
    { name: "tags", duplicates: { table: "tags", columns: ["name"] }, fix: "remove", maxShare: 1 },
  ];`;
  await writeFiles(p.dir, { [join("checks", "rules.ts")]: own });
  const { result, findings } = await steward.check.fix({ only: ["emails", "tags"] });
  assert.deepEqual(
    result.rows.map(({ rule, rows }) => [rule, rows]),
    [
      ["emails", 2],
      ["tags", 1],
    ],
  );
  assert.deepEqual(
    findings.filter(({ code }) => code === "CHECK_FIX_LEFT"),
    [],
  );
  const { rows } = await db.query("select id, email from emails order by id");
  assert.deepEqual(
    rows.map((row) => row["email"]),
    ["Ann@x.org", "bob@x.org", null, null],
  );
  assert.deepEqual((await db.query("select name from tags order by name")).rows, [{ name: "a" }, { name: "b" }]);
});

test("a rule that looks beyond its row, or at the clock, gets no CHECK", async (t) => {
  const { p, steward } = await shop(t);
  const own = `export default [
    { name: "beyond", table: "wallets", where: "not exists (select from users u where u.id = t.user_id)", fix: "remove" },
    { name: "clock", table: "wallets", where: "balance > extract(year from now())", fix: "remove" },
    { name: "row", table: "wallets", where: "t.balance > 5 and user_id is not null", fix: "remove" },
  ];`;
  await writeFiles(p.dir, { [join("checks", "rules.ts")]: own });
  const { plan } = await steward.check.fix({ only: ["beyond", "clock", "row"], permanent: true, maxShare: 1 }, { dryRun: true });
  assert.equal(
    plan.steps.at(-1)?.sql?.split("\n")[3],
    'alter table "public"."wallets" add constraint "wallets_row_check" check ((NOT ((balance > (5)::numeric) AND (user_id IS NOT NULL)))) not valid;',
  );
  assert.doesNotMatch(plan.steps.at(-1)?.sql ?? "", /beyond|clock/);
});

test("rules whose new values leave rows wrong are told together, with the command that fixes the others", async (t) => {
  const { p, steward } = await shop(t);
  const own = `export default [
    { name: "wallets.balance", table: "wallets", where: "balance < 0", fix: { set: { balance: "0" } } },
    { name: "poor wallets", table: "wallets", where: "balance = 2", fix: { set: { balance: "t.balance" } } },
    { name: "wallets.rich", table: "wallets", where: "balance = 9", fix: { set: { balance: "9.0" } } },
  ];`;
  await writeFiles(p.dir, { [join("checks", "rules.ts")]: own });
  const error = await failureOf(steward.check.fix({ maxRows: 5 }), "CHECK_FIX_STILL_WRONG");
  assert.equal(
    error.message,
    "rows break their rule with the new values too: poor wallets (1 row of public.wallets), wallets.rich (1 row of public.wallets)",
  );
  assert.equal(error.hint, "fix the others: `pgsteward check fix --except 'poor wallets' --except wallets.rich --max-rows 5`");
  const { result } = await steward.check.fix({ except: ["poor wallets", "wallets.rich"], maxRows: 5 });
  assert.deepEqual(rulesOf({ result }), ["orphans public.wallets.user_id", "wallets.balance"]);
  const alone = await failureOf(steward.check.fix({ only: ["poor wallets"] }), "CHECK_FIX_STILL_WRONG");
  assert.match(alone.hint ?? "", /^mend the rule's `set`/);
  await failureOf(steward.check.fix({ except: ["no such"] }), "CHECK_FIX_UNKNOWN_RULE");
});

test("rules that no row breaks cost no messages", async (t) => {
  const messagesWith = async (more: number): Promise<number> => {
    const { p } = await shop(t);
    const unbroken = Array.from(
      { length: more },
      (_, i) => `{ name: "unbroken ${i}", table: "wallets", where: "balance > 99${i}", fix: "remove" }`,
    );
    const own = `{ name: "wallets.balance", table: "wallets", where: "balance < 0", fix: { set: { balance: "0" } } }`;
    await writeFiles(p.dir, { [join("checks", "rules.ts")]: `export default [${[...unbroken, own].join(", ")}];` });
    const { code, stdout, stderr } = await startChild(t, { dir: p.dir, config: { url: p.url }, verb: "fix", kill: { sent: 0 } }).ended;
    assert.equal(code, 0, stderr);
    return Number(/messages (\d+)/.exec(stdout)?.[1]);
  };
  const few = await messagesWith(0);
  t.diagnostic(`${few} messages`);
  assert.equal(await messagesWith(20), few);
});

test("the same on PGlite", async (t) => {
  const dir = await temporary(t);
  await writeFiles(dir, { [join("checks", "rules.ts")]: checks });
  const steward = await createSteward({ cwd: dir, env: { XDG_CACHE_HOME: testRoot }, config: { engine: "pglite" } });
  defer(t, () => steward.close());
  const db = async <T>(work: (session: Awaited<ReturnType<Steward["session"]>>) => Promise<T>): Promise<T> => {
    const session = await steward.session();
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  };
  await db((session) => session.script(schema));
  const before = await db(contentsOf);
  const { result } = await steward.check.fix({ all: true, maxShare: 1 });
  assert.deepEqual(
    result.rows.map(({ table, action, rows }) => `${table} ${action} ${rows}`),
    ["public.wallets removed 1", "public.wallets changed 1", "public.users removed 2", "public.wallets removed 2"],
  );
  await steward.check.undo({ run: result.run ?? 0, withoutForeignKeys: true });
  assert.deepEqual(await db(contentsOf), before);
});
