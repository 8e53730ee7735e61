/** What a person sees of the seed room, as golden files. */
import assert from "node:assert/strict";
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
