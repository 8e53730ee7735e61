/** Bad input: for each its code and exit code, one clear sentence, the way out, and nothing changed. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { cli, type CliResult, cliOn } from "../support/cli-run.ts";
import { type Files, project, type Project, temporary, writeFiles } from "../support/migrate-project.ts";
import { defer, onServer, serverUrl, withDatabase } from "../support/migrate-server.ts";
import { pooler } from "../support/pooler.ts";

interface Told {
  readonly code: string;
  readonly exit: number;
  readonly message: RegExp;
  readonly hint: RegExp;
  readonly database?: string;
}

function assertTold({ code, stdout, stderr }: CliResult, told: Told): void {
  assert.equal(code, told.exit, stderr);
  assert.equal(stdout, "");
  const lines = stderr.trimEnd().split("\n");
  const error = lines.findIndex((line) => line.startsWith("error "));
  assert.equal(lines.filter((line) => line.startsWith("error ")).length, 1, stderr);
  assert.match(lines[error] ?? "", told.message);
  assert.match(lines.find((line) => line.startsWith("  → ")) ?? "", told.hint);
  assert.equal(lines.at(-1), `  ${told.code} · database ${told.database ?? "unchanged"}`);
  assert.doesNotMatch(stderr, /\n\s+at |node:internal/, "no stack");
}

const table = (name: string): string => `create table ${name} (id int);\n-- Down migration\ndrop table ${name};\n`;

/** A URL that nothing answers at. */
const nowhere = "postgres://me@127.0.0.1:1/none";

test("no folder: nothing is made in the wrong directory, no server is started", async (t) => {
  const cwd = await temporary(t);
  for (const words of ["migrate up", "migrate status", "migrate validate", "migrate down"]) {
    const result = await cli(words.split(" "), { cwd });
    assertTold(result, { code: "MIGRATE_NO_FOLDER", exit: 2, message: /there is no folder of migrations/, hint: /migrate new <name>/ });
  }
  assert.deepEqual(readdirSync(cwd), []);
});

const configs: Readonly<Record<string, readonly [text: string, code: string, message: RegExp, hint: RegExp]>> = {
  "a syntax error": ["export default {\n  migrate: {\n", "CONFIG_UNREADABLE", /pgsteward\.config\.ts cannot be loaded/, /valid TypeScript/],
  "an enum": ["enum A { B }\nexport default {};", "CONFIG_UNREADABLE", /cannot be loaded/, /no enums/],
  "one that throws": ['throw new Error("no secrets today");', "CONFIG_UNREADABLE", /no secrets today/, /./],
  "no default export": ["export const config = {};", "CONFIG_UNREADABLE", /no default export/, /export default/],
  "a text": ['export default "postgres://x";', "CONFIG_UNREADABLE", /not an object/, /./],
  "a package that is not there": [
    'import x from "not-installed-here"; export default x;',
    "CONFIG_UNREADABLE",
    /not-installed-here/,
    /npm install -D not-installed-here/,
  ],
  "an unknown key": [
    "export default { lockTimout: 1 };",
    "CONFIG_UNKNOWN_KEY",
    /there is no setting lockTimout/,
    /did you mean lockTimeout\?/,
  ],
  "an unknown key of migrate": [
    "export default { migrate: { directory: 1 } };",
    "CONFIG_UNKNOWN_KEY",
    /migrate\.directory/,
    /migrate\.dir/,
  ],
  "a key of no kind": ["export default { xyzzy: 1 };", "CONFIG_UNKNOWN_KEY", /xyzzy/, /the settings are: url, /],
  "a wrong word": [
    'export default { engine: "oracle" };',
    "CONFIG_INVALID",
    /engine is "oracle"; it takes "auto", "native", "pglite"/,
    /docs\/reference\/config\.md/,
  ],
  "a wrong duration": [
    'export default { lockTimeout: "soon" };',
    "CONFIG_INVALID",
    /lockTimeout is "soon"; it takes milliseconds or a duration/,
    /./,
  ],
  "a wrong number": ["export default { port: -1 };", "CONFIG_INVALID", /port is -1; it takes a whole number/, /./],
  "a wrong list": [
    "export default { migrate: { ignoreSchemas: [1] } };",
    "CONFIG_INVALID",
    /migrate\.ignoreSchemas is \[1\]; it takes a list/,
    /./,
  ],
  "a wrong path": ["export default { migrate: { dir: 7 } };", "CONFIG_INVALID", /migrate\.dir is 7; it takes a text/, /./],
  "a URL of something else": [
    'export default { url: "mysql://u:hunter2@h/d" };',
    "CONFIG_INVALID",
    /url is the value; it takes a postgres:\/\//,
    /./,
  ],
};

