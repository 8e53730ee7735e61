/** `migrate lint` on a project: what it judges, what it makes of the live database, and that it leaves nothing behind. */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import type { Finding } from "../../src/core/finding.ts";
import { type Files, failureOf, project, type Project } from "../support/migrate-project.ts";
import { openSession } from "../../src/engines/session.ts";
import { serverUrl, systemUrl } from "../support/migrate-server.ts";

const init = "create table users (id bigint generated always as identity primary key, email text, age integer);";
const files: Files = {
  "001_init.sql": init,
  "002_age.sql": "alter table users alter column age type bigint;",
  "003_index.sql": "create index on users (email);",
};

const codes = (findings: readonly Finding[]): string[] => findings.map(({ code, facts }) => `${facts?.["file"] as string} ${code}`);

async function applied(t: Parameters<typeof project>[0], given: Files, to: string): Promise<Project> {
  const made = await project(t, given);
  await (await made.steward()).migrate.up({ to });
  return made;
}

test("judges what is pending, and says yes where nothing is", async (t) => {
  const made = await applied(t, files, "001");
  const steward = await made.steward();
  const { ok, findings, data } = await steward.migrate.lint();
  assert.equal(ok, false);
  assert.deepEqual(codes(findings), ["002_age LINT_REWRITE", "003_index LINT_INDEX_BUILD"]);
  assert.deepEqual(
    data.statements.map(({ file, line, rewrites, indexBuilds }) => [file, line, rewrites, indexBuilds.map(({ index }) => index)]),
    [
      ["002_age", 1, ["public.users"], ["public.users_pkey"]],
      ["003_index", 1, [], ["public.users_email_idx"]],
    ],
  );
  await steward.migrate.up();
  const done = await steward.migrate.lint();
  assert.deepEqual([done.ok, done.findings, done.data.statements], [true, [], []]);
});

test("judges the files that are named, by name, version or path, applied or not", async (t) => {
  const made = await applied(t, files, "003");
  const steward = await made.steward();
  const judged = async (...names: string[]): Promise<string[]> => codes((await steward.migrate.lint({ files: names })).findings);
  assert.deepEqual(await judged("002_age"), ["002_age LINT_REWRITE"]);
  assert.deepEqual(await judged("3"), ["003_index LINT_INDEX_BUILD"]);
  assert.deepEqual(await judged(join(made.migrations, "002_age.sql"), "migrations/003_index.sql"), [
    "002_age LINT_REWRITE",
    "003_index LINT_INDEX_BUILD",
  ]);
  await failureOf(steward.migrate.lint({ files: ["nothing"] }), "MIGRATE_UNKNOWN_VERSION");
  assert.deepEqual(codes((await steward.migrate.lint({ since: "002" })).findings), ["003_index LINT_INDEX_BUILD"]);
});

test("all judges each migration as if it were the only pending one", async (t) => {
  const made = await project(t, {
    ...files,
    "004_fresh.sql": "create table a (id bigint primary key);\ncreate index on a (id);",
    "005_on_a.sql": "create unique index on a (id);",
  });
  const steward = await made.steward();
  const { findings } = await steward.migrate.lint({ all: true });
  assert.deepEqual(codes(findings), ["002_age LINT_REWRITE", "003_index LINT_INDEX_BUILD", "005_on_a LINT_INDEX_BUILD"]);
  assert.deepEqual(codes((await steward.migrate.lint()).findings), [], "on an empty database everything is new");
});

test("failOn decides what is a no", async (t) => {
  const made = await project(t, { "001_a.sql": "create table a (id bigint primary key, at timestamp);" });
  const steward = await made.steward();
  const answers = await Promise.all(
    (["error", "warning", "info"] as const).map(async (failOn) => (await steward.migrate.lint({ failOn })).ok),
  );
  assert.deepEqual(answers, [true, false, false]);
});

