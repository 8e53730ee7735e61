/** `migrate generate` from a drizzle schema, in a folder of our own layout: what there is, what goes, what is printed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { declared, drizzleKit, filesIn, fingerprintOf, objectsIn, savingsClub, withFirst } from "./support.ts";

test("the first migration makes what drizzle-kit's own does, the second finds nothing, the down undoes it", async (t) => {
  const p = await declared(t, savingsClub);
  const empty = await p.fingerprint();
  const made = await p.generate({ name: "first one" });
  assert.equal(made.source, "drizzle");
  assert.equal(made.path, join(p.migrations, "001_first_one.sql"));
  assert.equal(made.down.verdict, "proved");
  assert.deepEqual(
    made.declared.map((path) => path.slice(p.dir.length + 1)),
    ["src/schema/money.ts", "src/schema/users.ts"],
  );
  assert.match(
    await p.text("migrations/001_first_one.sql"),
    /^-- Migration: 001_first_one\n-- Description: generated from drizzle \(money.ts, users.ts\)\n/,
  );
  await p.up();
  const ours = await p.fingerprint();

  await drizzleKit(p.dir, "generate", "--name", "theirs");
  assert.equal(ours, await fingerprintOf(t, await p.text("drizzle/0000_theirs.sql")), "drizzle-kit's migration makes another schema");

  const again = await p.generate({ name: "second" });
  assert.deepEqual([again.up, again.path, again.statements], [null, null, 0]);
  assert.deepEqual(await filesIn(p.migrations), ["001_first_one.sql"]);

  await p.it.migrate.down();
  assert.equal(await p.fingerprint(), empty);
  await p.up();
  assert.equal(await p.fingerprint(), ours);
});

test("--no-write prints and leaves the folder alone; a schema in a schema of its own; a declared policy and role", async (t) => {
  const p = await declared(t, {
    "drizzle.config.ts": savingsClub["drizzle.config.ts"] ?? "",
    "src/schema/app.ts": `import { sql } from "drizzle-orm";
import { integer, pgPolicy, pgRole, pgSchema, pgSequence } from "drizzle-orm/pg-core";
export const app = pgSchema("app");
export const reader = pgRole("generate_reader_${process.pid}");
export const counter = pgSequence("counter", { startWith: 7 });
export const notes = app.table("notes", { id: integer("id").primaryKey(), owner: integer("owner") }, () => [pgPolicy("own", { to: reader, using: sql\`owner = 1\` })]);
`,
  });
  const made = await p.generate({ name: "notes", write: false });
  assert.deepEqual(await filesIn(p.migrations), []);
  assert.match(made.up ?? "", new RegExp(`^CREATE ROLE "generate_reader_${process.pid}"`));
  assert.match(made.up ?? "", /CREATE SCHEMA app;[^]*ALTER TABLE app.notes ENABLE ROW LEVEL SECURITY[^]*CREATE POLICY own/);
  assert.match(made.up ?? "", /CREATE SEQUENCE public.counter START (?:WITH )?7/);
});

test("what is gone from the schema goes, an enum with its last column, and what needs it is named", async (t) => {
  const p = await withFirst(t);
  await p.edit("src/schema/users.ts", '  tier: kycTier("tier").notNull().default("none"),\n', "");
  await p.edit("src/schema/users.ts", 'export const kycTier = pgEnum("kyc_tier", ["none", "basic", "full"]);\n', "");
  await p.edit("src/schema/money.ts", /export const richest[^]*$/.exec(await p.text("src/schema/money.ts"))?.[0] ?? "?", "");
  const made = await p.generate({ name: "gone" });
  assert.match(made.up ?? "", /DROP VIEW public.richest;/);
  assert.match(made.up ?? "", /DROP COLUMN tier;[^]*DROP TYPE public.kyc_tier;/);
  await p.up();
  assert.deepEqual(await objectsIn(p.session1, "view", "type"), []);
});