test("a broken configuration names the key and what it takes", { concurrency: 4 }, async (t) => {
  await Promise.all(
    Object.entries(configs).map(([what, [text, code, message, hint]]) =>
      t.test(what, async (t) => {
        const cwd = await temporary(t);
        await writeFiles(cwd, { "pgsteward.config.ts": text, "package.json": '{ "type": "module" }', "migrations/001_a.sql": table("a") });
        const result = await cli(["migrate", "up"], { cwd });
        assertTold(result, { code, exit: 2, message, hint });
        assert.doesNotMatch(result.stderr, /hunter2/);
        assert.ok(!existsSync(join(cwd, ".pgsteward")));
      }),
    ),
  );
});

test("a variable of the environment with a wrong value is named", async (t) => {
  const cwd = await temporary(t);
  const result = await cli(["migrate", "up"], { cwd, env: { PGSTEWARD_LOCK_TIMEOUT: "soon" } });
  assertTold(result, { code: "CONFIG_INVALID", exit: 2, message: /error PGSTEWARD_LOCK_TIMEOUT: lockTimeout is "soon"/, hint: /./ });
});

for (const [what, url, told] of [
  [
    "nothing listens",
    nowhere,
    {
      code: "ENGINE_UNREACHABLE",
      exit: 4,
      message: /cannot reach PostgreSQL at 127\.0\.0\.1:1: nothing listens there/,
      hint: /DATABASE_URL/,
    },
  ],
  [
    "a host that is none",
    "postgres://me@no-such-host.invalid/app",
    { code: "ENGINE_UNREACHABLE", exit: 4, message: /no-such-host\.invalid:5432: the host name does not resolve/, hint: /./ },
  ],
  [
    "a socket that is none",
    "postgres://me@localhost/app?host=/nonexistent",
    { code: "ENGINE_UNREACHABLE", exit: 4, message: /\/nonexistent: there is no such socket/, hint: /./ },
  ],
] as const) {
  test(`an unreachable server: ${what}`, async (t) => {
    const cwd = await temporary(t);
    await writeFiles(cwd, { "migrations/001_a.sql": table("a") });
    assertTold(await cli(["migrate", "up", "--yes"], { cwd, env: { DATABASE_URL: url } }), told);
  });
}

test("a database that is not there", async (t) => {
  const cwd = await temporary(t);
  await writeFiles(cwd, { "migrations/001_a.sql": table("a") });
  const result = await cli(["migrate", "up"], { cwd, env: { DATABASE_URL: withDatabase(await serverUrl(), "no_such_database") } });
  assertTold(result, {
    code: "ENGINE_DATABASE_MISSING",
    exit: 4,
    message: /there is no database no_such_database at/,
    hint: /createdb no_such_database/,
  });
});

