/** `seed undo` and `--clean` take back exactly what seeders made, and nothing that somebody has come to rely on. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { failureOf } from "../support/migrate-project.ts";
import { type SeedProject, seedProject } from "../support/seed-project.ts";

const schema = `
  create table teams (id bigint generated always as identity primary key, name text unique not null, settings jsonb, boss bigint);
  create table users (id bigint generated always as identity primary key, team_id bigint references teams on delete cascade, email text unique not null, score numeric default 0);
  alter table teams add foreign key (boss) references users on delete set null;`;
const teams = `export async function seedTeams(seed) {
  const [team] = await seed.upsert("teams", [{ name: "a", settings: { x: [1] } }], { key: ["name"] });
  const [user] = await seed.upsert("users", [{ email: "u1", team_id: team.id }], { key: ["email"] });
  await seed.upsert("teams", [{ name: "a", boss: user.id }, { name: "old", settings: { new: true } }], { key: ["name"] });
}`;
const all = ["teams", "users"] as const;

/** Before anything is seeded there is a team of the application's. */
async function started(t: Parameters<typeof seedProject>[0], files: Parameters<typeof seedProject>[2]): Promise<SeedProject> {
  const p = await seedProject(t, schema, files);
  await p.session2.script(`insert into teams (name, settings) values ('old', '{"old": 1}'), ('mine', null)`);
  return p;
}

describe("undo", () => {
  test("deletes what was inserted and restores what was updated, whatever refers to what", async (t) => {
    const p = await started(t, { "001_teams.ts": teams });
    const before = await p.content(...all);
    const { seed } = await p.steward();
    await seed.run();
    assert.equal((await p.content(...all)).length, before.length + 2);
    const { result, findings } = await seed.undo();
    assert.deepEqual(result, { undone: ["001_teams"], deleted: 2, restored: 1 });
    assert.deepEqual(findings, []);
    assert.deepEqual(await p.content(...all), before);
    assert.deepEqual(await p.rows("select * from pgsteward.seed_row"), []);
    assert.deepEqual(await p.rows("select seeder, state from pgsteward.seed_run"), [{ seeder: "001_teams", state: "undone" }]);
    assert.equal((await seed.undo()).applied, false);
  });

  test("takes back the last run that made something; named seeders, all of theirs", async (t) => {
    const p = await started(t, { "001_teams.ts": teams });
    const { seed } = await p.steward();
    const before = await p.content(...all);
    await seed.run();
    const first = await p.content(...all);
    await p.seeders({ "001_teams.ts": teams.replace("x: [1]", "x: [2]").replace('email: "u1"', 'email: "u2"') });
    await seed.run();
    await seed.run();
    assert.deepEqual((await seed.undo({}, { dryRun: true })).result, { undone: ["001_teams"], deleted: 1, restored: 1 });
    await seed.undo();
    assert.deepEqual(await p.content(...all), first);
    await seed.run();
    await seed.undo({ names: ["teams"] });
    assert.deepEqual(await p.content(...all), before);
    const { hint } = await failureOf(seed.undo({ names: ["tems"] }), "SEED_NOT_APPLIED");
    assert.match(hint ?? "", /seeders that have run: none/);
  });

  test("of SQL of a seeder's own: inserts, updates, COPY, DO blocks, writing CTEs", async (t) => {
    const p = await started(t, {
      "001_raw.ts": `export async function seedRaw(seed) {
        await seed.session.query("insert into teams (name) values ($1), ('old') on conflict (name) do update set settings = '[]'", ["t1"]);
        await seed.session.script("do $$ begin insert into users (email) values ('do'); update teams set boss = (select id from users) where name = 'mine'; end $$");
        await seed.session.transaction(async (inside) => { await inside.query("with x as (insert into users (email) values ('cte') returning id) select * from x"); });
        await seed.session.transaction(async (inside) => { await inside.query("update users set score = 9"); throw new Error("no"); }).catch(() => {});
        await seed.session.query("update users set score = 1 where email = 'cte'");
        await seed.session.copyIn("copy users (email) from stdin", [Buffer.from("copied\\n")]);
      }`,
      "002_raw.sql":
        "-- a comment\nupdate teams set settings = settings || '{\"more\": 1}' where name = 'old';\ninsert into teams (name) select 't2';",
    });
    const before = await p.content(...all);
    const { seed } = await p.steward();
    const { result } = await seed.run();
    assert.deepEqual(
      result.seeders.map(({ inserted, updated, unrecorded }) => [inserted, updated, unrecorded]),
      [
        [4, 2, []],
        [1, 1, []],
      ],
    );
    await seed.undo();
    assert.deepEqual(await p.content(...all), before);
    assert.deepEqual(await p.rows("select tgname from pg_trigger where tgname like 'pgsteward%'"), []);
  });

  test("leaves what triggers wrote elsewhere, and says so beforehand; `tables` records it too", async (t) => {
    const p = await seedProject(
      t,
      `create table a (id int primary key); create table log (id serial primary key, a int); create table profiles (a int primary key);
       create function note() returns trigger language plpgsql as $$ begin insert into log (a) values (new.id); insert into profiles values (new.id); return null; end $$;
       create trigger note after insert on a for each row execute function note();`,
      {
        "001_a.ts":
          'export const tables = ["profiles"]; export async function seedA(seed) { await seed.upsert("a", [{ id: 1 }, { id: 2 }], { key: ["id"] }); }',
      },
    );
    const { seed } = await p.steward();
    const { findings, result } = await seed.run();
    assert.deepEqual(result.seeders[0]?.unrecorded, [{ table: "public.log", inserted: 2, updated: 0, deleted: 0 }]);
    assert.deepEqual(
      findings.map(({ code, severity }) => [code, severity]),
      [["SEED_UNRECORDED", "info"]],
    );
    const undone = await seed.undo();
    assert.deepEqual(
      undone.findings.map(({ code }) => code),
      ["SEED_UNDO_UNRECORDED"],
    );
    assert.deepEqual(await p.content("a", "profiles"), []);
    assert.equal((await p.content("log")).length, 2);
  });

  test("says which columns a trigger stamped while they were put back", async (t) => {
    const p = await seedProject(
      t,
      `create table a (id int primary key, name text, updated_at timestamptz default '2000-01-01');
       create function stamp() returns trigger language plpgsql as $$ begin new.updated_at = clock_timestamp(); return new; end $$;
       create trigger stamp before update on a for each row execute function stamp(); insert into a values (1, 'old')`,
      { "001_a.ts": 'export async function seedA(seed) { await seed.upsert("a", [{ id: 1, name: "new" }], { key: ["id"] }); }' },
    );
    const { seed } = await p.steward();
    await seed.run();
    const { findings } = await seed.undo();
    assert.deepEqual(
      findings.map(({ code, object }) => [code, object]),
      [["SEED_UNDO_TRIGGERED", "public.a.updated_at"]],
    );
    assert.deepEqual(await p.rows("select name from a"), [{ name: "old" }]);
  });
});

