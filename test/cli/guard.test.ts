/** Production is protected; what a refusal prints, typed as it stands, is taken. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type CliResult, cli } from "../support/cli-run.ts";
import { project, type Project } from "../support/migrate-project.ts";

const table = (name: string): string => `create table ${name} (id int);\n-- Down migration\ndrop table ${name};\n`;
const files = { "001_a.sql": table("a"), "002_b.sql": table("b") };

const production = (p: Project, ...args: readonly string[]): Promise<CliResult> =>
  cli(args, { cwd: p.dir, env: { DATABASE_URL: p.url, PGSTEWARD_ENV: "production" } });

test("what changes needs a yes where nobody can be asked; the printed flag works", async (t) => {
  const p = await project(t, files);
  const refused = await production(p, "migrate", "up");
  assert.equal(refused.code, 3);
  assert.equal(refused.stdout, "");
  assert.match(refused.stderr, new RegExp(`^target  postgres, .*/${p.name}, production\\n`));
  assert.match(refused.stderr, new RegExp(`error migrate up changes ${p.name}, which is production, and there is no terminal to ask on`));
  assert.match(refused.stderr, /GUARD_YES_NEEDED · database unchanged/);
  const flag = /run it again with (--\S+)/.exec(refused.stderr)?.[1] ?? "";
  assert.equal(flag, "--yes");
  const session = await p.session();
  assert.equal((await session.query("select 1 from pg_namespace where nspname = 'pgsteward'")).rows.length, 0, "not even the ledger");
  assert.equal((await production(p, "migrate", "up", flag)).code, 0);
  assert.deepEqual(await p.applied(), ["001_a", "002_b"]);
});

for (const words of ["migrate down", "migrate rollback 001", "migrate redo", "migrate to 0"]) {
  test(`${words} needs the database's name; --yes is not enough; the printed flag works`, async (t) => {
    const p = await project(t, files);
    await (await p.steward()).migrate.up();
    const args = words.split(" ");
    for (const more of [[], ["--yes"]]) {
      const refused = await production(p, ...args, ...more);
      assert.equal(refused.code, 3);
      assert.match(refused.stderr, /GUARD_CONFIRMATION_NEEDED · database unchanged/);
      assert.match(refused.stderr, new RegExp(`run it again with --confirm ${p.name}\\n`));
    }
    const wrong = await production(p, ...args, "--confirm", "other");
    assert.equal(wrong.code, 3);
    assert.match(wrong.stderr, new RegExp(`--confirm other does not name the database ${p.name}`));
    assert.deepEqual(await p.applied(), ["001_a", "002_b"]);
    assert.equal((await production(p, ...args, "--confirm", p.name)).code, 0);
  });
}

test("a wrong name is refused outside of production too, and before anything else", async (t) => {
  const p = await project(t, files);
  const { code, stderr } = await cli(["migrate", "up", "--confirm", "other"], { cwd: p.dir, env: { DATABASE_URL: p.url } });
  assert.equal(code, 3);
  assert.match(stderr, /GUARD_CONFIRMATION_WRONG/);
});

test("to a version above is only a change: --yes is enough", async (t) => {
  const p = await project(t, files);
  assert.equal((await production(p, "migrate", "to", "1", "--yes")).code, 0);
});

test("reading and dry runs need no consent", async (t) => {
  const p = await project(t, files);
  for (const words of ["migrate status", "migrate plan", "migrate history", "migrate up --dry-run", "migrate down --dry-run", "doctor"])
    assert.notEqual((await production(p, ...words.split(" "))).code, 3, words);
});

test("staging asks for a yes to change, and to destroy", async (t) => {
  const p = await project(t, files);
  const staging = (...args: string[]): Promise<CliResult> =>
    cli(args, { cwd: p.dir, env: { DATABASE_URL: p.url, PGSTEWARD_ENV: "staging" } });
  assert.equal((await staging("migrate", "up")).code, 3);
  assert.equal((await staging("migrate", "up", "--yes")).code, 0);
  assert.equal((await staging("migrate", "down")).code, 3);
  assert.equal((await staging("migrate", "down", "--yes")).code, 0);
});

test("a plan that was approved runs, another one does not", async (t) => {
  const p = await project(t, files);
  const dry = await production(p, "migrate", "up", "--dry-run");
  const hash = /^plan ([0-9a-f]{12}):/.exec(dry.stdout)?.[1] ?? "";
  await p.write({ "003_c.sql": table("c") });
  const refused = await production(p, "migrate", "up", "--yes", "--plan", hash);
  assert.equal(refused.code, 3);
  const now = /--plan ([0-9a-f]{12})/.exec(refused.stderr)?.[1] ?? "";
  assert.notEqual(now, hash);
  assert.equal((await production(p, "migrate", "up", "--yes", "--plan", now)).code, 0);
});

/** Where the environment comes from: flag, PGSTEWARD_ENV, NODE_ENV, the shape of the URL. */
const detection: readonly (readonly [env: Record<string, string>, flags: readonly string[], prefix: string, expected: string])[] = [
  [{}, [], "shop", "development"],
  [{}, [], "shop_prod", "production"],
  [{}, [], "production", "production"],
  [{}, [], "shop_staging", "staging"],
  [{}, [], "demo_shop", "demo"],
  [{}, [], "product_catalog", "development"],
  [{}, [], "latest", "development"],
  [{ NODE_ENV: "production" }, [], "shop", "production"],
  [{ NODE_ENV: "test" }, [], "shop_prod", "testing"],
  [{ NODE_ENV: "production", PGSTEWARD_ENV: "staging" }, [], "shop", "staging"],
  [{ PGSTEWARD_ENV: "prod" }, ["--environment", "dev"], "shop_prod", "development"],
  [{ PGSTEWARD_ENVIRONMENT: "demo" }, [], "shop", "demo"],
  [{}, ["-e", "prod"], "shop", "production"],
];

test("the environment: explicit flag, PGSTEWARD_ENV, NODE_ENV, then the shape of the URL", { concurrency: 4 }, async (t) => {
  await Promise.all(
    detection.map(([env, flags, name, expected]) =>
      t.test(`${JSON.stringify(env)} ${flags.join(" ")} ${name}: ${expected}`, async (t) => {
        const p = await project(t, files);
        // Nobody listens there: the target is told before anything is connected to.
        const url = `postgres://me:secret@127.0.0.1:1/${name}`;
        const { stderr } = await cli(["db", "status", ...flags], { cwd: p.dir, env: { DATABASE_URL: url, ...env } });
        assert.equal(stderr.split("\n")[0], `target  postgres, 127.0.0.1:1/${name}, ${expected}`);
      }),
    ),
  );
});

test("a remote host that says nothing counts as production", async (t) => {
  const p = await project(t, files);
  const { stderr } = await cli(["migrate", "new", "x"], { cwd: p.dir, env: { DATABASE_URL: "postgres://me@db.example.com/shop" } });
  assert.match(stderr, /^target  postgres, db\.example\.com:5432\/shop, production\n/);
});

test("an environment that is none is refused with those there are", async (t) => {
  const p = await project(t, files);
  const { code, stderr } = await cli(["migrate", "up", "--environment", "prodd"], { cwd: p.dir, env: { DATABASE_URL: p.url } });
  assert.equal(code, 2);
  assert.match(stderr, /--environment: environment is "prodd"; it takes development, testing, staging, demo, production/);
});
