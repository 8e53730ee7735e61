/** The files take the place of the last snapshot's, or leave them as they are. */
import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { failureOf } from "../../support/migrate-project.ts";
import { type SnapshotProject, snapshotProject } from "../../support/snapshot-project.ts";

const schema = "create table a (id int primary key, note text); create table b (id int primary key, a_id int references a);";
const data = "insert into a select n, 'x' from generate_series(1, 9) n; insert into b select n, n from generate_series(1, 9) n;";
const rules = { columns: { "a.note": "text" } } as const;

const everything = async (p: SnapshotProject): Promise<Readonly<Record<string, string>>> => {
  const dir = join(p.dir, "seeders");
  const names = (await readdir(dir)).sort();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(dir, name), "utf8")] as const)));
};

test("a snapshot that fails leaves the last one as it was", async (t) => {
  const p = await snapshotProject(t, schema, data, rules);
  const { seed } = await p.steward();
  await seed.snapshot();
  await p.session2.script("update a set note = 'y'; alter table b add column html text; update b set html = 'ann@mail.org' where id = 9");
  const before = await everything(p);
  await failureOf(seed.snapshot(), "SEED_SNAPSHOT_UNDECIDED");
  assert.deepEqual(await everything(p), before);
});

test("one that was killed between two files is completed by the next", async (t) => {
  const p = await snapshotProject(t, schema, data, rules);
  const { seed } = await p.steward();
  await seed.snapshot({ rows: 3 });
  const last = await everything(p);
  await p.session2.script("delete from b; drop table b; create table c (id int primary key); insert into c values (1)");
  await seed.snapshot({ rows: 5 });
  const next = await everything(p);
  // As it lies when the process dies after the first rename: a manifest of both, one new file, the old ones.
  const filesOf = (text = "{}"): Record<string, string> => (JSON.parse(text) as { files: Record<string, string> }).files;
  const manifest = { ...JSON.parse(next["snapshot.json"] ?? "{}"), before: filesOf(last["snapshot.json"]) } as object;
  await writeFile(join(p.dir, "seeders", "snapshot.json"), JSON.stringify(manifest));
  for (const [name, text] of Object.entries(last))
    if (/^90[01]_/.test(name) && !name.startsWith("900_snapshot_a.csv.json")) await writeFile(join(p.dir, "seeders", name), text);
  await seed.snapshot({ rows: 5 });
  const { "snapshot.json": takenThen, ...files } = await everything(p);
  const { "snapshot.json": takenBefore, ...expected } = next;
  assert.deepEqual(files, expected);
  assert.deepEqual(filesOf(takenThen), filesOf(takenBefore));
});

test("the manifest says when, what and how much, and no value", async (t) => {
  const p = await snapshotProject(t, schema, data, rules);
  const clock = { now: () => Date.UTC(2024, 4, 6), sleep: () => Promise.resolve(), random: () => 0 };
  await (await p.steward({}, { clock })).seed.snapshot({ where: ["a=id = 7"] });
  const { files, ...manifest } = JSON.parse((await everything(p))["snapshot.json"] ?? "{}") as Record<string, object>;
  assert.deepEqual(manifest, {
    takenAt: "2024-05-06T00:00:00.000Z",
    tables: { a: { rows: 1, of: 9, replaced: ["note"] }, b: { rows: 1, of: 9, replaced: [] } },
  });
  assert.deepEqual(Object.keys(files ?? {}), [
    "900_snapshot_a.csv",
    "900_snapshot_a.csv.json",
    "901_snapshot_b.csv",
    "901_snapshot_b.csv.json",
  ]);
});