describe("undo refuses", () => {
  test("while other rows refer to what would go: it cascades nothing", async (t) => {
    const p = await started(t, { "001_teams.ts": teams });
    const { seed } = await p.steward();
    await seed.run();
    await p.session2.script(
      "insert into users (email, team_id) select 'mine', id from teams where name = 'a'; update teams set boss = (select id from users where email = 'u1') where name = 'mine'",
    );
    const before = await p.content(...all);
    const { detail, exit, database } = await failureOf(seed.undo({ force: true }), "SEED_ROWS_REFERENCED");
    assert.equal(detail, "1 row of public.teams by boss (teams_boss_fkey)\n1 row of public.users by team_id (users_team_id_fkey)");
    assert.deepEqual([exit, database], [3, "unchanged"]);
    assert.deepEqual(await p.content(...all), before);
  });

  test("where a row that gets its old values back would still refer to one that goes", async (t) => {
    const p = await started(t, {
      "001_teams.ts": 'export async function seedTeams(seed) { await seed.upsert("teams", [{ name: "a" }], { key: ["name"] }); }',
      "002_users.ts":
        'export async function seedUsers(seed) { await seed.upsert("users", [{ email: "mine", score: 5 }], { key: ["email"] }); }',
    });
    const { seed } = await p.steward();
    await seed.run({ only: ["teams"] });
    await p.session2.script("insert into users (email, team_id) select 'mine', id from teams where name = 'a'");
    await seed.run({ only: ["users"] });
    const before = await p.content(...all);
    await failureOf(seed.undo({ names: ["teams", "users"] }), "SEED_ROWS_REFERENCED");
    assert.deepEqual(await p.content(...all), before);
  });

  test("to lose what was changed since, unless it is told to; what is gone is gone", async (t) => {
    const p = await started(t, { "001_teams.ts": teams });
    const { seed } = await p.steward();
    await seed.run();
    await p.session2.script("update users set score = 5; update teams set settings = null where name = 'old'");
    const { message } = await failureOf(seed.undo(), "SEED_ROWS_CHANGED");
    assert.equal(message, "1 row of public.teams, 1 row of public.users changed since the seeder left them");
    await p.session2.script("update teams set boss = null; delete from users");
    const { findings } = await seed.undo({ force: true });
    assert.deepEqual(
      findings.map(({ code, object }) => [code, object]),
      [
        ["SEED_UNDO_CHANGED", "public.teams"],
        ["SEED_UNDO_GONE", "public.users"],
      ],
    );
    assert.deepEqual(await p.rows("select name, settings from teams order by 1"), [
      { name: "mine", settings: null },
      { name: "old", settings: { old: 1 } },
    ]);
  });

  test("to take a row from under a seeder that stays", async (t) => {
    const p = await started(t, {
      "001_a.ts": 'export async function seedA(seed) { await seed.upsert("teams", [{ name: "a" }], { key: ["name"] }); }',
      "002_b.ts": 'export async function seedB(seed) { await seed.upsert("teams", [{ name: "a", settings: 1 }], { key: ["name"] }); }',
    });
    const { seed } = await p.steward();
    const before = await p.content(...all);
    await seed.run();
    assert.match((await failureOf(seed.undo({ names: ["001_a"] }), "SEED_ROWS_SHARED")).hint ?? "", /seed undo 002_b/);
    await seed.undo({ names: ["002_b"] });
    await seed.undo({ names: ["001_a"] });
    assert.deepEqual(await p.content(...all), before);
  });

  test("in production, without the database's name", async (t) => {
    const p = await started(t, { "001_teams.ts": `export const productionSafe = true;\n${teams}` });
    const { seed } = await p.steward({ environment: "production" });
    await seed.run({}, { yes: true });
    await failureOf(seed.undo({}, { yes: true }), "GUARD_CONFIRMATION_NEEDED");
    assert.equal((await seed.undo({}, { confirm: p.name })).result.deleted, 2);
  });
});

