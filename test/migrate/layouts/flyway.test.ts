/** Flyway cannot be run here: the folder is written by hand, the table after its source; see fixtures/flyway/history.sql for the checksums. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { bareVersion, flywayChecksum } from "../../../src/migrate/layouts/flyway-history.ts";
import { flywayLayout } from "../../../src/migrate/layouts/flyway.ts";
import { copyOf, fixture, folder, hasCode, historyOf, historyRows, shown, toCrlf, withDatabase } from "./support.ts";

const dir = fixture("flyway", "sql");

test("reads versions in their order, from subfolders too, then repeatables by name", async (t) => {
  for (const from of [dir, await copyOf(t, dir, toCrlf)]) {
    assert.deepEqual(
      (await flywayLayout.read(from)).map(({ name, version, title, transaction, repeatable, down }) => [
        name,
        version,
        title,
        transaction,
        repeatable,
        down?.text.trim(),
        down?.transaction,
      ]),
      [
        ["V1__Create_person_table", "1", "Create person table", true, false, undefined, undefined],
        ["V1_1__Add_people", "1.1", "Add people", true, false, undefined, undefined],
        ["V2__index_names", "2", "index names", false, false, "drop index concurrently person_name;", false],
        ["V3__Couple", "3", "Couple", true, false, "drop table COUPLE;", undefined],
        ["V10.0__since", "10.0", "since", true, false, undefined, undefined],
        ["R__A_people", "", "A people", true, true, undefined, undefined],
        ["R__Couples", "", "Couples", true, true, undefined, undefined],
      ],
    );
  }
});

test("an edited undo changes the hash, but not what up executes", async (t) => {
  const before = (await flywayLayout.read(dir)).find(({ version }) => version === "2");
  const after = (await flywayLayout.read(await copyOf(t, dir, (text) => text.replace("drop index", "DROP INDEX")))).find(
    ({ version }) => version === "2",
  );
  assert.notEqual(before?.hash, after?.hash);
  assert.equal(before?.upHash, after?.upHash);
});

test("a baseline script counts where its versions are gone", async (t) => {
  const names = async (files: Record<string, string>): Promise<unknown> =>
    (await flywayLayout.read(await folder(t, files))).map(({ name }) => name);
  assert.deepEqual(await names({ "B5__all.sql": "", "V6__a.sql": "" }), ["B5__all", "V6__a"]);
  assert.deepEqual(await names({ "B5__all.sql": "", "V5__a.sql": "", "V6__b.sql": "" }), ["V5__a", "V6__b"]);
});

test("errors, and the empty folder", async (t) => {
  assert.deepEqual(await flywayLayout.read(await folder(t)), []);
  for (const name of ["V1_init.sql", "V__init.sql", "R1__x.sql", "seed.sql", "V1a__x.sql"]) {
    await assert.rejects(flywayLayout.read(await folder(t, { [name]: "" })), hasCode("MIGRATE_FOREIGN_NAME", new RegExp(name)), name);
  }
  await assert.rejects(flywayLayout.read(await folder(t, { "U1__x.sql": "" })), hasCode("MIGRATE_DOWN_ALONE", /U1__x\.sql/));
  await assert.rejects(flywayLayout.read(await folder(t, { "V1__a.sql": "", "V1.0__b.sql": "" })), hasCode("MIGRATE_DUPLICATE"));
  await assert.rejects(flywayLayout.read(await folder(t, { "a/R__x.sql": "", "b/R__x.sql": "" })), hasCode("MIGRATE_DUPLICATE"));
});

test("is recognised where every file is Flyway's", async () => {
  const detect = (...entries: string[]): Promise<boolean> => flywayLayout.detect("", entries);
  assert.equal(await detect("V1__a.sql", "R__b.sql", "afterMigrate.sql", "V1__a.sql.conf"), true);
  assert.equal(await detect("V1_2__a.sql", "U1_2__a.sql", "2026"), true);
  assert.equal(await detect("V1__a.sql", "seed.sql"), false);
  assert.equal(await detect("v1_a.sql"), false);
  assert.equal(await detect("V1.sql"), false);
  assert.equal(await detect(), false);
});

test("versions compare as Flyway compares them", () => {
  for (const version of ["1", "1.0", "01", "1.0.0", "001.00"]) assert.equal(bareVersion(version), "1", version);
  assert.equal(bareVersion("1.10"), "1.10");
  assert.equal(bareVersion("0.1"), "0.1");
  assert.equal(bareVersion("0"), "0");
  assert.equal(bareVersion("10.0"), "10");
});

test("the checksum is the one that Flyway's documentation prints, and the JDK's for odd line ends", async () => {
  assert.equal(flywayChecksum(await readFile(fixture("flyway", "sql", "V3__Couple.sql"), "utf8")), -722651034);
  assert.equal(flywayChecksum("a\r\nb\rc\n\ndé"), -1207370335);
  assert.equal(flywayChecksum(""), 0);
});

const expected = [
  "V1__Create_person_table.sql → V1__Create_person_table, same",
  "V1_1__Add_people.sql → V1_1__Add_people, same",
  "db.migration.V2_7__in_Java → no file, no checksum",
  "V3__Couple.sql → V3__Couple, same",
  "R__Couples.sql → R__Couples, same",
  "R__A_people.sql → R__A_people, no checksum",
];

test("the history: what was undone or deleted is gone, of repeatables the last row counts", async (t) => {
  await withDatabase(t, await historyOf("flyway"), async (session) => {
    const read = async (from: string): Promise<unknown> => shown(await historyRows(flywayLayout, session, await flywayLayout.read(from)));
    assert.deepEqual(await read(dir), expected);
    assert.deepEqual(await read(await copyOf(t, dir, toCrlf)), expected);
    assert.deepEqual(await read(await copyOf(t, dir, (text) => `\ufeff${text}`)), expected);
    const edited = await copyOf(t, dir, (text) => text.replace("Mr. Foo", "Ms. Foo").replace("Zürich", "Zug"));
    assert.deepEqual(
      await read(edited),
      expected.map((line) => (/Add_people|Couples/.test(line) ? line.replace("same", "edited") : line)),
    );
    const rows = await historyRows(flywayLayout, session, await flywayLayout.read(dir));
    assert.equal(rows?.[0]?.appliedAt?.toISOString(), "2026-01-05T10:00:01.000Z");
  });
});

const table =
  "create table public.flyway_schema_history (installed_rank int primary key, version text, description text, type text, script text, checksum int, installed_by text, installed_on timestamp default now(), execution_time int, success boolean);";
const insert = "insert into public.flyway_schema_history (installed_rank, version, description, type, script, checksum, success) values";

test("the history: a baseline stands for everything up to it", async (t) => {
  const files = await flywayLayout.read(dir);
  const rows = `${insert} (1, '2', '<< Flyway Baseline >>', 'BASELINE', '<< Flyway Baseline >>', null, true), (2, '3', 'Couple', 'SQL', 'V3__Couple.sql', 1, true);`;
  await withDatabase(t, table + rows, async (session) =>
    assert.deepEqual(shown(await historyRows(flywayLayout, session, files)), [
      "V1__Create_person_table.sql → V1__Create_person_table, no checksum",
      "V1_1__Add_people.sql → V1_1__Add_people, no checksum",
      "V2__index_names.sql → V2__index_names, no checksum",
      "V3__Couple.sql → V3__Couple, edited",
    ]),
  );
});

test("the history: failed migrations and failed undos are not finished", async (t) => {
  const files = await flywayLayout.read(dir);
  const rows = `${insert} (1, '1', 'a', 'SQL', 'V1__a.sql', 1560122226, true), (2, '1', 'a', 'UNDO_SQL', 'U1__a.sql', null, false),
    (3, '1.1', 'b', 'SQL', 'V1_1__b.sql', -2105317823, false);`;
  await withDatabase(t, table + rows, async (session) =>
    assert.deepEqual(shown(await historyRows(flywayLayout, session, files)), [
      "V1__a.sql → V1__Create_person_table, same, not finished",
      "V1_1__b.sql → V1_1__Add_people, same, not finished",
    ]),
  );
});

test("the history: an empty table and none", async (t) => {
  await withDatabase(t, table, async (session) => assert.deepEqual(await historyRows(flywayLayout, session, []), []));
  await withDatabase(t, "", async (session) => assert.equal(await historyRows(flywayLayout, session, []), undefined));
});
