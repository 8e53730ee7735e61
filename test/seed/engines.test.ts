/** The same seeders on PGlite and on the server of TEST_DATABASE_URL: written, found equal, undone. */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { createSteward, type Steward } from "../../src/steward.ts";
import { type Files, temporary, writeFiles } from "../support/migrate-project.ts";
import { defer, systemUrl } from "../support/migrate-server.ts";
import { testCacheDir } from "../support/testDatabase.ts";
import { seedProject } from "../support/seed-project.ts";

const migration = `create extension if not exists vector;
  create type mood as enum ('ok', 'bad');
  create table docs (id bigint generated always as identity primary key, slug text unique not null, mood mood, tags text[], body jsonb, bytes bytea, at timestamptz);
  create table parts (doc_id bigint references docs, n int, text text, primary key (doc_id, n));
  insert into docs (slug, mood) values ('mine', 'ok');`;
const files: Files = {
  "seeders/001_docs.ts": `export async function seedDocs(seed) {
    const docs = await seed.upsert("docs", [
      { slug: "mine", mood: "bad", tags: ["x"] },
      { slug: "new", body: [1, { a: null }], bytes: new Uint8Array([1, 2]), at: new Date(0) }], { key: ["slug"] });
    await seed.session.query("insert into parts select $1, i, 't' || i from generate_series(1, 3) i on conflict do nothing", [docs[1].id]);
  }`,
  "seeders/002_more.csv": "slug,mood\ncsv,ok\n",
  "seeders/002_more.csv.json": '{"table": "docs", "key": ["slug"]}',
  "seeders/003_parts.sql": "update parts set text = 'changed' where n = 1;",
};
/** Vectors: PGlite has them, and every server where the extension is. */
const vectors: Files = {
  "seeders/004_vectors.ts":
    'export async function seedVectors(seed) { await seed.upsert("vectors", [{ id: 1, v: [0.5, 1e-3, 2] }, { id: 2, v: new Float32Array([1, 2, 3]) }], { key: ["id"] }); }',
};

async function seedsAndUndoes({ seed, session }: Steward): Promise<void> {
  const content = async (): Promise<unknown> => {
    const inside = await session();
    try {
      return (
        await inside.query(
          "select d::text as line, d.ctid::text as at from docs d union all select p::text, p.ctid::text from parts p order by 1",
        )
      ).rows;
    } finally {
      await inside.close();
    }
  };
  const lines = async (): Promise<readonly string[]> => ((await content()) as { line: string }[]).map(({ line }) => line);
  const before = await lines();
  const first = await seed.run();
  assert.deepEqual(
    first.result.seeders.slice(0, 3).map(({ inserted, updated, unrecorded }) => [inserted, updated, unrecorded]),
    [
      [4, 1, []],
      [1, 0, []],
      [0, 1, []],
    ],
  );
  const seeded = await content();
  const again = await seed.run();
  assert.deepEqual(
    again.result.seeders.slice(0, 2).map(({ inserted, updated }) => [inserted, updated]),
    [
      [0, 0],
      [0, 0],
    ],
  );
  assert.deepEqual(await content(), seeded);
  assert.equal((await seed.status()).ok, true);
  await seed.undo();
  assert.deepEqual(await lines(), before);
}

test("PGlite", async (t: TestContext) => {
  const dir = await temporary(t);
  mkdirSync(testCacheDir, { recursive: true });
  await writeFiles(dir, {
    ...files,
    ...vectors,
    "migrations/001_docs.sql": `${migration}\ncreate table vectors (id int primary key, v vector(3));`,
  });
  const steward = await createSteward({ cwd: dir, env: { USER: "tester", XDG_CACHE_HOME: testCacheDir }, config: { engine: "pglite" } });
  defer(t, () => steward.close());
  await steward.migrate.up();
  await seedsAndUndoes(steward);
});

test("the server of TEST_DATABASE_URL", async (t) => {
  const server = await systemUrl();
  if (server === undefined) return t.skip("there is none");
  const p = await seedProject(t, migration.replace("create extension if not exists vector;", ""), {}, { server });
  await writeFiles(p.dir, files);
  await seedsAndUndoes(await p.steward());
});
