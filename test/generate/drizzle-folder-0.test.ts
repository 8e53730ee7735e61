/**
 * Generating into drizzle's own folder, the layout of 0.x: the files are drizzle-kit's in form, so that its next generate
 * finds nothing, its check passes, and drizzle-orm's migrator applies them.
 */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { failureOf } from "../support/migrate-project.ts";
import { defer } from "../support/migrate-server.ts";
import { declared, declaredFingerprint, drizzleKit, filesIn, inDrizzlesFolder, savingsClub } from "./support.ts";

test("SQL, snapshot and journal are what drizzle-kit would have written", async (t) => {
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

test("the first migration, into a folder that is empty or not there yet", async (t) => {
  const p = await declared(t, savingsClub, { config: { migrate: { dir: "drizzle", format: "drizzle" } } });
  const made = await p.generate({ name: "init" });
  assert.equal(made.path, join(p.dir, "drizzle", "0000_init.sql"));
  assert.match(await drizzleKit(p.dir, "generate"), /No schema changes/);
  assert.match(await drizzleKit(p.dir, "check"), /fine/);
  await rm(join(p.dir, "drizzle"), { recursive: true });
  await p.put({ "drizzle/.gitkeep": "" });
  await p.generate({ name: "init" });
  assert.match(await drizzleKit(p.dir, "generate"), /No schema changes/);
  await p.up();
  assert.equal(await p.fingerprint(), await declaredFingerprint(t, p));
});

test("drizzle-orm's own migrator applies the files", async (t) => {
  const p = await inDrizzlesFolder(t);
  await p.edit("src/schema/money.ts", "  ends: date", '  note: text("note").notNull().default("x"),\n  ends: date');
  await p.generate({ name: "notes" });
  const { drizzle } = await import("drizzle-orm/node-postgres");
  const { migrate } = await import("drizzle-orm/node-postgres/migrator");
  const { Pool } = (await import("pg")).default;
  const pool = new Pool({ connectionString: p.url });
  defer(t, () => pool.end());
  await migrate(drizzle(pool), { migrationsFolder: join(p.dir, "drizzle") });
  const { rows } = await p.session1.query("select note from savings_plans");
  assert.deepEqual(rows, []);
});

test("a custom migration's objects are somebody's, and stay", async (t) => {
  const p = await inDrizzlesFolder(t);
  await drizzleKit(p.dir, "generate", "--custom", "--name", "by_hand");
  await p.put({ "drizzle/0001_by_hand.sql": "create table app_log (id int);\ncreate index users_name_idx on users (name);\n" });
  assert.equal((await p.generate({ name: "nothing" })).up, null);
});

test("where no honest snapshot can be written, nothing is: a lost one, a fork, another source, another layout", async (t) => {
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
