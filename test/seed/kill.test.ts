/** SIGKILL in and between seeders: the next run finishes, nothing is doubled, nothing is lost. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startChild } from "../support/migrate-child.ts";
import { type SeedProject, seedProject } from "../support/seed-project.ts";

const schema = `create table teams (id bigint generated always as identity primary key, name text unique not null, motto text);
  create table users (id bigint generated always as identity primary key, team_id bigint references teams, email text unique not null);
  create table notes (id serial primary key, text text);
  insert into teams (name, motto) values ('old', 'before');`;
const files = {
  "001_teams.ts": `export async function seedTeams(seed) {
    const teams = await seed.upsert("teams", [{ name: "a", motto: "x" }, { name: "old", motto: "after" }], { key: ["name"] });
    await seed.upsert("users", teams.map(({ id, name }) => ({ team_id: id, email: name })), { key: ["email"] });
  }`,
  "002_notes.sql": "insert into notes (text) values ('one');\ninsert into notes (text) values ('two');",
};

async function outcome(p: SeedProject): Promise<Readonly<Record<string, unknown>>> {
  return {
    teams: await p.rows("select name, motto from teams order by 1"),
    users: await p.rows("select u.email, t.name from users u join teams t on t.id = u.team_id order by 1"),
    notes: await p.rows("select text from notes order by 1"),
    triggers: await p.rows("select tgname from pg_trigger where tgname like 'pgsteward%'"),
  };
}

/** How many messages an undisturbed run sends. */
async function messages(t: TestContext): Promise<number> {
  const p = await seedProject(t, schema, files);
  const { code, stdout } = await startChild(t, { dir: p.dir, config: { url: p.url }, verb: "run", kill: { sent: 0 } }).ended;
  assert.equal(code, 0);
  return Number(/messages (\d+)/.exec(stdout)?.[1]);
}

test("a run that is killed at any message is finished by the next one, and undone as a whole", { concurrency: 2 }, async (t) => {
  const undisturbed = await seedProject(t, schema, files);
  await (await undisturbed.steward()).seed.run();
  const expected = await outcome(undisturbed);
  const count = await messages(t);
  assert.ok(count > 40, String(count));
  // From the lock on; before it nothing is written.
  const numbers = Array.from({ length: count }, (_, i) => i + 1).filter((n) => n > 10 && n % 3 === 0);
  const kills = numbers.map((number) =>
    t.test(`message ${number} of ${count}`, async (t) => {
      const p = await seedProject(t, schema, files);
      const kill = number % 2 === 0 ? { sent: number } : { answered: number };
      const { signal } = await startChild(t, { dir: p.dir, config: { url: p.url }, verb: "run", kill }).ended;
      assert.equal(signal, "SIGKILL");
      const { seed } = await p.steward({ lockWait: "60s" });
      await seed.run();
      assert.deepEqual(await outcome(p), expected);
      assert.equal((await seed.status()).ok, true);
      await seed.undo({ names: ["teams", "notes"] });
      assert.deepEqual(await outcome(p), { teams: [{ name: "old", motto: "before" }], users: [], notes: [], triggers: [] });
    }),
  );
  await Promise.all(kills);
});

test("one that is killed while a seeder waits leaves what the seeders before it made", async (t) => {
  const p = await seedProject(t, schema, {
    ...files,
    "003_waits.ts":
      "export async function seedWaits(seed) { await seed.session.query(\"insert into notes (text) values ('half')\"); await seed.session.query('select pg_sleep(600)'); }",
  });
  const child = startChild(t, { dir: p.dir, config: { url: p.url }, verb: "run" });
  const waiting =
    "select pid from pg_stat_activity where datname = current_database() and query like '%pg_sleep%' and pid <> pg_backend_pid() and state = 'active'";
  let pid: unknown;
  while (pid === undefined) pid = (await p.rows(waiting))[0]?.["pid"];
  child.kill();
  await child.ended;
  await p.session2.query("select pg_terminate_backend($1, 5000)", [pid]);
  await p.remove("../seeders/003_waits.ts");
  assert.deepEqual(await p.rows("select text from notes order by 1"), [{ text: "one" }, { text: "two" }]);
  const { seed } = await p.steward();
  assert.deepEqual((await seed.run()).result.skipped, ["002_notes"]);
  assert.equal((await seed.status()).ok, true);
});
