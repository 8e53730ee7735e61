/** What has to be decided, what is refused, and that nothing is written then. */
import assert from "node:assert/strict";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { proposedRule } from "../../../src/seed/snapshot/personal.ts";
import { failureOf } from "../../support/migrate-project.ts";
import { notes } from "../../support/seed-project.ts";
import { salt, type SnapshotProject, snapshotProject } from "../../support/snapshot-project.ts";

const schema = `create table users (id int primary key, email text not null unique, full_name text not null, phone text, born_on date, last_login_ip inet, password_hash text,
    avatar_url text, lat float8 not null, metadata jsonb, plan text, login_count int, country varchar(2), email_verified bool, initials text generated always as (left(full_name, 1)) stored);
  create table newsletters (email text primary key references users (email), topic text, ssn bigint); create sequence counter;`;
const data = `insert into users (id, email, full_name, lat, plan) values (1, 'ann@mail.org', 'Ann Quandt', 1, 'pro'), (2, 'bob@mail.org', 'Bob Quandt', 2, 'free');
  insert into newsletters values ('ann@mail.org', 'cats', 123456789);`;
const columns = {
  "users.email": "email",
  "users.full_name": "name",
  "users.phone": "phone",
  "users.last_login_ip": "ip",
  "users.password_hash": "null",
  "users.avatar_url": "url",
  "users.lat": { fixed: 0 },
  "users.metadata": "json",
  "newsletters.ssn": "number",
} as const;

const written = async (p: SnapshotProject): Promise<readonly string[]> =>
  (await readdir(join(p.dir, "seeders"))).filter((name) => name !== "snapshot.ts").sort();