test("sizes of the live database become an estimate, and what is short in production is a remark", async (t) => {
  const made = await applied(t, files, "001");
  const session = await made.session();
  await session.script("insert into users (email) select 'x' || n from generate_series(1, 2000) n; analyze users");
  const judge = async (environment: string): Promise<Finding | undefined> =>
    (await (await made.steward({ environment })).migrate.lint()).findings[0];
  const here = await judge("development");
  assert.equal(here?.severity, "error");
  assert.match(here.message, /\(less than 1 s for \d+ kB/);
  const estimate = here.facts?.["estimate"] as { rows: number; bytes: number };
  assert.equal(estimate.rows, 2000);
  assert.equal((await judge("production"))?.severity, "info");
  const without = (await (await made.steward({ environment: "production" })).migrate.lint({ live: false, since: "001" })).findings[0];
  assert.deepEqual([without?.severity, without?.facts?.["estimate"]], ["error", undefined]);
});

test("leaves nothing behind: no database, no role, no row, not even roles that the files make", async (t) => {
  const made = await applied(t, files, "001");
  const session = await made.session();
  const suffix = made.name.slice(-10);
  await made.write({
    "004_roles.sql": `create role lint_made_${suffix};
do $$ begin create role lint_hidden_${suffix}; end $$;
grant select on users to lint_made_${suffix}, lint_hidden_${suffix};
create table notes (id bigint primary key);
alter table notes owner to lint_made_${suffix};`,
    "005_more.sql": `create policy p on notes for select to lint_hidden_${suffix} using (true);\nset role lint_made_${suffix};\nselect 1;`,
  });
  const before = await made.fingerprint();
  const steward = await made.steward();
  const { findings } = await steward.migrate.lint();
  assert.deepEqual(
    findings.filter(({ code }) => code === "LINT_FAILS" || code === "LINT_UNSEEN"),
    [],
  );
  await steward.close();
  const { rows } = await session.query(
    `select rolname as name from pg_roles where rolname like 'lint\\_%${suffix}' or rolname like 'pgsteward\\_scratch%' union all select datname from pg_database where datname like 'pgsteward\\_scratch%' and datname like '%${suffix}%'`,
  );
  assert.deepEqual(rows, []);
  assert.equal(await made.fingerprint(), before);
});

test("roles of the target are lent to a scratch server that lacks them", async (t) => {
  const server = await systemUrl();
  if (server === undefined) return t.skip("no second server");
  const made = await project(t, { "001_init.sql": init }, { server });
  const role = `lint_far_${made.name.slice(-10)}`;
  const [far, near] = [await made.session(), await openSession({ url: await serverUrl() })];
  await far.script(`create role ${role}`);
  try {
    await made.write({
      "001_init.sql": `${init}\ngrant select on users to ${role};`,
      "002_more.sql": `create policy p on users to ${role} using (true) with check (true);`,
    });
    const steward = await made.steward({ scratch: await serverUrl() });
    const { findings, data } = await steward.migrate.lint({ since: "001" });
    assert.deepEqual([findings, data.statements.map(({ unseen }) => unseen)], [[], [null]]);
    await steward.close();
    const { rows } = await near.query(
      `select rolname from pg_roles where rolname = '${role}' or rolname like 'pgsteward\\_scratch\\_%\\_0'`,
    );
    assert.deepEqual(rows, []);
  } finally {
    await far.script(`drop role ${role}`);
    await near.close();
  }
});

test("roles and settings of the server are not touched, and that is said", async (t) => {
  const made = await applied(t, files, "001");
  await made.write({
    "002_age.sql": "alter role current_user set work_mem = '9MB';",
    "003_index.sql": "do $$ begin execute 'alter role current_user set work_mem = ''9MB'''; end $$;",
  });
  const { findings } = await (await made.steward()).migrate.lint();
  assert.deepEqual(codes(findings), ["002_age LINT_UNSEEN"]);
  assert.deepEqual(findings[0]?.facts?.["statements"], ["002_age:1", "003_index:1"]);
  const { rows } = await (await made.session()).query("select 1 as n from pg_db_role_setting where setconfig::text like '%work_mem=9MB%'");
  assert.deepEqual(rows, []);
});

test("after lint the same steward has a clean scratch database", async (t) => {
  const made = await applied(t, files, "001");
  const steward = await made.steward();
  await steward.migrate.lint();
  await steward.migrate.up();
  const { ok, data } = await steward.migrate.validate();
  assert.deepEqual([ok, data.differences], [true, []]);
});

test("on PGlite, beside a server", async (t) => {
  const made = await applied(t, files, "001");
  const { findings, data } = await (await made.steward({ scratch: "pglite" })).migrate.lint();
  assert.match(data.where, /^scratch pglite 18\./);
  assert.deepEqual(codes(findings), ["002_age LINT_REWRITE", "003_index LINT_INDEX_BUILD"]);
});

test("documents for programs", async (t) => {
  const made = await applied(t, files, "001");
  const steward = await made.steward();
  const { data } = await steward.migrate.lint({ format: "github" });
  const [first = "", second = ""] = data.output?.split("\n") ?? [];
  assert.match(first, /^::error file=migrations\/002_age\.sql,line=1,endLine=1,title=LINT_REWRITE::public\.users is written anew/);
  assert.match(second, /^::error file=migrations\/003_index\.sql,/);
  const sarif = JSON.parse((await steward.migrate.lint({ format: "sarif" })).data.output ?? "") as {
    runs: { results: { ruleId: string }[] }[];
  };
  assert.deepEqual(
    sarif.runs[0]?.results.map(({ ruleId }) => ruleId),
    ["LINT_REWRITE", "LINT_INDEX_BUILD"],
  );
});

test("a script is traced as a whole", async (t) => {
  const made = await applied(t, { "001_init.sql": init }, "001");
  await made.write({
    "002_fill.ts": `export async function up(session) {
  await session.query("insert into users (email) values ('a'), ('b')");
  await session.transaction((inner) => inner.query("alter table users alter column age type bigint"));
}\n`,
  });
  const { findings, data } = await (await made.steward()).migrate.lint();
  assert.deepEqual(codes(findings), ["002_fill LINT_REWRITE"]);
  assert.deepEqual(data.statements[0]?.rows, [{ relation: "public.users", inserted: 2, updated: 0, deleted: 0 }]);
});

test("without a target the roles that files name are made up", async (t) => {
  const made = await project(t, {
    "001_init.sql": `${init}\ngrant select on users to lint_nobody_knows;`,
    "002_policy.sql": "alter table users enable row level security;\ncreate policy p on users for select to lint_nor_this using (true);",
  });
  const steward = await made.steward({ url: "postgres://nobody@127.0.0.1:1/nothing", scratch: "pglite" });
  const { ok, findings, data } = await steward.migrate.lint({ live: false });
  assert.deepEqual([ok, findings], [true, []]);
  assert.equal(data.statements.length, 4);
});

test("the target's version decides what is safe, not the scratch database's", async (t) => {
  const server = await systemUrl();
  if (server === undefined) return t.skip("no server of the system");
  const made = await project(t, { "001_init.sql": init, "002_need.sql": "alter table users alter column email set not null;" }, { server });
  const steward = await made.steward({ scratch: "pglite" });
  await steward.migrate.up({ to: "001" });
  const { findings, data } = await steward.migrate.lint();
  assert.ok(data.version < 180_000);
  assert.match(findings[0]?.facts?.["safe"] as string, /check \(email is not null\) not valid/);
});
