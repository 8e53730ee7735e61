/**
 * Generating into drizzle's own folder: the files are drizzle-kit's in form, so that its next generate finds nothing, its
 * check passes, and drizzle-orm's migrator applies them. 1.0 is tested where DRIZZLE_1_DIR names a project with it.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "node:test";
import { failureOf } from "../support/migrate-project.ts";
import { type Declared, type DeclaredOptions, declared, declaredFingerprint, drizzleKit, filesIn, savingsClub } from "./support.ts";

const config = { migrate: { dir: "drizzle" } };

async function inDrizzlesFolder(t: Parameters<typeof declared>[0], options: DeclaredOptions = {}): Promise<Declared> {
  const p = await declared(t, savingsClub, { config, ...options });
  await drizzleKit(p.dir, "generate", "--name", "init");
  return p;
}

test("0.x: SQL, snapshot and journal are what drizzle-kit would have written", async (t) => {
  const p = await inDrizzlesFolder(t);
  await p.edit("src/schema/users.ts", 'name: text("name")', 'fullName: text("full_name")');
  const made = await p.generate({ name: "names", rename: ["users.name=full_name"] });
  assert.equal(made.path, join(p.dir, "drizzle", "0001_names.sql"));
  assert.deepEqual(await filesIn(join(p.dir, "drizzle")), ["0000_init.sql", "0001_names.down.sql", "0001_names.sql", "meta"]);
  await p.edit("src/schema/money.ts", "  ends: date", '  note: text("note"),\n  sum: bigint("sum", { mode: "number" }),\n  ends: date');
  await p.generate({ name: "notes" });
  assert.match(await p.text("drizzle/0002_notes.sql"), /ADD COLUMN note text;\n--> statement-breakpoint\nALTER/);
  assert.match(await drizzleKit(p.dir, "generate"), /No schema changes/);
  assert.match(await drizzleKit(p.dir, "check"), /fine/);
  assert.equal((await p.generate({ name: "nothing" })).up, null);
  await p.up();
  assert.equal(await p.fingerprint(), await declaredFingerprint(t, p));
});

test("0.x: drizzle-orm's own migrator applies the files", async (t) => {
  const p = await inDrizzlesFolder(t);
  await p.edit("src/schema/money.ts", "  ends: date", '  note: text("note").notNull().default("x"),\n  ends: date');
  await p.generate({ name: "notes" });
  const { drizzle } = await import("drizzle-orm/node-postgres");
  const { migrate } = await import("drizzle-orm/node-postgres/migrator");
  const { Pool } = (await import("pg")).default;
  const pool = new Pool({ connectionString: p.url });
  p.defer(() => pool.end());
  await migrate(drizzle(pool), { migrationsFolder: join(p.dir, "drizzle") });
  const { rows } = await p.session1.query("select note from savings_plans");
  assert.deepEqual(rows, []);
});

test("0.x: a custom migration's objects are somebody's, and stay", async (t) => {
  const p = await inDrizzlesFolder(t);
  await drizzleKit(p.dir, "generate", "--custom", "--name", "by_hand");
  await p.put({ "drizzle/0001_by_hand.sql": "create table app_log (id int);\ncreate index users_name_idx on users (name);\n" });
  assert.equal((await p.generate({ name: "nothing" })).up, null);
});

test("0.x: where no honest snapshot can be written, nothing is: a lost one, a fork, another source, another layout", async (t) => {
  const p = await inDrizzlesFolder(t);
  await p.edit("src/schema/money.ts", "  ends: date", '  note: text("note"),\n  ends: date');
  await p.put({ "schema.sql": "create table a (id int);" });
  const foreign = await failureOf(p.generate({ name: "a", from: "schema" }), "MIGRATE_DRIZZLE_FOLDER");
  assert.equal(foreign.exit, 3);
  assert.match(foreign.hint ?? "", /migrate generate a --no-write/);
  assert.match((await p.generate({ name: "a", from: "schema", write: false })).up ?? "", /CREATE TABLE public.a/);

  const snapshot = await p.text("drizzle/meta/0000_snapshot.json");
  await p.put({ "drizzle/meta/0009_snapshot.json": snapshot.replace(/"id": "[^"]+"/, '"id": "other"') });
  assert.match((await failureOf(p.generate({ name: "x", from: "drizzle" }), "MIGRATE_DRIZZLE_FOLDER")).message, /follow the same one/);
  await rm(join(p.dir, "drizzle/meta/0009_snapshot.json"));
  await rm(join(p.dir, "drizzle/meta/0000_snapshot.json"));
  assert.match(
    (await failureOf(p.generate({ name: "x", from: "drizzle" }), "MIGRATE_DRIZZLE_FOLDER")).message,
    /0000_init, its last migration, has no snapshot/,
  );
  await p.put({ "drizzle/meta/0000_snapshot.json": snapshot });
  assert.match((await p.generate({ name: "x", from: "drizzle" })).path ?? "", /0001_x.sql$/);
  await rm(join(p.dir, "drizzle"), { recursive: true });
  await p.put({ "drizzle/20260101000000_init/migration.sql": "select 1;\n", "drizzle/20260101000000_init/snapshot.json": "{}" });
  assert.match(
    (await failureOf(p.generate({ name: "x", from: "drizzle" }), "MIGRATE_DRIZZLE_FOLDER")).message,
    /layout of drizzle-kit 1.0, and 0.31/,
  );
});

const modules = join(process.env["DRIZZLE_1_DIR"] ?? "", "node_modules");
const missing = existsSync(join(modules, "drizzle-kit"))
  ? false
  : "set DRIZZLE_1_DIR to a project with drizzle-kit 1.0, drizzle-orm 1.0 and pg: they do not install beside 0.x";

test("1.0: SQL is ours, the snapshot is drizzle-kit's own", { skip: missing }, async (t) => {
  const p = await inDrizzlesFolder(t, { modules });
  const [init = ""] = await filesIn(join(p.dir, "drizzle"));
  await p.edit("src/schema/users.ts", 'pgTable("users"', 'pgTable("people"');
  await p.edit("src/schema/users.ts", 'name: text("name")', 'fullName: text("full_name")');
  await failureOf(p.generate({ name: "names", rename: ["users=people"] }), "MIGRATE_RENAME_UNDECIDED");
  const made = await p.generate({ name: "names", rename: ["users=people", "people.name=full_name"] });
  const [, second = ""] = await filesIn(join(p.dir, "drizzle"));
  assert.match(second, /^\d{14}_names$/);
  assert.deepEqual(await filesIn(join(p.dir, "drizzle", second)), ["down.sql", "migration.sql", "snapshot.json"]);
  assert.equal(made.path, join(p.dir, "drizzle", second, "migration.sql"));
  assert.doesNotMatch(made.up ?? "", /DROP|ADD COLUMN/);
  const snapshot = JSON.parse(await p.text(`drizzle/${second}/snapshot.json`)) as { prevIds: string[] };
  assert.deepEqual(snapshot.prevIds, [(JSON.parse(await p.text(`drizzle/${init}/snapshot.json`)) as { id: string }).id]);

  await p.edit("src/schema/money.ts", "  ends: date", '  note: text("note"),\n  sum: bigint("sum", { mode: "number" }),\n  ends: date');
  await p.edit("src/schema/money.ts", '  goal: text("goal").notNull(),\n', "");
  await p.generate({ name: "notes", drop: ["savings_plans.goal"] });
  assert.match(await drizzleKit(p.dir, "generate"), /No schema changes/);
  assert.match(await drizzleKit(p.dir, "check"), /fine/);
  assert.equal((await p.generate({ name: "nothing" })).up, null);
  await p.up();
  assert.equal(await p.fingerprint(), await declaredFingerprint(t, p));
});

test("1.0: what only the files lacked is a migration that drizzle-kit sees as written by hand; its migrator applies all", {
  skip: missing,
}, async (t) => {
  const p = await inDrizzlesFolder(t, { modules });
  await drizzleKit(p.dir, "generate", "--custom", "--name", "by_hand");
  const [, custom = ""] = await filesIn(join(p.dir, "drizzle"));
  await p.put({ [`drizzle/${custom}/migration.sql`]: "alter table savings_plans drop column goal;\ncreate table app_log (id int);\n" });
  const made = await p.generate({ name: "goal_again" });
  assert.match(made.up ?? "", /ADD COLUMN goal text NOT NULL/);
  assert.match(await drizzleKit(p.dir, "generate"), /No schema changes/);
  assert.match(await drizzleKit(p.dir, "check"), /fine/);
  const at = (name: string): string => pathToFileURL(join(modules, "drizzle-orm", name)).href;
  const { drizzle } = (await import(at("node-postgres/index.js"))) as { drizzle: (url: string) => { $client: { end(): Promise<void> } } };
  const { migrate } = (await import(at("node-postgres/migrator.js"))) as { migrate: (db: unknown, options: object) => Promise<void> };
  const db = drizzle(p.url);
  p.defer(() => db.$client.end());
  await migrate(db, { migrationsFolder: join(p.dir, "drizzle") });
  assert.deepEqual((await p.session1.query("select goal from savings_plans")).rows, []);
});
