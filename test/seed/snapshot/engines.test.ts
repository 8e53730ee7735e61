/** The same snapshot on PGlite and on the server of TEST_DATABASE_URL, loaded where it came from. */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createSteward, type Steward } from "../../../src/steward.ts";
import { temporary, writeFiles } from "../../support/migrate-project.ts";
import { defer, systemUrl } from "../../support/migrate-server.ts";
import { seedProject } from "../../support/seed-project.ts";
import { salt } from "../../support/snapshot-project.ts";
import { testCacheDir } from "../../support/testDatabase.ts";

const schema = `create type mood as enum ('ok', 'bad');
  create table people (id bigint generated always as identity primary key, email text unique not null, mood mood, tags text[], boss_id bigint references people);
  create table parts (person_id bigint references people, n int, bytes bytea, at timestamptz, primary key (person_id, n)) partition by hash (n);
  create table parts_0 partition of parts for values with (modulus 2, remainder 0);
  create table parts_1 partition of parts for values with (modulus 2, remainder 1);`;
const data = `insert into people (email, mood, tags, boss_id) select 'p' || n || '@mail.org', 'bad', array['a', 'b,c'], nullif(n / 3, 0) from generate_series(1, 30) n;
  insert into parts select n, m, '\\x00ff', '2024-01-01 00:00:00.5+00' from generate_series(1, 30) n, generate_series(1, 2) m;`;
const rules = `export default { salt: ${JSON.stringify(salt)}, columns: { "people.email": "email" } };`;

async function counts({ session }: Steward): Promise<unknown> {
  const inside = await session();
  try {
    const { rows } = await inside.query(`select (select count(*)::int from people) as people, (select count(*)::int from parts) as parts,
      (select count(*)::int from people where email like '%@mail.org') as named`);
    return rows[0];
  } finally {
    await inside.close();
  }
}

test("PGlite", async (t) => {
  mkdirSync(testCacheDir, { recursive: true });
  const open = async (files: Readonly<Record<string, string>>): Promise<{ dir: string; steward: Steward }> => {
    const dir = await temporary(t);
    await writeFiles(dir, {
      "migrations/001_people.sql": `${schema}\ncreate extension if not exists vector;\ncreate table facts (id int primary key, v vector(3));`,
      ...files,
    });
    const steward = await createSteward({ cwd: dir, env: { USER: "tester", XDG_CACHE_HOME: testCacheDir }, config: { engine: "pglite" } });
    defer(t, () => steward.close());
    await steward.migrate.up();
    return { dir, steward };
  };
  const { dir, steward } = await open({
    "migrations/002_data.sql": `${data}\ninsert into facts values (1, '[0.1,2,-3e-7]');`,
    "seeders/snapshot.ts": rules,
  });
  const { rows } = await steward.seed.snapshot({ rows: 5 });
  const fresh = await open({});
  await cp(join(dir, "seeders"), join(fresh.dir, "seeders"), { recursive: true });
  await fresh.steward.seed.run({ profile: "snapshot" });
  const { people, parts, named } = (await counts(fresh.steward)) as Record<string, number>;
  assert.deepEqual([(people ?? 0) + (parts ?? 0) + 1, named], [rows, 0]);
  assert.match(await readFile(join(fresh.dir, "seeders", "900_snapshot_facts.csv"), "utf8"), /"\[0\.1,2,-3e-07\]"/);
});

test("the server of TEST_DATABASE_URL", async (t) => {
  const server = await systemUrl();
  if (server === undefined) return t.skip("there is none");
  const p = await seedProject(t, schema, { "snapshot.ts": rules }, { server });
  await p.session2.script(data);
  const { rows } = await (await p.steward()).seed.snapshot({ rows: 5 });
  const fresh = await seedProject(t, schema, {}, { server });
  await cp(join(p.dir, "seeders"), join(fresh.dir, "seeders"), { recursive: true });
  const steward = await fresh.steward();
  await steward.seed.run({ profile: "snapshot", validate: true });
  const { people, parts, named } = (await counts(steward)) as Record<string, number>;
  assert.deepEqual([(people ?? 0) + (parts ?? 0), named], [rows, 0]);
});
