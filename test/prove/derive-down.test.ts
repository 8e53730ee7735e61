/** `migrate derive-down`: what it prints, where it writes, and what it refuses. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { render } from "../../src/cli/render.ts";
import { deriveDown } from "../../src/migrate/index.ts";
import { failureOf, project, toCrlf } from "../support/migrate-project.ts";

const users = "-- Up migration\ncreate table users (id integer primary key, nick text);\n-- Down migration\ndrop table users;\n";
const nick = "-- Up migration\ncreate index users_nick on users (nick);\nalter table users drop column nick;\n";
const derived = "-- lossy: the values of public.users.nick are lost in 2 of 3 rows\nALTER TABLE public.users ADD COLUMN nick text;";

test("it prints by default, and writes only when asked", async (t) => {
  const p = await project(t, { "001_users.sql": users, "002_nick.sql": "alter table users drop column nick;\n" });
  const { migrate } = await p.steward();
  const path = join(p.migrations, "002_nick.sql");
  const printed = await migrate.deriveDown({ name: "2" });
  const lost = ["the values of public.users.nick are lost in 2 of 3 rows"];
  assert.deepEqual(
    { ...printed, where: "" },
    {
      name: "002_nick",
      path,
      verdict: "lossy",
      sql: derived.replace(" are lost in 2 of 3 rows", ""),
      losses: lost,
      written: false,
      where: "",
    },
  );
  assert.equal(await readFile(path, "utf8"), "alter table users drop column nick;\n");
  const text = render(deriveDown, printed, { dryRun: false } as never, (_, word) => word);
  assert.match(text, /ALTER TABLE public\.users ADD COLUMN nick text;\n-- the down section of 002_nick, proved but lossy: the values/);

  await migrate.up();
  const written = await migrate.deriveDown({ name: "2", write: true });
  assert.equal(written.written, true);
  assert.equal(await readFile(path, "utf8"), `alter table users drop column nick;\n\n-- Down migration\n\n${printed.sql}\n`);
  const { data } = await migrate.prove({ names: ["2"] });
  assert.equal(data.files[0]?.verdict, "lossy");
  assert.deepEqual((await migrate.prove({ names: ["2"] })).findings, [], "the loss is declared");
  assert.equal((await migrate.status()).ok, true, "the down section is not what was applied");
  assert.deepEqual((await migrate.down()).result.reverted, ["002_nick"]);
});

test("an empty section is filled, a written one only by force", async (t) => {
  const p = await project(t, { "001_users.sql": users, "002_nick.sql": `${nick}\n-- Down migration\n\n` });
  const { migrate } = await p.steward();
  const path = join(p.migrations, "002_nick.sql");
  await migrate.deriveDown({ name: "002", write: true });
  const first = await readFile(path, "utf8");
  assert.match(first, /-- Down migration\n\n-- lossy: .*\nALTER TABLE public\.users ADD COLUMN nick text;\n$/);
  const error = await failureOf(migrate.deriveDown({ name: "002", write: true }), "MIGRATE_DOWN_EXISTS");
  assert.equal(error.exit, 3);
  await migrate.deriveDown({ name: "002", write: true, force: true });
  assert.equal(await readFile(path, "utf8"), first);
});

test("line ends stay, a pair of files gets the other file, dbmate its own marker", async (t) => {
  const p = await project(t, toCrlf({ "001_users.sql": users, "002_nick.sql": nick }));
  await (await p.steward()).migrate.deriveDown({ name: "002", write: true });
  const text = await readFile(join(p.migrations, "002_nick.sql"), "utf8");
  assert.equal(text.replaceAll("\r\n", "").includes("\n"), false);

  const pairs = await project(t, { "001_users.up.sql": "create table users (id integer);", "001_users.down.sql": "" });
  await (await pairs.steward()).migrate.deriveDown({ name: "001", write: true });
  assert.equal(await readFile(join(pairs.migrations, "001_users.down.sql"), "utf8"), "DROP TABLE public.users;\n");

  const dbmate = await project(t, { "20260101000001_users.sql": "-- migrate:up\ncreate table users (id integer);\n\n-- migrate:down\n" });
  await (await dbmate.steward()).migrate.deriveDown({ name: "20260101000001", write: true });
  assert.match(
    await readFile(join(dbmate.migrations, "20260101000001_users.sql"), "utf8"),
    /-- migrate:down\n\nDROP TABLE public\.users;\n$/,
  );
});

test("all or nothing: a statement without an inverse is named, and nothing is written", async (t) => {
  const up = "create table more (id integer);\ndelete from users;\ndo $$ begin null; end $$;\n";
  const p = await project(t, { "001_users.sql": users, "002_mixed.sql": up });
  const { migrate } = await p.steward();
  const error = await failureOf(migrate.deriveDown({ name: "002", write: true }), "MIGRATE_NOT_DERIVED");
  assert.equal(error.exit, 1);
  assert.match(error.message, /no down section for 002_mixed: 2 statements have no inverse/);
  assert.match(error.detail ?? "", /^delete from users\n {2}the rows that DELETE deletes are gone\ndo \$\$/);
  assert.equal(await readFile(join(p.migrations, "002_mixed.sql"), "utf8"), up);
});

test("what is derived and not proved is not written either: the objects are named", async (t) => {
  const p = await project(t, {
    "001_users.sql":
      "create table teams (id integer primary key); create table users (id integer primary key, team_id integer not null references teams);",
    "002_team.sql": "alter table users drop column team_id;",
  });
  const error = await failureOf((await p.steward()).migrate.deriveDown({ name: "002", write: true }), "MIGRATE_NOT_DERIVED");
  assert.match(error.message, /what was derived does not bring back what was/);
  assert.match(error.detail ?? "", /violates foreign key constraint/);
  assert.match(String(error.data["sql"]), /ADD COLUMN team_id integer DEFAULT 0 NOT NULL/);
  assert.equal(await readFile(join(p.migrations, "002_team.sql"), "utf8"), "alter table users drop column team_id;");
});

test("scripts, broken SQL, unknown names and folders of other tools are refused", async (t) => {
  const p = await project(t, {
    "001_users.sql": users,
    "002_script.ts": "export async function up() {}",
    "003_broken.sql": "create tabel x;",
  });
  const { migrate } = await p.steward();
  await failureOf(migrate.deriveDown({ name: "002" }), "MIGRATE_DERIVE_SCRIPT");
  const syntax = await failureOf(migrate.deriveDown({ name: "003" }), "MIGRATE_DERIVE_SYNTAX");
  assert.match(syntax.message, /syntax error at or near "tabel": create tabel x/);
  await failureOf(migrate.deriveDown({ name: "9" }), "MIGRATE_UNKNOWN_VERSION");
  await failureOf(migrate.deriveDown(), "INPUT_INVALID");
});

test("nothing to undo is a section too", async (t) => {
  const p = await project(t, { "001_users.sql": users, "002_nothing.sql": "analyze users;" });
  const { migrate } = await p.steward();
  assert.equal((await migrate.deriveDown({ name: "002", write: true })).sql, "-- nothing to undo");
  assert.equal((await migrate.prove({ names: ["002"] })).data.files[0]?.verdict, "proved");
});

test("settings of the file hold while its statements are looked at one by one", async (t) => {
  const up =
    "create schema app;\nset local search_path = app;\ncreate table a (id integer);\ndrop table public.users;\nalter table a add column x integer;\n";
  const p = await project(t, { "001_users.sql": users, "002_app.sql": up });
  const { sql } = await (await p.steward()).migrate.deriveDown({ name: "002" });
  assert.match(sql, /^-- lossy: the rows of public\.users\nCREATE TABLE public\.users \([^]*\);\nDROP TABLE app\.a;\nDROP SCHEMA app;$/);
});
