/** `seed new` writes seeders that run as they are. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { test } from "node:test";
import { failureOf } from "../support/migrate-project.ts";
import { seedProject } from "../support/seed-project.ts";

test("each kind of file is numbered, and runs as soon as its table is there", async (t) => {
  const p = await seedProject(
    t,
    "create table a (id int primary key, name text); create table b (like a including all); create table c (like a including all);",
  );
  const { seed } = await p.steward();
  assert.equal(basename((await seed.new({ name: "a", sql: true })).path), "001_a.sql");
  assert.equal(basename((await seed.new({ name: "b", csv: true })).path), "002_b.csv");
  const { path } = await seed.new({ name: "c" });
  assert.equal(basename(path), "003_c.ts");
  // The package is not installed here.
  await p.seeders({ "003_c.ts": (await readFile(path, "utf8")).replace(/^import.*$/m, "const defineSeeder = (seeder) => seeder;") });
  const { result } = await seed.run();
  assert.deepEqual(
    result.seeders.map(({ name, inserted }) => [name, inserted]),
    [
      ["001_a", 1],
      ["002_b", 0],
      ["003_c", 1],
    ],
  );
  assert.deepEqual(
    (await seed.list()).data.seeders.map(({ category }) => category),
    ["a", "b", "c"],
  );
  await failureOf(seed.new({ name: "a/b" }), "SEED_NAME_INVALID");
});
