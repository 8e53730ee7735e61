/**
 * examples/av-daily broken in every way that b-av-daily lists, each found, fixed and undone. Orphans are made under
 * session_replication_role = replica, as `pg_restore --disable-triggers` makes them: the foreign keys stay, and say that they are valid.
 */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { sqlstate } from "../../src/core/errors.ts";
import type { Steward } from "../../src/steward.ts";
import { type Problem, problems } from "./daily-problems.ts";
import { dataIn, queried, withSession } from "./daily-seeds.ts";
import { example } from "./example.ts";

const daily = example("av-daily");
const { npm } = daily;
let steward: Steward;

const run = (text: string): Promise<unknown> => withSession(steward, (session) => session.script(text));

/** Names of the rules that find something, with their category. */
async function broken(): Promise<readonly (readonly [string, string])[]> {
  const { ok, data } = await steward.check.run();
  const found = data.rules.filter(({ violations }) => violations > 0).map(({ rule, category }) => [rule, category] as const);
  assert.equal(ok, found.length === 0);
  return found;
}

before(async () => {
  steward = await daily.steward();
  await steward.migrate.up();
  await steward.seed.run({ profile: "development" });
});
after(() => steward.close());

describe("the data of av-daily", () => {
  it("is sound when it is seeded", async () => {
    const { code, stdout } = await npm("integrity:check");
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^nothing found: /m);
  });

  for (const problem of problems) {
    it(problem.title, async () => {
      const sound = await dataIn(steward);
      await run(problem.sql);
      const spoiled = await dataIn(steward);
      const found = await broken();
      assert.deepEqual(found.map(([rule]) => rule).sort(), [...problem.rules].sort());
      assert.ok(found.some(([, category]) => category === problem.category));

      await steward.check.fix({}, { dryRun: true });
      assert.deepEqual(await dataIn(steward), spoiled, "a dry run changes nothing");

      const { result } = await steward.check.fix();
      assert.deepEqual(await broken(), []);
      const fixed = await dataIn(steward);
      if (problem.isLost === undefined) assert.deepEqual(fixed, sound);

      await undone(problem, result.run ?? 0, fixed);
      assert.deepEqual(await dataIn(steward), spoiled, "undo brings back what was there, byte by byte");

      await steward.check.fix();
      assert.deepEqual(await dataIn(steward), fixed);
      if (problem.foreignKey !== undefined)
        await run(`alter table public.${problem.foreignKey.table} validate constraint ${problem.foreignKey.name}`);
    });
  }
});

/** An orphan comes back only where no foreign key is in the way; one that is made anew, NOT VALID, bears it. */
async function undone({ foreignKey }: Problem, number: number, fixed: unknown): Promise<void> {
  if (foreignKey === undefined) return void (await steward.check.undo({ run: number }));
  await assert.rejects(steward.check.undo({ run: number }), { code: "CHECK_UNDO_CONFLICT" });
  assert.deepEqual(await dataIn(steward), fixed, "what was refused changed nothing");
  const { table, name } = foreignKey;
  const [constraint] = await queried(
    steward,
    `select pg_get_constraintdef(oid) as definition from pg_constraint where conname = '${name}'`,
  );
  await run(`alter table public.${table} drop constraint ${name}`);
  await steward.check.undo({ run: number });
  await run(`alter table public.${table} add constraint ${name} ${String(constraint?.["definition"])} not valid`);
}