describe("run --clean", () => {
  test("takes back what earlier runs made, of seeders whose files are gone too, and seeds anew", async (t) => {
    const p = await started(t, { "001_teams.ts": teams, "002_gone.sql": "insert into teams (name) values ('gone')" });
    const { seed } = await p.steward();
    await seed.run();
    const before = await p.rows("select email, score from users");
    await p.remove("../seeders/002_gone.sql");
    const { result, plan } = await seed.run({ clean: true });
    assert.deepEqual(
      plan.steps.map(({ title }) => title),
      ["take back 002_gone, 001_teams: 3 rows deleted, 1 restored", "001_teams"],
    );
    assert.deepEqual(
      result.seeders.map(({ inserted, updated }) => [inserted, updated]),
      [[2, 1]],
    );
    assert.deepEqual(await p.rows("select email, score from users"), before);
    assert.deepEqual(await p.rows("select name from teams order by 1"), [{ name: "a" }, { name: "mine" }, { name: "old" }]);
  });

  test("of some seeders leaves the others' rows", async (t) => {
    const p = await started(t, {
      "001_a.sql": "insert into teams (name) values ('a')",
      "002_b.sql": "insert into teams (name) values ('b')",
    });
    const { seed } = await p.steward();
    await seed.run();
    const [kept] = await p.rows("select id from teams where name = 'a'");
    await seed.run({ clean: true, only: ["b"] });
    assert.deepEqual((await p.rows("select id from teams where name = 'a'"))[0], kept);
    assert.equal((await p.rows("select * from teams")).length, 4);
  });
});

test("law: whatever seeders write, in whatever runs, undoing all of it leaves the tables as they were", { timeout: 120_000 }, async (t) => {
  const p = await seedProject(t, "create table a (id int primary key, v text, w jsonb, n numeric(4,1));");
  const value = fc.option(
    fc.string({ maxLength: 4 }).filter((text) => !text.includes("\0")),
    { nil: null },
  );
  const row = fc.record(
    { id: fc.integer({ min: 0, max: 7 }), v: value, w: fc.option(fc.jsonValue({ maxDepth: 1 })), n: fc.integer({ min: -9, max: 9 }) },
    { requiredKeys: ["id"] },
  );
  const rows = fc.uniqueArray(row, { selector: ({ id }) => id, maxLength: 6 });
  const work = fc.record({ raw: fc.boolean(), rows });
  const { seed } = await p.steward();
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.array(fc.array(work, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
      async (existing, runs) => {
        await p.session2.script("truncate a");
        for (const { id, v = null, w = null, n = null } of existing)
          await p.session2.query("insert into a values ($1, $2, $3, $4)", [id, v, JSON.stringify(w), n]);
        const before = await p.content("a");
        for (const seeders of runs) {
          const files = [0, 1, 2].map((i) => {
            const { raw = false, rows = [] } = seeders[i] ?? {};
            const merge = `insert into a select id, v, w, n from jsonb_to_recordset($1) x(id int, v text, w jsonb, n numeric) on conflict (id) do update set v = excluded.v, w = excluded.w`;
            const body = raw
              ? `await seed.session.query(\`${merge}\`, [JSON.stringify(rows)])`
              : 'await seed.upsert("a", rows, { key: ["id"] })';
            return [`00${i}_s.ts`, `export async function seedS(seed) { const rows = ${JSON.stringify(rows)}; ${body}; }`] as const;
          });
          await p.seeders(Object.fromEntries(files.map(([name, text]) => [name.replace("_s", `_s${name[2]}`), text])));
          await seed.run();
        }
        await seed.undo({ names: ["000", "001", "002"] });
        assert.deepEqual(await p.content("a"), before);
      },
    ),
    { numRuns: 25 },
  );
});