test("columns that look personal and have no rule stop it, with the lines to decide on", async (t) => {
  const p = await snapshotProject(t, schema, data);
  const error = await failureOf((await p.steward()).seed.snapshot(), "SEED_SNAPSHOT_UNDECIDED");
  assert.equal(error.exit, 3);
  assert.equal(error.message, "there is no rule for 9 columns that may be personal");
  assert.deepEqual(error.data["undecided"], [
    { column: "newsletters.ssn", rule: "number" },
    ...Object.entries(columns)
      .filter(([column]) => column.startsWith("users."))
      .map(([column, rule]) => ({ column, rule: column === "users.password_hash" ? "hash" : rule })),
  ]);
  assert.deepEqual(await written(p), []);
  assert.match(error.detail ?? "", /^ {2}columns: \{\n {4}"newsletters\.ssn": {5}"number", \/\/ bigint\n/m);
});

test("pasted into an empty project, the lines are a file of rules", async (t) => {
  const p = await snapshotProject(t, schema, data);
  await rm(join(p.dir, "seeders", "snapshot.ts"));
  const { detail = "" } = await failureOf((await p.steward()).seed.snapshot(), "SEED_SNAPSHOT_UNDECIDED");
  assert.match(detail, /salt: process\.env\.SNAPSHOT_SALT/);
  const pasted = detail
    .replace(/import .*\n/, "")
    .replace("defineSnapshot(", "(")
    .replace("process.env.SNAPSHOT_SALT", JSON.stringify(salt));
  await p.seeders({ "snapshot.ts": pasted });
  const { tables } = await (await p.steward()).seed.snapshot();
  assert.deepEqual(
    tables.map(({ table, rows }) => [table, rows]),
    [
      ["newsletters", 1],
      ["users", 2],
    ],
  );
});

test("a rule goes along a foreign key, and both sides meet", async (t) => {
  const p = await snapshotProject(t, schema, data, { columns });
  const { tables } = await (await p.steward()).seed.snapshot();
  assert.deepEqual(tables[0]?.replaced, ["email", "ssn"]);
  const files = Object.values(await p.files()).join("");
  assert.equal(files.match(/[\w.]+@example\.(?:com|net|org)/g)?.length, 3);
  assert.doesNotMatch(files, /mail\.org|Quandt|123456789/);
});

test("an e-mail address in a column that nobody thought of stops it too", async (t) => {
  const p = await snapshotProject(
    t,
    "create table posts (id int primary key, html text)",
    "insert into posts values (1, 'write to ann@mail.org')",
  );
  const { seed } = await p.steward();
  const error = await failureOf(seed.snapshot(), "SEED_SNAPSHOT_UNDECIDED");
  assert.deepEqual(error.data["undecided"], [{ column: "posts.html", rule: "text" }]);
  assert.deepEqual(await written(p), []);
  await p.rules({ columns: { "posts.html": "keep" } });
  assert.equal((await (await p.steward()).seed.snapshot()).rows, 1);
});

describe("refused, with nothing written:", () => {
  const rules: readonly (readonly [title: string, spec: object, message: RegExp, hint: RegExp])[] = [
    [
      "a rule for a column that is not there",
      { columns: { "users.emial": "email" } },
      /the table users has no column emial/,
      /did you mean email\?/,
    ],
    ["a rule for a table that is not there", { columns: { "user.email": "email" } }, /there is no table user$/, /did you mean users\?/],
    ["a table to skip that is not there", { tables: { logs: "skip" } }, /there is no table logs$/, /the tables are newsletters, users/],
    ["a name without a table", { columns: { email: "email" } }, /email names no column/, /table\.column/],
    [
      "an unknown kind",
      { columns: { "users.email": "mail" } },
      /users\.email is "mail"/,
      /"keep", "null", \{ fixed: value \}, email, name/,
    ],
    [
      "a kind that the type does not take",
      { columns: { "users.lat": "email" } },
      /users\.lat is double precision, of which there is no email/,
      /number/,
    ],
    ["null in a column that cannot be null", { columns: { "users.full_name": "null" } }, /users\.full_name cannot be null/, /firstName/],
    [
      "a fixed value that the type does not take",
      { columns: { ...columns, "users.lat": { fixed: "north" } } },
      /users\.lat does not take "north"/,
      /invalid input syntax/,
    ],
    [
      "a fixed value that is too long",
      { columns: { ...columns, "users.country": { fixed: "DEU" } } },
      /users\.country does not take "DEU"/,
      /2 characters/,
    ],
    ["a generated column", { columns: { "users.initials": "text" } }, /users\.initials is a generated column/, /leave it out/],
    ["two rules for one key", { columns: { "users.email": "email", "newsletters.email": "hash" } }, /share a foreign key/, /same rule/],
    ["a parent that is skipped", { tables: { users: "skip" } }, /newsletters refers to a table that is left out/, /"newsletters": "skip"/],
    ["a word that is none of the rules", { colums: {} }, /have no colums/, /defineSnapshot/],
    ["no salt", { columns, salt: undefined }, /has no salt/, /openssl/],
    ["a short salt", { columns, salt: "short" }, /at least 16/, /openssl/],
  ];
  for (const [title, spec, message, hint] of rules) {
    test(title, async (t) => {
      const p = await snapshotProject(t, schema, data);
      await p.rules({ salt, columns: columns, ...spec });
      const error = await failureOf((await p.steward()).seed.snapshot(), "SEED_SNAPSHOT_RULE_INVALID");
      assert.match(error.message, message);
      assert.match(error.hint ?? "", hint);
      assert.deepEqual([error.exit, error.database, await written(p)], [2, "unchanged", []]);
    });
  }

  const roots: readonly (readonly [title: string, options: object, code: string, message: RegExp])[] = [
    ["a condition without a table", { where: ["true"] }, "SEED_SNAPSHOT_ROOT_INVALID", /--where true is not like users=active/],
    ["a condition on a table that is not there", { where: ["user=true"] }, "SEED_SNAPSHOT_RULE_INVALID", /--where: there is no table user/],
    ["a condition that is no SQL", { where: ["users=id >"] }, "SEED_SNAPSHOT_ROOT_INVALID", /^--where: syntax error/],
    [
      "a condition that would write",
      { where: ["users=id = 1); delete from users where (true"] },
      "SEED_SNAPSHOT_ROOT_INVALID",
      /^--where: /,
    ],
    [
      "a condition that calls what writes",
      { where: ["users=nextval('counter') > 0"] },
      "SEED_SNAPSHOT_ROOT_INVALID",
      /read-only transaction/,
    ],
    ["a condition that nothing meets", { where: ["users=id = 99"] }, "SEED_SNAPSHOT_ROOT_INVALID", /no row of users is wanted/],
    ["a tenant where nothing has one", { tenant: "1" }, "SEED_SNAPSHOT_ROOT_INVALID", /called like a tenant/],
  ];
  for (const [title, options, code, message] of roots) {
    test(title, async (t) => {
      const p = await snapshotProject(t, schema, data, { columns });
      const before = await p.versions("users", "newsletters");
      const error = await failureOf((await p.steward()).seed.snapshot(options), code);
      assert.match(error.message, message);
      assert.deepEqual([error.exit, error.database, await written(p)], [2, "unchanged", []]);
      assert.deepEqual(await p.versions("users", "newsletters"), before);
    });
  }

  test("values that do not pass a check or a domain", async (t) => {
    const domains =
      "create domain post_code as text check (value ~ '^D-[0-9]{5}$'); create table a (id int primary key, email text check (email like '%.de'), postcode post_code)";
    const p = await snapshotProject(t, domains, "insert into a values (1, 'x@y.de', 'D-12345')", {
      columns: { "a.email": "email", "a.postcode": { fixed: "D-00000" } },
    });
    const { seed } = await p.steward();
    const error = await failureOf(seed.snapshot(), "SEED_SNAPSHOT_CHECK");
    assert.match(error.message, /^a: replaced values do not pass a_email_check$/);
    assert.deepEqual(await written(p), []);
    await p.rules({ salt, columns: { "a.email": { fixed: "z@example.de" }, "a.postcode": "text" } });
    assert.match((await failureOf((await p.steward()).seed.snapshot(), "SEED_SNAPSHOT_CHECK")).message, /post_code/);
    await p.rules({ salt, columns: { "a.email": { fixed: "z@example.de" }, "a.postcode": { fixed: "D-00000" } } });
    assert.equal((await (await p.steward()).seed.snapshot()).rows, 1);
  });

  test("a rule that makes one value of two in a unique column", async (t) => {
    const p = await snapshotProject(
      t,
      schema,
      "insert into users (id, email, full_name, lat) values (1, 'a@b.de', 'A', 1), (2, 'A@b.de', 'A', 1)",
      { columns },
    );
    const error = await failureOf((await p.steward()).seed.snapshot(), "SEED_SNAPSHOT_COLLISION");
    assert.match(error.message, /^users\.email is unique, and email makes one value of two$/);
    assert.deepEqual(await written(p), []);
  });

  test("rows that policies hide, and tables that the role may not read", async (t) => {
    const p = await snapshotProject(
      t,
      "create table a (id int primary key); create table b (id int primary key); alter table a enable row level security; create policy own on a using (id = 1);",
      "insert into a values (1), (2); insert into b values (1)",
    );
    const role = `reader_${p.name}`;
    await p.session2.script(`create role ${role} login; grant usage on schema public to ${role}; grant select on a, b to ${role}`);
    try {
      const url = new URL(p.url);
      url.username = role;
      const seed = async (): Promise<unknown> => (await p.steward({ url: url.href })).seed.snapshot();
      assert.match((await failureOf(seed(), "SEED_SNAPSHOT_UNREADABLE")).message, /row level security lets it see of a$/);
      await p.rules({ tables: { a: "skip" } });
      await seed();
      await p.session2.script(`revoke select on b from ${role}`);
      assert.match((await failureOf(seed(), "SEED_SNAPSHOT_UNREADABLE")).message, /may not read b$/);
    } finally {
      await p.session2.script(`drop owned by ${role}; drop role ${role}`);
    }
  });

  test("files that no snapshot wrote, or that were edited since", async (t) => {
    const p = await snapshotProject(t, "create table a (id int primary key)", "insert into a values (1)");
    await p.seeders({ "900_snapshot_a.csv": "id\n7\n" });
    const { seed } = await p.steward();
    assert.match((await failureOf(seed.snapshot(), "SEED_SNAPSHOT_FILE_TAKEN")).message, /900_snapshot_a\.csv/);
    assert.deepEqual(await p.files(), { "900_snapshot_a.csv": "id\n7\n" });
    assert.equal((await seed.snapshot({ out: "elsewhere" })).load, "pgsteward seed run snapshot --seed-dir elsewhere");
    assert.deepEqual((await readdir(join(p.dir, "elsewhere"))).sort(), ["900_snapshot_a.csv", "900_snapshot_a.csv.json", "snapshot.json"]);
    await p.seeders({ "../elsewhere/900_snapshot_a.csv.json": "{}" });
    await failureOf(seed.snapshot({ out: "elsewhere" }), "SEED_SNAPSHOT_FILE_TAKEN");
  });
});

describe("a tenant", () => {
  const tenants = `create table plans (id int primary key); create table tenants (id int primary key, plan_id int references plans);
    create table projects (id int primary key, tenant_id int not null references tenants, title text);
    create table tasks (id int primary key, project_id int references projects); create table grants (id int primary key, tenant_id int, project_id int references projects);`;
  const rows = `insert into plans values (1), (2); insert into tenants select n, 1 + n % 2 from generate_series(1, 4) n;
    insert into projects select n, 1 + n % 4, 'x' from generate_series(1, 40) n; insert into tasks select n, 1 + n % 40 from generate_series(1, 80) n;
    insert into grants values (1, 2, 1), (2, 3, 1)`;

  test("comes alone: with what belongs to it, and what that refers to", async (t) => {
    const p = await snapshotProject(t, tenants, rows);
    await (await p.steward()).seed.snapshot({ tenant: "2" });
    const fresh = await p.load();
    assert.deepEqual(await fresh.content("tenants", "grants"), ["tenants (2,1)", "grants (1,2,1)"]);
    assert.deepEqual(await fresh.content("plans"), ["plans (1)"]);
    assert.deepEqual(await fresh.rows("select distinct tenant_id from projects"), [{ tenant_id: 2 }]);
    assert.equal((await fresh.rows("select from projects")).length, 10);
    assert.equal((await fresh.rows("select from tasks")).length, 20);
  });

  test("that refers to rows of another one brings them along, and it is told", async (t) => {
    const p = await snapshotProject(t, tenants, rows);
    await p.session2.script("update grants set project_id = 2 where tenant_id = 2");
    await (await p.steward()).seed.snapshot({ tenant: "2" });
    assert.deepEqual(notes(p), [
      "1 row of projects came along that the tenant does not own: its rows refer to them",
      "1 row of tenants came along that the tenant does not own: its rows refer to them",
    ]);
    assert.equal((await (await p.load()).rows("select from tasks")).length, 20);
  });

  test("has to be there, and to be of the type", async (t) => {
    const p = await snapshotProject(t, tenants, rows);
    const { seed } = await p.steward();
    assert.match((await failureOf(seed.snapshot({ tenant: "9" }), "SEED_SNAPSHOT_ROOT_INVALID")).message, /belongs to the tenant 9$/);
    assert.match((await failureOf(seed.snapshot({ tenant: "x" }), "SEED_SNAPSHOT_ROOT_INVALID")).message, /^--tenant: invalid input/);
    assert.match(
      (await failureOf(seed.snapshot({ tenant: "1", tenantColumn: "owner" }), "SEED_SNAPSHOT_ROOT_INVALID")).message,
      /no table has a column owner/,
    );
  });
});

describe("what looks personal", () => {
  const column = {
    type: "",
    array: false,
    enumerated: false,
    domain: false,
    limit: null,
    caseless: false,
    notNull: false,
    hasDefault: false,
    generated: false,
    identityAlways: false,
  };
  const cases: readonly (readonly [table: string, name: string, base: string, rule: unknown])[] = [
    ["users", "email", "citext", "email"],
    ["users", "workEmail", "text", "email"],
    ["users", "email_verified", "bool", undefined],
    ["users", "email_verified_at", "timestamptz", undefined],
    ["users", "name", "text", "name"],
    ["products", "name", "text", undefined],
    ["users", "firstName", "varchar", "firstName"],
    ["users", "last_name", "text", "lastName"],
    ["users", "phone_number", "int8", "number"],
    ["calls", "phone_id", "int8", undefined],
    ["users", "date_of_birth", "date", "date"],
    ["sessions", "ip_address", "text", "ip"],
    ["anything", "address", "inet", "ip"],
    ["events", "tooltip", "text", undefined],
    ["addresses", "street", "text", "address"],
    ["addresses", "zip_code", "text", "code"],
    ["addresses", "lat", "float8", "null"],
    ["people", "ssn", "text", "code"],
    ["people", "iban", "text", "code"],
    ["people", "passport_number", "text", "code"],
    ["people", "tax_id", "text", "code"],
    ["users", "encrypted_password", "text", "hash"],
    ["api_keys", "token", "uuid", "hash"],
    ["api_keys", "secret", "bytea", "hash"],
    ["usage", "tokens", "int4", undefined],
    ["users", "avatar_url", "text", "url"],
    ["places", "geo", "point", "null"],
    ["users", "bio", "text", "text"],
    ["tickets", "message", "text", "text"],
    ["tickets", "internal_notes", "text", "text"],
    ["users", "profile", "jsonb", "json"],
    ["orders", "metadata", "json", "json"],
    ["orders", "total", "numeric", undefined],
    ["orders", "status", "text", undefined],
    ["users", "gender", "text", "text"],
    ["users", "search", "tsvector", "null"],
    ["users", "attributes", "hstore", "null"],
    ["hosts", "network", "cidr", "ip"],
    ["hosts", "card", "macaddr", "null"],
  ];
  for (const [table, name, base, rule] of cases) {
    test(`${table}.${name} ${base}: ${String(rule)}`, () =>
      assert.deepEqual(proposedRule({ name: table }, { ...column, name, base }), rule));
  }
  test("never an enum, nor what the server computes", () => {
    assert.equal(proposedRule({ name: "users" }, { ...column, name: "email", base: "text", generated: true }), undefined);
    assert.equal(proposedRule({ name: "users" }, { ...column, name: "gender", base: "gender", enumerated: true }), undefined);
  });
});