/** Files, or what else is done to the folder, and what is told of it. Nothing of it may be applied. */
const folders: Readonly<Record<string, readonly [files: Files, told: Told, more?: (p: Project) => Promise<unknown>]>> = {
  "two of one version": [
    { "001_a.sql": table("a"), "001_b.sql": table("b") },
    { code: "MIGRATE_DUPLICATE", exit: 2, message: /two migrations have the version 1: 001_a\.sql and 001_b\.sql/, hint: /renumber/ },
  ],
  "a file that is not UTF-8": [
    { "001_a.sql": table("a"), "002_b.sql": Buffer.from("-- ok\nselect 'caf\xe9';\n", "latin1") },
    { code: "MIGRATE_NOT_UTF8", exit: 2, message: /002_b\.sql is not UTF-8 \(line 2\)/, hint: /iconv/ },
  ],
  "a directory instead of a file": [
    { "001_a.sql": table("a") },
    { code: "MIGRATE_NOT_A_FILE", exit: 2, message: /002_b\.sql is a folder where a migration file is expected/, hint: /move it away/ },
    (p) => mkdir(join(p.migrations, "002_b.sql")),
  ],
  "a string that is not closed": [
    { "001_a.sql": table("a"), "002_b.sql": "select 'oops;\n" },
    { code: "MIGRATE_UNCLOSED", exit: 2, message: /002_b\.sql:1: a quote or a comment is not closed/, hint: /close it/ },
  ],
  "a psql command": [
    { "001_a.sql": table("a"), "002_b.sql": "select 1;\n\\i other.sql\n" },
    { code: "MIGRATE_PSQL_COMMAND", exit: 2, message: /002_b\.sql:2: \\i other\.sql is a command of psql/, hint: /take it out/ },
  ],
  "two up markers": [
    { "001_a.sql": "-- Up migration\nselect 1;\n-- Up migration\nselect 2;\n" },
    { code: "MIGRATE_MARKERS", exit: 2, message: /001_a\.sql:3/, hint: /-- Up migration/ },
  ],
  "a script that is none": [
    { "001_a.ts": "export const x = 1;" },
    { code: "MIGRATE_SCRIPT_INVALID", exit: 2, message: /001_a\.ts: it does not export up\(\)/, hint: /export async function up/ },
  ],
  "an extension that is not offered": [
    { "001_a.sql": table("a"), "002_b.sql": "create extension no_such_extension;" },
    { code: "MIGRATE_EXTENSION_UNAVAILABLE", exit: 2, message: /extension no_such_extension is not available on postgres/, hint: /./ },
  ],
};

for (const [what, [files, told, more]] of Object.entries(folders)) {
  test(`the folder: ${what}`, async (t) => {
    const p = await project(t, files);
    await more?.(p);
    const before = await p.fingerprint();
    assertTold(await cliOn(p, "migrate", "up"), told);
    assert.equal(await p.fingerprint(), before);
  });
}

test("a syntax error in file 5 of 9: the four before it stand, it and those behind it do not", async (t) => {
  const files = Object.fromEntries(
    Array.from({ length: 9 }, (_, i) => [
      `00${i + 1}_t.sql`.replace("t.", `t${i + 1}.`),
      i === 4 ? "create table t5 (id int);\nselec 1;" : table(`t${i + 1}`),
    ]),
  );
  const p = await project(t, files);
  const result = await cliOn(p, "migrate", "up");
  assertTold(
    { ...result, stderr: result.stderr },
    {
      code: "MIGRATE_FAILED",
      exit: 6,
      message: /005_t5 failed at .*005_t5\.sql:2: syntax error/,
      hint: /fix the file/,
      database: "rolled back",
    },
  );
  assert.match(result.stderr, /4 of 9 steps were applied before it/);
  assert.deepEqual(await p.applied(), ["001_t1", "002_t2", "003_t3", "004_t4"]);
});

test("a down that is missing", async (t) => {
  const p = await project(t, { "001_a.sql": table("a"), "002_b.sql": "create table b (id int);" });
  await cliOn(p, "migrate", "up");
  assertTold(await cliOn(p, "migrate", "rollback", "001"), {
    code: "MIGRATE_DOWN_MISSING",
    exit: 2,
    message: /002_b cannot be undone: there is no down section/,
    hint: /-- Down migration/,
  });
  assert.deepEqual(await p.applied(), ["001_a", "002_b"]);
});

test("migrate.dir names a file, or nothing", async (t) => {
  const p = await project(t, { "001_a.sql": table("a") });
  const file = await cliOn(p, "migrate", "up", "--dir", "migrations/001_a.sql");
  assertTold(file, { code: "MIGRATE_NOT_A_FOLDER", exit: 2, message: /001_a\.sql is not a folder/, hint: /migrate\.dir/ });
  const nothing = await cliOn(p, "migrate", "up", "--dir", "nowhere");
  assertTold(nothing, { code: "MIGRATE_NO_FOLDER", exit: 2, message: /there is no folder of migrations: .*\/nowhere$/, hint: /./ });
});

