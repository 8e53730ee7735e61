/** Whose folder it is, and which tables know its migrations. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { LayoutName } from "../../../src/migrate/layouts/layout.ts";
import { foreignHistories, knownHistories, layoutOf, loadLayouts } from "../../../src/migrate/layouts/layouts.ts";
import { copyOf, fixture, folder, historyOf, shown, toCrlf, withDatabase } from "./support.ts";

const own: Readonly<Record<string, readonly [dir: string, expected: LayoutName]>> = {
  prisma: [fixture("prisma", "migrations"), "prisma"],
  "drizzle 0.x": [fixture("drizzle-0", "drizzle"), "drizzle"],
  "drizzle 1.0": [fixture("drizzle-1", "drizzle"), "drizzle"],
  supabase: [fixture("supabase", "supabase", "migrations"), "supabase"],
  dbmate: [fixture("dbmate", "migrations"), "dbmate"],
  flyway: [fixture("flyway", "sql"), "flyway"],
  graphile: [fixture("graphile-migrate", "migrations"), "graphile-migrate"],
  committed: [fixture("graphile-migrate", "migrations", "committed"), "graphile-migrate"],
  // What several tools read alike is read as ours.
  "node-pg-migrate": [fixture("node-pg-migrate", "migrations"), "pgsteward"],
  "golang-migrate": [fixture("golang-migrate", "migrations"), "pgsteward"],
};

for (const [title, [dir, expected]] of Object.entries(own)) {
  test(`${title} is taken as ${expected}, also with CRLF`, async (t) => {
    assert.equal((await layoutOf(dir, "auto")).name, expected);
    if (title !== "supabase") assert.equal((await layoutOf(await copyOf(t, dir, toCrlf), "auto")).name, expected);
  });
}

const folders: readonly (readonly [files: Readonly<Record<string, string>>, expected: LayoutName])[] = [
  [{}, "pgsteward"],
  [{ "README.md": "" }, "pgsteward"],
  [{ "001_a.sql": "", "002_b.sql": "-- Up migration\n-- Down migration\n" }, "pgsteward"],
  [{ "a.sql": "", "20260101000000_b.sql": "" }, "pgsteward"],
  [{ "20260101000000_b.sql": "" }, "pgsteward"],
  [{ "001_a.sql": "-- migrate:up\n-- migrate:down\n", "002_b.sql": "select 1;" }, "pgsteward"],
  [{ "001_a.sql": "-- migrate:up\n-- migrate:down\n", "002_b.ts": "export async function up(session) {}" }, "pgsteward"],
  [{ "000001.sql": "select 1;", "000002-b.sql": "" }, "pgsteward"],
  [{ "v1_a.sql": "", "V2__b.sql": "" }, "pgsteward"],
  [{ "001_a.ts": "export async function up(session) {}" }, "pgsteward"],
  [{ "meta/readme.json": "{}", "0000_a.sql": "" }, "pgsteward"],
  [{ "1_a.js": "exports.up = (pgm) => {}" }, "node-pg-migrate"],
  [{ "20260101000000_a/migration.sql": "" }, "prisma"],
  [{ "migration_lock.toml": "" }, "prisma"],
  [{ "20260101000000_a/migration.sql": "", "20260101000000_a/snapshot.json": "{}" }, "drizzle"],
];

for (const [files, expected] of folders) {
  test(`${Object.keys(files).join(", ") || "an empty folder"}: ${expected}`, async (t) => {
    assert.equal((await layoutOf(await folder(t, files), "auto")).name, expected);
  });
}

test("a folder called supabase/migrations is the CLI's only where every file is stamped", async (t) => {
  const stamped = { "20260101000000_a.sql": "" };
  const layout = async (files: Readonly<Record<string, string>>): Promise<string> => {
    const inside = Object.entries({ ...stamped, ...files }).map(([name, text]) => [`supabase/migrations/${name}`, text]);
    return (await layoutOf(join(await folder(t, Object.fromEntries(inside)), "supabase", "migrations"), "auto")).name;
  };
  assert.equal(await layout({}), "supabase");
  for (const name of ["users.sql", "2_b.sql", "20260101000001_b.up.sql", "20260101000001_b.ts"])
    assert.equal(await layout({ [name]: "" }), "pgsteward", name);
});

test("a named format is taken as it is, and every layout has its name once", async (t) => {
  const dir = await folder(t);
  const layouts = await loadLayouts();
  for (const { name } of layouts) assert.equal((await layoutOf(dir, name)).name, name);
  assert.equal(new Set(layouts.map(({ name }) => name)).size, layouts.length);
  assert.equal(layouts.at(-1)?.name, "pgsteward");
  assert.deepEqual(new Set(knownHistories), new Set(layouts.flatMap(({ history }) => history?.table ?? [])));
});

test("every name in a folder is unique", async () => {
  for (const [dir] of Object.values(own)) {
    const names = (await (await layoutOf(dir, "auto")).read(dir)).map(({ name }) => name);
    assert.equal(new Set(names).size, names.length, dir);
  }
});

const histories: readonly (readonly [fixture: string, dir: string, layout: LayoutName, applied: number])[] = [
  ["prisma", fixture("prisma", "migrations"), "prisma", 3],
  ["drizzle-0", fixture("drizzle-0", "drizzle"), "drizzle", 3],
  ["drizzle-1", fixture("drizzle-1", "drizzle"), "drizzle", 3],
  ["supabase", fixture("supabase", "supabase", "migrations"), "supabase", 3],
  ["dbmate", fixture("dbmate", "migrations"), "dbmate", 2],
  ["flyway", fixture("flyway", "sql"), "flyway", 6],
  ["graphile-migrate", fixture("graphile-migrate", "migrations"), "graphile-migrate", 3],
  ["node-pg-migrate", fixture("node-pg-migrate", "migrations"), "node-pg-migrate", 4],
  ["golang-migrate", fixture("golang-migrate", "migrations"), "golang-migrate", 2],
];

for (const [name, dir, layout, applied] of histories) {
  test(`${name}'s history is found for its folder, and for no other`, async (t) => {
    await withDatabase(t, await historyOf(name), async (session) => {
      const files = await (await layoutOf(dir, "auto")).read(dir);
      const found = await foreignHistories(session, dir, files, "auto");
      assert.deepEqual(
        found.map(({ layout, rows }) => [layout.name, rows.length]),
        [[layout, applied]],
      );
      const other = await folder(t, { "900_other.sql": "select 1;" });
      assert.deepEqual(await foreignHistories(session, other, await (await layoutOf(other, "auto")).read(other), "auto"), []);
    });
  });
}

test("a folder of ours can have been run by dbmate or Rails; a named format looks at its own table only", async (t) => {
  const dir = await folder(t, { "20260101000001_a.sql": "select 1;", "20260101000009_b.sql": "select 2;" });
  const files = await (await layoutOf(dir, "auto")).read(dir);
  await withDatabase(t, await historyOf("dbmate"), async (session) => {
    const [found] = await foreignHistories(session, dir, files, "pgsteward");
    assert.deepEqual(
      [found?.layout.name, ...(shown(found?.rows) ?? [])],
      ["dbmate", "20260101000001 → 20260101000001_a, no checksum", "20260101000002 → no file, no checksum"],
    );
    assert.deepEqual(await foreignHistories(session, dir, files, "golang-migrate"), []);
    assert.deepEqual(await foreignHistories(session, dir, files, "flyway"), []);
  });
});

test("of two histories the folder's own tool comes first", async (t) => {
  const dir = fixture("supabase", "supabase", "migrations");
  const files = await (await layoutOf(dir, "auto")).read(dir);
  await withDatabase(t, `${await historyOf("supabase")} ${await historyOf("dbmate")}`, async (session) => {
    const found = await foreignHistories(session, dir, files, "auto");
    assert.deepEqual(
      found.map(({ layout }) => layout.name),
      ["supabase", "dbmate"],
    );
  });
});
