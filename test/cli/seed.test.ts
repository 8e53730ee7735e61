/** What a person sees of the seed room, as golden files. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { assertGolden, normalised, transcript } from "../support/cli-golden.ts";
import { cli, type CliResult } from "../support/cli-run.ts";
import { seedProject, type SeedProject } from "../support/seed-project.ts";

const schema =
  "create table plans (code text primary key, cents int); create table users (id serial primary key, email text unique, plan text references plans);";
const files = {
  "001_plans.ts": `export const productionSafe = true;
export async function seedPlans(seed) { await seed.upsert("plans", [{ code: "free", cents: 0 }, { code: "pro", cents: 900 }], { key: ["code"] }); }`,
  "002_people.ts": `export const category = "people", after = ["plans"];
export async function seedPeople(seed) {
  await seed.upsert("users", [{ email: "ada@example.com", plan: "pro" }], { key: ["email"] });
  seed.tell("password of ada@example.com: once");
}
export async function validate({ session }) { return (await session.query("select 1 from users where plan is null")).rows.map(() => "a user without a plan"); }`,
  "003_notes.sql": "-- pgsteward: environments=demo\ninsert into users (email) values ('note@example.com');",
};

const run = (p: SeedProject, args: readonly string[]): Promise<CliResult> =>
  cli(args, { cwd: p.dir, env: { DATABASE_URL: p.url, PGSTEWARD_ENV: "development" } });

async function session(p: SeedProject, name: string, commands: readonly string[]): Promise<void> {
  const socketDir = new URL(p.url).searchParams.get("host") ?? "";
  let text = "";
  for (const words of commands) {
    const args = words.split(" ");
    text += `${transcript(args, await run(p, args))}\n`;
  }
  assertGolden(
    name,
    normalised(text, { [p.dir]: "dir", [p.name]: "database", [socketDir]: "socket" }).replace(/plan [0-9a-f]{12}/g, "plan <hash>"),
  );
}

test("a day with seeders", async (t) => {
  const p = await seedProject(t, schema, files);
  await session(p, "seed-day", [
    "seed list",
    "seed status",
    "seed run --dry-run",
    "seed run",
    "seed run people",
    "seed run demo --only notes --validate",
    "seed status",
    "seed run peple",
    "seed undo --dry-run",
    "seed undo",
    "seed reset --dry-run",
    "seed reset --run",
    "seed mark production",
    "seed run",
  ]);
});

test("--validate exits with 1 when what was seeded does not hold; --json is one document", async (t) => {
  const p = await seedProject(t, schema, files);
  await p.session2.script("insert into users (email) values ('mine')");
  const { code, stdout } = await run(p, ["seed", "run", "--validate", "--json"]);
  const answer = JSON.parse(stdout) as { ok: boolean; findings: readonly { code: string; message: string }[] };
  assert.deepEqual([code, answer.ok], [1, false]);
  assert.deepEqual(
    answer.findings.map(({ code, message }) => [code, message]),
    [["SEED_INVALID", "a user without a plan"]],
  );
});

test("a snapshot, from the first refusal to a database that has it", async (t) => {
  const p = await seedProject(
    t,
    "create table teams (id int primary key, name text); create table users (id int primary key, team_id int references teams, email text not null unique, bio text); create table logins (user_email text references users (email), ip inet);",
  );
  await p.session2.script(`insert into teams values (1, 'Red'), (2, 'Blue');
    insert into users select n, 1 + n % 2, 'person' || n || '@mail.org', 'I am person ' || n from generate_series(1, 8) n;
    insert into logins select 'person' || n || '@mail.org', '192.168.0.1' from generate_series(1, 8) n`);
  const commands = ["seed snapshot", "seed snapshot --rows 3", "seed snapshot --tenant 1 --rules other.ts"] as const;
  await rm(join(p.dir, "seeders"), { recursive: true, force: true });
  const refused = await run(p, commands[0].split(" "));
  await p.seeders({
    "snapshot.ts": `export default { salt: "a salt of the tests", columns: { "users.email": "email", "users.bio": "text", "logins.ip": "ip" } };`,
  });
  const written = await run(p, commands[1].split(" "));
  const missing = await run(p, commands[2].split(" "));
  const wrong = await (async () => {
    await p.seeders({ "snapshot.ts": 'export default { columns: { "users.mail": "email" } };' });
    return run(p, commands[0].split(" "));
  })();
  const text = [
    [commands[0], refused],
    [commands[1], written],
    [commands[2], missing],
    [commands[0], wrong],
  ] as const;
  const socketDir = new URL(p.url).searchParams.get("host") ?? "";
  const shown = text.map(([command, result]) => `${transcript(command.split(" "), result)}\n`).join("");
  assertGolden("seed-snapshot", normalised(shown, { [p.dir]: "dir", [p.name]: "database", [socketDir]: "socket" }));
});
