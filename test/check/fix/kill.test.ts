/** SIGKILL in the middle of a fix and of an undo: the next run finishes it; nothing is doubled, nothing is lost. */
import assert from "node:assert/strict";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import type { Steward } from "../../../src/steward.ts";
import { startChild } from "../../support/migrate-child.ts";
import { project, type Project, writeFiles } from "../../support/migrate-project.ts";
import { until } from "../../support/migrate-server.ts";
import { contentsOf } from "./fixing.ts";

const schema = `
  create table users (id integer primary key, tier integer);
  create table wallets (id integer generated always as identity primary key, user_id integer references users, balance numeric, extra json);
  create table notes (id integer primary key, user_id integer references users on delete set null);
  insert into users values (1, 1), (2, 9), (3, 2);
  insert into wallets (user_id, balance, extra) values (1, -5.00, 'null'), (2, 7, '{"b":1, "a":2}'), (3, 1, null);
  insert into notes values (1, 1), (2, 2);`;
const checks = `export default [
  { name: "users.tier", table: "users", where: "tier > 3", fix: "remove", maxShare: 1 },
  { name: "wallets.balance", table: "wallets", where: "balance < 0", fix: { set: { balance: "0" } }, maxShare: 1 },
];`;

type Contents = Awaited<ReturnType<typeof contentsOf>>;

async function damaged(t: TestContext): Promise<{ readonly p: Project; readonly steward: Steward; contents(): Promise<Contents> }> {
  const p = await project(t);
  const db = await p.session();
  await db.script(schema);
  await writeFiles(p.dir, { [join("checks", "rules.ts")]: checks });
  return { p, steward: await p.steward({ lockWait: "60s" }), contents: () => contentsOf(db) };
}

/** The one run whose rows are in quarantine. */
async function fixedRun(p: Project): Promise<number> {
  const { run } = await until<{ run: number }>(await p.session(), "select run_id::int as run from pgsteward.quarantine limit 1");
  return run;
}

/** How many messages a child sends that is left alone, and what it leaves. */
async function undisturbed(t: TestContext, verb: "fix" | "undo"): Promise<{ readonly messages: number; readonly contents: Contents }> {
  const { p, steward, contents } = await damaged(t);
  if (verb === "undo") await steward.check.fix();
  const input = verb === "undo" ? { run: await fixedRun(p) } : {};
  const { code, stdout, stderr } = await startChild(t, { dir: p.dir, config: { url: p.url }, verb, input, kill: { sent: 0 } }).ended;
  assert.equal(code, 0, stderr);
  return { messages: Number(/messages (\d+)/.exec(stdout)?.[1]), contents: await contents() };
}

async function killed(
  t: TestContext,
  verb: "fix" | "undo",
  kill: { readonly sent: number } | { readonly answered: number },
  whole: Contents,
) {
  const { p, steward, contents } = await damaged(t);
  const before = await contents();
  if (verb === "undo") await steward.check.fix();
  const run = verb === "undo" ? await fixedRun(p) : undefined;
  const { signal } = await startChild(t, { dir: p.dir, config: { url: p.url }, verb, input: run === undefined ? {} : { run }, kill }).ended;
  assert.equal(signal, "SIGKILL");
  // Finishes what was begun; where it was done already, there is nothing to do.
  await (run === undefined ? steward.check.fix() : steward.check.undo({ run }));
  assert.deepEqual(await contents(), whole);
  if (run === undefined) await steward.check.undo({ run: await fixedRun(p) });
  assert.deepEqual(await contents(), before);
  const { rows } = await (await p.session()).query(
    "select 1 from pgsteward.quarantine group by table_name, key_values having count(*) > 1",
  );
  assert.deepEqual(rows, [], "no row is in quarantine twice");
}

/** Every seventeenth message, and those around the commit: the last ones. */
const interval = 17;
const around = 5;

for (const verb of ["fix", "undo"] as const) {
  test(`${verb}, killed`, async (t) => {
    const { messages, contents } = await undisturbed(t, verb);
    assert.ok(messages > 30, String(messages));
    t.diagnostic(`${messages} messages`);
    const numbers = Array.from({ length: messages }, (_, i) => i + 1);
    const cases = [
      ...numbers.filter((number) => number % interval === 0).map((sent) => ({ sent })),
      ...numbers.slice(-around).flatMap((number) => [{ sent: number }, { answered: number }]),
    ];
    for (const kill of cases) await t.test(JSON.stringify(kill), (t) => killed(t, verb, kill, contents));
  });
}
