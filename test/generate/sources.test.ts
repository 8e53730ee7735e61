/** Where the schema comes from, and what is said where it cannot be had. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf } from "../support/migrate-project.ts";
import { declared, drizzleConfig, filesIn, savingsClub } from "./support.ts";

const table = (more = ""): string =>
  `import { integer, pgTable } from "drizzle-orm/pg-core";\n${more}\nexport const a = pgTable("a", { id: integer("id") });\n`;

test("no schema, two schemas, a file that is not there, a bad name", async (t) => {
  const p = await declared(t, {}, { modules: null });
  assert.match((await failureOf(p.generate({ name: "x" }), "MIGRATE_GENERATE_NO_SCHEMA")).message, /drizzle.config.ts.*schema.sql/);
  await failureOf(p.generate({ name: "x", schema: "nothing.sql" }), "MIGRATE_GENERATE_NO_SCHEMA");
  await failureOf(p.generate({ name: "x", from: "prisma" }), "MIGRATE_GENERATE_NO_SCHEMA");
  await failureOf(p.generate({ name: "../x" }), "MIGRATE_NAME_INVALID");
  await p.put({ "schema.sql": "create table a (id int);", "drizzle.config.ts": savingsClub["drizzle.config.ts"] ?? "" });
  assert.match((await failureOf(p.generate({ name: "x" }), "MIGRATE_GENERATE_AMBIGUOUS")).hint ?? "", /--from drizzle/);
  assert.match((await p.generate({ name: "x", from: "schema" })).path ?? "", /001_x.sql$/);
});

test("drizzle that is not installed is named with the line that installs it", async (t) => {
  const p = await declared(t, savingsClub, { modules: null });
  const error = await failureOf(p.generate({ name: "x" }), "MIGRATE_ORM_MISSING");
  assert.match(error.hint ?? "", /npm install --save-dev drizzle-kit/);
  assert.equal(error.exit, 2);
});

test("a drizzle-kit of another age is refused by its version", async (t) => {
  const fake = (version: string): string => JSON.stringify({ name: "x", version });
  const p = await declared(
    t,
    { ...savingsClub, "node_modules/drizzle-kit/package.json": fake("0.22.8"), "node_modules/drizzle-orm/package.json": fake("0.30.0") },
    { modules: null },
  );
  assert.match((await failureOf(p.generate({ name: "x" }), "MIGRATE_ORM_VERSION")).message, /drizzle-kit 0.22.8/);
});

test("what Node cannot load of a schema is said with the way out", async (t) => {
  const p = await declared(t, { "drizzle.config.ts": drizzleConfig('"./schema.ts"') });
  const hintFor = async (schema: string, more: Readonly<Record<string, string>> = {}): Promise<string> => {
    await p.put({ "schema.ts": schema, ...more });
    const error = await failureOf(p.generate({ name: "x" }), "MIGRATE_ORM_SCHEMA");
    return `${error.message}\n${error.hint}\n${error.detail}`;
  };
  assert.match(await hintFor(table('import { b } from "@/db/b";')), /schema.ts[^]*@\/db[^]*paths of tsconfig.json[^]*imports/);
  assert.match(await hintFor(table("enum Colour { Red }")), /type stripping: no enum/);
  assert.match(await hintFor(table('import { B } from "./b.ts";'), { "b.ts": "export interface B { x: number }\n" }), /import type/);
  assert.match(await hintFor(table('throw new Error("DATABASE_URL is missing");')), /DATABASE_URL is missing/);
  const twice = table()
    .replace("pgTable }", "pgTable, unique }")
    .replace("});", '}, (c) => [unique("u").on(c.id), unique("u").on(c.id)]);');
  assert.match(await hintFor(twice), /drizzle-kit ended with code 1[^]*duplicated unique constraint/i);
  await p.put({ "drizzle.config.ts": drizzleConfig('"./nothing/*.ts"') });
  assert.match((await failureOf(p.generate({ name: "x" }), "MIGRATE_ORM_SCHEMA")).message, /no schema file/);
  await p.put({ "drizzle.config.ts": drizzleConfig('"./schema.ts"').replace("postgresql", "sqlite") });
  assert.match((await failureOf(p.generate({ name: "x" }), "MIGRATE_ORM_SCHEMA")).message, /its dialect is sqlite/);
  assert.deepEqual(await filesIn(p.migrations), []);
});

test("imports without an ending, casing, what a schema prints and keeps open", async (t) => {
  const p = await declared(t, {
    "drizzle.config.ts": drizzleConfig('["./db"]', ', casing: "snake_case"'),
    "db/index.ts": 'export * from "./tables";\nexport * from "./more.js";\n',
    "db/tables/index.ts":
      'import { integer, pgTable } from "drizzle-orm/pg-core";\nconsole.log("hello");\nsetInterval(() => undefined, 1000);\nexport const a = pgTable("a", { longName: integer().unique() });\n',
    "db/more.ts":
      'import { integer, pgTable } from "drizzle-orm/pg-core";\nimport { a } from "./tables/index";\nexport const b = pgTable("b", { id: integer(), a: integer().references(() => a.longName) });\n',
  });
  const made = await p.generate({ name: "x", write: false });
  assert.match(made.up ?? "", /long_name integer/);
});

test("an extension that the schema builds on comes from a migration by hand", async (t) => {
  const schema = `import { index, pgTable, text } from "drizzle-orm/pg-core";
export const a = pgTable("a", { t: text("t") }, (c) => [index("a_t").using("gin", c.t.op("gin_trgm_ops"))]);
`;
  const p = await declared(t, { "drizzle.config.ts": drizzleConfig('"./schema.ts"'), "schema.ts": schema });
  const error = await failureOf(p.generate({ name: "x" }), "MIGRATE_DECLARED_SQL_FAILED");
  assert.match(error.message, /gin_trgm_ops/);
  await p.write({ "001_extensions.sql": "-- Up migration\ncreate extension pg_trgm;\n-- Down migration\ndrop extension pg_trgm;\n" });
  assert.match((await p.generate({ name: "x" })).up ?? "", /CREATE INDEX a_t ON public.a USING gin \(t (?:public\.)?gin_trgm_ops\)/);
});
