/**
 * Everything that a drizzle schema can say, changed at once: types, enums, identities, generated columns, keys, indexes,
 * policies, views, sequences. The oracle is drizzle-kit's own SQL for each schema.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { declared, declaredFingerprint, drizzleConfig } from "./support.ts";

const before = `import { sql } from "drizzle-orm";
import { bigint, check, index, integer, jsonb, pgEnum, pgMaterializedView, pgPolicy, pgSequence, pgTable, pgView, primaryKey, serial, text, uniqueIndex, varchar } from "drizzle-orm/pg-core";

export const st = pgEnum("st", ["a", "b", "c"]);
export const seq = pgSequence("seq", { startWith: 5, increment: 2 });
export const t1 = pgTable("t1", { id: serial("id").primaryKey(), s: st("s").default("a"), n: text("n").unique(), v: varchar("v", { length: 10 }), x: integer("x").default(3), y: integer("y"), g: integer("g").generatedAlwaysAs(sql\`y * 2\`), arr: text("arr").array().default([]) }, (t) => [check("c1", sql\`\${t.x} > 0\`), index("i1").on(t.v), pgPolicy("p1", { using: sql\`true\` })]);
export const t2 = pgTable("t2", { a: integer("a").notNull(), b: integer("b").notNull(), t: integer("t").references(() => t1.id), j: jsonb("j") }, (t) => [primaryKey({ columns: [t.a, t.b] })]);
export const v1 = pgView("v1").as((q) => q.select({ id: t1.id, v: t1.v }).from(t1));
export const m1 = pgMaterializedView("m1").as((q) => q.select({ a: t2.a }).from(t2));
`;

const after = `import { sql } from "drizzle-orm";
import { bigint, check, index, integer, jsonb, pgEnum, pgMaterializedView, pgPolicy, pgSequence, pgTable, pgView, primaryKey, serial, text, uniqueIndex, varchar } from "drizzle-orm/pg-core";

export const st = pgEnum("st", ["a", "c", "d"]);
export const seq = pgSequence("seq", { startWith: 5, increment: 3, maxValue: 900 });
export const t1 = pgTable("t1", { id: integer("id").primaryKey().generatedByDefaultAsIdentity(), s: st("s").default("c").notNull(), n: text("n"), v: varchar("v", { length: 20 }).notNull(), x: bigint("x", { mode: "number" }), y: integer("y"), g: integer("g").generatedAlwaysAs(sql\`y * 3\`), arr: text("arr").array().notNull() }, (t) => [check("c1", sql\`\${t.x} > 1\`), index("i1").on(t.v.desc(), t.x), uniqueIndex("t1_n_unique").on(t.n), pgPolicy("p1", { using: sql\`id > 0\`, for: "select" })]);
export const t2 = pgTable("t2", { a: integer("a").notNull(), b: integer("b"), t: integer("t").references(() => t1.id, { onDelete: "set null" }), j: text("j") }, (t) => [primaryKey({ columns: [t.a] })]);
export const v1 = pgView("v1").with({ securityInvoker: true }).as((q) => q.select({ id: t1.id, v: t1.v, x: t1.x }).from(t1));
export const m1 = pgMaterializedView("m1").as((q) => q.select({ a: t2.a, b: t2.b }).from(t2));
`;

test("from one schema to another one that differs in everything, and back", async (t) => {
  const p = await declared(t, { "drizzle.config.ts": drizzleConfig('"./schema.ts"'), "schema.ts": before });
  const first = await p.generate({ name: "before" });
  assert.equal(first.down.verdict, "proved");
  await p.up();
  const whole = await p.fingerprint();
  assert.equal(whole, await declaredFingerprint(t, p));

  await p.put({ "schema.ts": after });
  const second = await p.generate({ name: "after", drop: ["st.b"] });
  assert.notEqual(second.down.verdict, "none");
  await p.up();
  assert.equal(await p.fingerprint(), await declaredFingerprint(t, p));
  assert.equal((await p.generate({ name: "nothing" })).up, null);
  await p.it.migrate.down();
  assert.equal(await p.fingerprint(), whole);
});
