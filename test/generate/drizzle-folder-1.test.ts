/**
 * Generating into drizzle's own folder, the layout of 1.0. It does not install beside 0.x: these tests run where
 * DRIZZLE_1_DIR names a project that has it.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { failureOf } from "../support/migrate-project.ts";
import { defer } from "../support/migrate-server.ts";
import { declaredFingerprint, drizzleKit, filesIn, inDrizzlesFolder } from "./support.ts";

const place = process.env["DRIZZLE_1_DIR"];
const modules = join(place ?? "nowhere", "node_modules");
const missing =
  place !== undefined && existsSync(join(modules, "drizzle-kit"))
    ? false
    : "set DRIZZLE_1_DIR to a project with drizzle-kit 1.0, drizzle-orm 1.0 and pg: they do not install beside 0.x";

test("SQL is ours, the snapshot is drizzle-kit's own", { skip: missing }, async (t) => {
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

test("what only the files lacked is a migration that drizzle-kit sees as written by hand; its migrator applies all", {
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
  defer(t, () => db.$client.end());
  await migrate(db, { migrationsFolder: join(p.dir, "drizzle") });
  assert.deepEqual((await p.session1.query("select goal from savings_plans")).rows, []);
});
