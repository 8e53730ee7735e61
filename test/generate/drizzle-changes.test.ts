/** A drizzle schema that changes: columns, types, enums, renames. The oracle is drizzle-kit's own SQL for the whole schema. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf } from "../support/migrate-project.ts";
import { declaredFingerprint, filesIn, withFirst } from "./support.ts";

test("columns are added, changed and dropped; each file has a proved down and is judged at once", async (t) => {
  const p = await withFirst(t);
  await p.edit("src/schema/money.ts", "  ends: date", '  note: text("note").notNull().default("none"),\n  ends: date');
  await p.edit("src/schema/users.ts", '["none", "basic", "full"]', '["none", "basic", "full", "sealed"]');
  const added = await p.generate({ name: "note" });
  assert.equal(
    added.up,
    "ALTER TYPE public.kyc_tier ADD VALUE 'sealed' AFTER 'full';\n\nALTER TABLE public.savings_plans ADD COLUMN note text DEFAULT 'none'::text NOT NULL;",
  );
  assert.equal(added.down.verdict, "lossy");

  await p.edit("src/schema/users.ts", 'integer("age")', 'bigint("age", { mode: "number" }).notNull().default(0)');
  await p.edit("src/schema/users.ts", "import { boolean", "import { bigint, boolean");
  const altered = await p.generate({ name: "age" });
  assert.match(altered.up ?? "", /ALTER TABLE public.users ALTER COLUMN age TYPE bigint/);
  assert.match(altered.up ?? "", /ALTER COLUMN age SET NOT NULL/);
  assert.ok(
    altered.findings.some(({ code }) => code.startsWith("LINT_")),
    "a rewrite under ACCESS EXCLUSIVE is told",
  );

  await p.edit("src/schema/money.ts", '  goal: text("goal").notNull(),\n', "");
  const dropped = await p.generate({ name: "goal" });
  assert.match(dropped.up ?? "", /DROP COLUMN goal/);
  assert.equal(dropped.down.verdict, "lossy");
  assert.ok(
    dropped.findings.some(({ code, object }) => code === "MIGRATE_GENERATED_LOSS" && object === "column public.savings_plans.goal"),
  );

  const proof = await p.it.migrate.prove({ all: true });
  assert.deepEqual(
    proof.data.files.map(({ verdict }) => verdict),
    ["proved", "proved", "proved", "lossy"],
  );
  await p.up();
  assert.equal(await p.fingerprint(), await declaredFingerprint(t, p));
  assert.equal((await p.generate({ name: "nothing" })).up, null);
});

test("a rename is a decision: exit 3 with the flag, and the flag resolves it", async (t) => {
  const p = await withFirst(t);
  await p.edit("src/schema/users.ts", 'name: text("name")', 'fullName: text("full_name")');
  const error = await failureOf(p.generate({ name: "names" }), "MIGRATE_RENAME_UNDECIDED");
  assert.equal(error.exit, 3);
  assert.equal(error.hint, "if it was renamed: `pgsteward migrate generate names --rename users.name=full_name`");
  assert.equal(error.detail, "column users.name: --rename users.name=full_name, or --drop users.name, or --keep users.name");
  assert.deepEqual(await filesIn(p.migrations), ["001_first.sql"]);
  await failureOf(p.generate({ name: "names", rename: ["users.nam=full_name"] }), "MIGRATE_NOT_THERE");

  const kept = await p.generate({ name: "names", keep: ["users.name"], write: false });
  assert.equal(kept.up, "ALTER TABLE public.users ADD COLUMN full_name text;");
  const dropped = await p.generate({ name: "names", drop: ["users.name"], write: false });
  assert.match(dropped.up ?? "", /DROP COLUMN name;[^]*ADD COLUMN full_name text;/);
  const renamed = await p.generate({ name: "names", rename: ["users.name=full_name"] });
  assert.equal(renamed.up, "ALTER TABLE public.users RENAME COLUMN name TO full_name;");
  assert.equal(renamed.down.verdict, "proved");
  await p.up();
  assert.equal(await p.fingerprint(), await declaredFingerprint(t, p));
});

test("a renamed table takes its keys and its sequence along, and keeps its rows", async (t) => {
  const p = await withFirst(t);
  await p.up();
  await p.session1.script("insert into users (email) values ('a@b.c'); insert into wallets (owner) select id from users");
  await p.edit("src/schema/money.ts", 'pgTable("wallets"', 'pgTable("purses"');
  await p.edit("src/schema/money.ts", 'index("wallets_owner_idx")', 'index("purses_owner_idx")');
  await p.edit("src/schema/money.ts", 'balance: numeric("balance"', 'balance: numeric("amount"');
  await failureOf(p.generate({ name: "purses" }), "MIGRATE_RENAME_UNDECIDED");
  const next = await failureOf(p.generate({ name: "purses", rename: ["wallets=purses"] }), "MIGRATE_RENAME_UNDECIDED");
  assert.match(next.hint ?? "", /--rename wallets=purses --rename purses.balance=amount/);
  const made = await p.generate({ name: "purses", rename: ["wallets=purses", "purses.balance=amount"] });
  assert.match(made.up ?? "", /ALTER SEQUENCE public.wallets_id_seq RENAME TO purses_id_seq;/);
  assert.doesNotMatch(made.up ?? "", /DROP (?:TABLE|INDEX|COLUMN|CONSTRAINT|SEQUENCE)/);
  assert.equal(made.down.verdict, "proved");
  await p.up();
  assert.equal(await p.fingerprint(), await declaredFingerprint(t, p));
  const { rows } = await p.session1.query("insert into purses (owner) select id from users returning id::text");
  assert.deepEqual(rows, [{ id: "2" }]);
});