test("a history of a newer pgsteward: nothing is read, nothing is changed", async (t) => {
  const p = await project(t, { "001_a.sql": table("a"), "002_b.sql": table("b") });
  await cliOn(p, "migrate", "up", "--to", "1");
  const session = await p.session();
  await session.query("insert into pgsteward.ledger_version (version, tool_version) values (99, '9.0.0')");
  const told = {
    code: "LEDGER_NEWER",
    exit: 2,
    message: /written by a newer pgsteward \(ledger version 99, this one knows \d+\)/,
    hint: /upgrade pgsteward/,
  };
  for (const words of ["migrate up", "migrate down", "migrate status", "migrate plan"])
    assertTold(await cliOn(p, ...words.split(" ")), told);
  assert.deepEqual(await p.applied(), ["001_a"]);
  // Its tables may be others altogether.
  await session.script("drop table pgsteward.migration cascade; drop table pgsteward.migration_event cascade;");
  assertTold(await cliOn(p, "migrate", "up"), told);
});

test("a role that may not create the ledger", async (t) => {
  const p = await project(t, { "001_a.sql": table("a") });
  const role = `poor_${p.name}`;
  await onServer(p.url, (admin) => admin.script(`create role ${role} login; revoke create, temporary on database ${p.name} from public;`));
  defer(t, () => onServer(p.url, (admin) => admin.script(`drop role ${role}`)).catch(() => undefined));
  const url = p.url.replace("//postgres@", `//${role}@`);
  const result = await cli(["migrate", "up"], { cwd: p.dir, env: { DATABASE_URL: url } });
  assertTold(result, {
    code: "LEDGER_FORBIDDEN",
    exit: 4,
    message: new RegExp(`the role ${role} may not create the schema pgsteward`),
    hint: new RegExp(`create schema pgsteward authorization ${role}`),
  });
});

test("a pooler in transaction mode without DIRECT_URL is refused with that hint; with it, it works", async (t) => {
  const p = await project(t, { "001_a.sql": table("a") });
  const path = `${new URL(p.url).searchParams.get("host")}/.s.PGSQL.5432`;
  const between = await pooler({ path, database: p.name, mode: "transaction" });
  defer(t, () => between.close());
  const url = `postgres://postgres@127.0.0.1:${between.port}/${p.name}`;
  const before = await p.fingerprint();
  const refused = await cli(["migrate", "up"], { cwd: p.dir, env: { DATABASE_URL: url } });
  assertTold(refused, {
    code: "ENGINE_TRANSACTION_POOLER",
    exit: 2,
    message: /is a connection pooler in transaction mode, and this needs a session/,
    hint: /DIRECT_URL/,
  });
  assert.equal(await p.fingerprint(), before);
  const session = await p.session();
  assert.equal(
    (
      await session.query(
        "select 1 from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
      )
    ).rows.length,
    0,
  );
  const direct = await cli(["migrate", "up"], { cwd: p.dir, env: { DATABASE_URL: url, DIRECT_URL: p.url } });
  assert.equal(direct.code, 0, direct.stderr);
  assert.deepEqual(await p.applied(), ["001_a"]);
});

test("a pooler in session mode is taken", async (t) => {
  const p = await project(t, { "001_a.sql": table("a") });
  const path = `${new URL(p.url).searchParams.get("host")}/.s.PGSQL.5432`;
  const between = await pooler({ path, database: p.name, mode: "session", size: 3 });
  defer(t, () => between.close());
  const { code, stderr } = await cli(["migrate", "up"], {
    cwd: p.dir,
    env: { DATABASE_URL: `postgres://postgres@127.0.0.1:${between.port}/${p.name}` },
  });
  assert.equal(code, 0, stderr);
});

test("a configuration file that --config names and that is not there", async (t) => {
  const cwd = await temporary(t);
  await writeFile(join(cwd, "x"), "");
  assertTold(await cli(["migrate", "up", "--config", "nope.ts"], { cwd }), {
    code: "CONFIG_MISSING",
    exit: 2,
    message: /there is no configuration file .*\/nope\.ts/,
    hint: /pgsteward init/,
  });
});
