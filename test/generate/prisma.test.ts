/**
 * `migrate generate` from a Prisma schema. Prisma's CLI needs a native engine that it downloads from its vendor's own host,
 * so that these tests run a FAKE `prisma`: a script in node_modules that prints SQL as `prisma migrate diff --script` does.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf } from "../support/migrate-project.ts";
import { declared, filesIn, objectsIn } from "./support.ts";

const fakePrisma = (version: string): Readonly<Record<string, string>> => ({
  "node_modules/prisma/package.json": JSON.stringify({ name: "prisma", version, bin: { prisma: "build/index.cjs" } }),
  "node_modules/prisma/build/index.cjs": `const { readFileSync } = require("node:fs");
const words = process.argv.slice(2);
const flag = ${Number(version.split(".")[0]) >= 7} ? "--to-schema" : "--to-schema-datamodel";
if (words.slice(0, 3).join(" ") !== "migrate diff --from-empty" || words[3] !== flag || words[5] !== "--script") {
  console.error("unknown option: " + words.join(" "));
  process.exit(1);
}
const sql = /FAKE-SQL([^]*)/.exec(readFileSync(words[4], "utf8"));
if (!sql) { console.error("Error: P1012 the schema is not valid"); process.exit(1); }
process.stdout.write(sql[1]);
`,
});

/** In Prisma's own words, as its engine writes them. */
const first = `-- CreateEnum
CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN');

-- CreateTable
CREATE TABLE "User" (
    "id" SERIAL NOT NULL,
    "email" TEXT NOT NULL,
    "role" "Role" NOT NULL DEFAULT 'USER',

    CONSTRAINT "User_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Post" (
    "id" SERIAL NOT NULL,
    "title" TEXT NOT NULL,
    "authorId" INTEGER NOT NULL,

    CONSTRAINT "Post_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");

-- AddForeignKey
ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
`;

test("Prisma that is not installed, and a CLI that fails, are said with what it printed", async (t) => {
  const p = await declared(t, { "prisma/schema.prisma": "// nothing\n" }, { modules: null });
  assert.match((await failureOf(p.generate({ name: "x" }), "MIGRATE_ORM_MISSING")).hint ?? "", /npm install --save-dev prisma/);
  await p.put(fakePrisma("7.10.1"));
  const error = await failureOf(p.generate({ name: "x" }), "MIGRATE_PRISMA_FAILED");
  assert.match(error.message, /prisma migrate diff --from-empty --to-schema .*schema.prisma --script` failed \(Prisma 7.10.1\)/);
  assert.match(error.detail ?? "", /P1012/);
  assert.match(error.hint ?? "", /native engine/);
});

for (const version of ["6.19.0", "7.10.1"]) {
  test(`with a fake Prisma ${version}: its SQL is declared, what it cannot say stays, its folder is its own`, async (t) => {
    const files = { "prisma/schema.prisma": `// FAKE-SQL\n${first}`, ...fakePrisma(version) };
    const p = await declared(t, files, { modules: null, config: { migrate: { dir: "prisma/migrations" } } });
    await p.put({
      "prisma/migrations/20260101000000_init/migration.sql": first,
      "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
    });
    await p.put({
      "prisma/migrations/20260102000000_by_hand/migration.sql":
        'alter table "User" add check (length(email) > 3), add constraint email_once unique (email);\ncreate index on "Post" (lower(title));\nalter table "Post" enable row level security;\ncreate policy own on "Post" using (true);\n',
    });
    assert.equal((await p.generate({ name: "nothing" })).up, null);
    const renamed = first
      .replace('"title" TEXT NOT NULL', '"headline" TEXT NOT NULL,\n    "views" INTEGER NOT NULL DEFAULT 0')
      .replace("'ADMIN'", "'ADMIN', 'ROOT'");
    await p.put({ "prisma/schema.prisma": `// FAKE-SQL\n${renamed}` });
    assert.match(
      (await failureOf(p.generate({ name: "views" }), "MIGRATE_RENAME_UNDECIDED")).hint ?? "",
      /--rename '"Post".title=headline'/,
    );
    const made = await p.generate({ name: "views", rename: ["Post.title=headline"] });
    assert.equal(made.source, "prisma");
    assert.match(made.path ?? "", /\d{14}_views\/migration.sql$/);
    assert.doesNotMatch(made.up ?? "", /DROP/);
    const [, , third = ""] = await filesIn(`${p.dir}/prisma/migrations`);
    assert.deepEqual(await filesIn(`${p.dir}/prisma/migrations/${third}`), ["down.sql", "migration.sql"]);
    await p.up();
    assert.ok((await objectsIn(p.session1, "column")).includes('column public."Post".headline'));
    assert.deepEqual(await objectsIn(p.session1, "policy"), ['policy public."Post".own']);
    assert.equal((await p.generate({ name: "nothing" })).up, null);
  });
}