describe("all of it at once, by the scripts", () => {
  before(async () => {
    for (const { sql } of problems) await run(sql);
  });

  it("integrity:check names every rule, under the document's categories", async () => {
    const { code, stdout } = await npm("integrity:check");
    assert.equal(code, 1);
    for (const category of ["orphans", "rules", "consistency"]) assert.match(stdout, new RegExp(`^✗ ${category} `, "m"));
    assert.match(stdout, /^✓ performance /m);
    assert.match(stdout, /^15 errors: /m);
    const wanted = problems.flatMap(({ rules }) => rules);
    assert.deepEqual((await broken()).map(([rule]) => rule).sort(), [...new Set(wanted)].sort());
  });

  it("integrity:quick looks at what is critical", async () => {
    const { code, stdout } = await npm("integrity:quick");
    assert.equal(code, 1);
    assert.match(stdout, /^✗ orphans /m);
    assert.match(stdout, /^✗ rules /m);
    assert.doesNotMatch(stdout, /consistency/);
  });

  it("integrity:report and integrity:check --report tell more", async () => {
    for (const answer of [npm("integrity:report"), npm("integrity:check", "--", "--report")]) {
      const { code, stdout } = await answer;
      assert.equal(code, 1);
      assert.match(stdout, /^## Business rules$/m);
      assert.match(stdout, /there is no such KYC tier/);
    }
  });

  // The one group is wrong in two ways: its rules share the row.
  it("integrity:fix shows what it would do, and does it", async () => {
    const before = await dataIn(steward);
    const shown = await npm("integrity:fix", "--", "--dry-run");
    assert.equal(shown.code, 0, shown.stderr);
    assert.match(shown.stdout, /: fix 15 rules: remove 5 rows, change 9 rows$/m);
    assert.deepEqual(await dataIn(steward), before);
    assert.equal((await npm("integrity:fix")).code, 0);
    assert.deepEqual(await broken(), []);
  });
});

describe("what integrity:fix leaves to a person", () => {
  it("a wallet out of which more went than came in", async () => {
    const [user] = await queried(steward, "select id from public.users where email = 'newcomer@av-daily.test'");
    const id = String(user?.["id"]);
    await run(`
      insert into public.transactions (user_id, wallet_id, type, status, amount_kobo, reference)
      select w.user_id, w.id, 'withdrawal', 'completed', 300000, 'too much' from public.wallets w where w.user_id = '${id}';
      update public.wallets set balance_kobo = balance_kobo - 300000 where user_id = '${id}';
      update public.user_analytics set transaction_count = transaction_count + 1 where user_id = '${id}'`);
    assert.deepEqual(await broken(), [["wallets.overdrawn", "rules"]]);
    await steward.check.fix();
    assert.deepEqual(await broken(), [["wallets.overdrawn", "rules"]]);
    await run("update public.transactions set status = 'reversed' where reference = 'too much'");
    await steward.check.fix();
    assert.deepEqual(await broken(), []);
  });

  it("a rule that would change a large part of a table, until it is allowed to", async () => {
    const sound = await dataIn(steward);
    await run("update public.wallets set balance_kobo = -balance_kobo");
    const spoiled = await dataIn(steward);
    const { code, stderr } = await npm("integrity:fix");
    assert.equal(code, 3);
    assert.match(stderr, /wallets\.negative_balance: 5 of 5 rows of public\.wallets/);
    assert.deepEqual(await dataIn(steward), spoiled);
    assert.equal((await npm("integrity:fix", "--", "--max-share", "1")).code, 0);
    assert.deepEqual(await dataIn(steward), sound);
  });
});

describe("performance", () => {
  /** Codes of the warnings with what they are about. */
  async function warnings(): Promise<readonly (readonly [string, string | undefined])[]> {
    const { ok, findings } = await steward.check.run();
    assert.equal(ok, true, "a warning is no no");
    return findings.filter(({ severity }) => severity === "warning").map(({ code, object }) => [code, object]);
  }

  it("a recommended index that is missing, and the hint that brings it back", async () => {
    assert.deepEqual(await warnings(), []);
    await run("drop index public.transactions_user_id_created_at_idx");
    const { findings } = await steward.check.run();
    const found = findings.find(({ code }) => code === "CHECK_INDEX_RECOMMENDED");
    assert.equal(found?.object, "public.transactions (user_id, created_at)");
    await withSession(steward, (session) => session.query(found?.hint ?? ""));
    assert.deepEqual(await warnings(), []);
  });

  it("a large table that needs maintenance", async () => {
    await run("alter table public.permissions set (autovacuum_enabled = false)");
    await run("insert into public.permissions (resource, action, description) select 'none', i::text, '' from generate_series(1, 12000) i");
    await run("delete from public.permissions where resource = 'none'; select pg_stat_force_next_flush()");
    assert.deepEqual(await warnings(), [["CHECK_DEAD_ROWS", "public.permissions"]]);
    await withSession(steward, (session) => session.query("vacuum (analyze) public.permissions"));
    assert.deepEqual(await warnings(), []);
  });

  it("slow queries, where the server counts them", async () => {
    const { data } = await steward.check.run();
    assert.deepEqual(data.skipped, [
      { rule: "slow queries", reason: "the extension pg_stat_statements is not installed: create extension pg_stat_statements" },
    ]);
  });
});

describe("for good", () => {
  it("a CHECK in the schema keeps balances from going below zero", async () => {
    const path = join(daily.dir, "src/schema/wallets.ts");
    const schema = await readFile(path, "utf8");
    const rule = "(table) => [check('wallets_balance_kobo_positive', sql`${table.balanceKobo} >= 0`)]";
    await writeFile(
      path,
      schema
        .replace("import { boolean,", 'import { sql } from "drizzle-orm";\nimport { boolean, check,')
        .replace(/\}\);\n$/, `}, ${rule});\n`),
    );
    const { code, stdout, stderr } = await npm("db:generate", "--", "--name", "no_negative_balances");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /0004_no_negative_balances\.sql/);
    const up = await npm("migration:up");
    assert.equal(up.code, 0, up.stderr);
    await assert.rejects(run("update public.wallets set balance_kobo = -1"), (error: Error) => sqlstate(error) === "23514");
    assert.deepEqual(await broken(), []);
  });
});
