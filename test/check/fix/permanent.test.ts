/** The permanent fix in folders of tools that keep a journal of their own. */
import assert from "node:assert/strict";
import { cp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import type { Steward } from "../../../src/steward.ts";
import { drizzleKit } from "../../generate/support.ts";
import { project, type Project, writeFiles } from "../../support/migrate-project.ts";
import { root } from "../../support/migrate-server.ts";

const example = join(root, "examples", "av-daily");
const fixtures = join(root, "test", "migrate", "layouts", "fixtures");
const tier = {
  "checks/rules.ts": 'export default { name: "users.tier", table: "users", where: "kyc_tier > 3", fix: { set: { kyc_tier: "0" } } };',
};

/** AV-Daily's schema and folder of migrations, applied. */
async function daily(t: TestContext): Promise<{ readonly p: Project; readonly steward: Steward; readonly folder: string }> {
  const p = await project(t);
  await cp(join(example, "src"), join(p.dir, "src"), { recursive: true });
  await cp(join(example, "drizzle.config.ts"), join(p.dir, "drizzle.config.ts"));
  await symlink(join(root, "node_modules"), join(p.dir, "node_modules"));
  await writeFiles(p.dir, { "package.json": '{ "type": "module" }', ...tier });
  const steward = await p.steward({ migrate: { dir: "src/migrations" } });
  await steward.migrate.up();
  return { p, steward, folder: join(p.dir, "src", "migrations") };
}

async function validated(p: Project): Promise<readonly unknown[]> {
  return (await (await p.session()).query("select convalidated from pg_constraint where conname = 'users_tier_check'")).rows;
}

const permanent = { only: ["users.tier"], permanent: true } as const;

test("in drizzle's folder it is a custom migration, after which drizzle-kit goes on as before", async (t) => {
  const { p, steward, folder } = await daily(t);
  const { result } = await steward.check.fix(permanent);
  assert.equal(result.migration, join(folder, "0004_keep_users_tier.sql"));
  assert.match(
    await readFile(result.migration ?? "", "utf8"),
    /^-- Description: .*\n-- pgsteward: no-transaction\n\n.*\n.* not valid;\n--> statement-breakpoint\nalter table .* validate constraint "users_tier_check";\n$/,
  );
  assert.equal((await steward.check.fix(permanent)).applied, false, "the folder has it already");
  await steward.migrate.up();
  assert.deepEqual(await validated(p), [{ convalidated: true }]);
  assert.match(await drizzleKit(p.dir, "generate"), /No schema changes/);
  assert.match(await drizzleKit(p.dir, "check"), /fine/);
  await steward.migrate.down();
  assert.deepEqual(await validated(p), []);
});

test("where drizzle's last snapshot is lost, the SQL is told with the place for it", async (t) => {
  const { steward, folder } = await daily(t);
  await rm(join(folder, "meta", "0003_snapshot.json"));
  const before = await readdir(folder);
  const { findings, applied, plan } = await steward.check.fix(permanent);
  assert.deepEqual([applied, plan.steps, await readdir(folder)], [false, [], before]);
  const [told] = findings;
  assert.equal(told?.code, "CHECK_FIX_UNWRITTEN");
  assert.match(
    told.message,
    /0003_recommended_indexes has no snapshot; .*:\n(?:--.*\n)*\n?-- .*\nalter table "public"\."users" add constraint "users_tier_check" check/,
  );
  assert.equal(
    told.hint,
    "restore it from version control; or put the SQL into `npx drizzle-kit generate --custom --name keep_users_tier`",
  );
});

test("in a folder of drizzle-kit 1.0 it follows the last snapshot", async (t) => {
  const p = await project(t);
  await cp(join(fixtures, "drizzle-1", "drizzle"), join(p.dir, "drizzle"), { recursive: true });
  await (await p.session()).script("create table users (id int, kyc_tier int)");
  await writeFiles(p.dir, tier);
  const { result } = await (await p.steward({ migrate: { dir: "drizzle" } })).check.fix(permanent);
  const name = (await readdir(join(p.dir, "drizzle"))).sort().at(-1) ?? "";
  assert.match(name, /^\d{14}_keep_users_tier$/);
  assert.equal(result.migration, join(p.dir, "drizzle", name, "migration.sql"));
  const snapshotOf = async (folder: string): Promise<Readonly<Record<string, unknown>>> =>
    JSON.parse(await readFile(join(p.dir, "drizzle", folder, "snapshot.json"), "utf8")) as Record<string, unknown>;
  const [before, own] = [await snapshotOf("20261120135210_pending"), await snapshotOf(name)];
  assert.deepEqual(own, { ...before, id: own["id"], prevIds: [before["id"]], renames: [] });
  assert.match(String(own["id"]), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(own["id"], before["id"]);
});

test("in graphile-migrate's folder the SQL is told", async (t) => {
  const p = await project(t);
  await cp(join(fixtures, "graphile-migrate", "migrations"), p.migrations, { recursive: true });
  await (await p.session()).script("create table users (id int, kyc_tier int); insert into users values (1, 4)");
  await writeFiles(p.dir, tier);
  const steward = await p.steward();
  const { findings, result } = await steward.check.fix(permanent);
  assert.deepEqual([result.rows.length, result.migration], [1, null]);
  assert.deepEqual(
    findings.map(({ code, hint }) => [code, hint]),
    [["CHECK_FIX_UNWRITTEN", "use current.sql and npx graphile-migrate commit"]],
  );
});
