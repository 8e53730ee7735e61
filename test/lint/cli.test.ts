/** What `pgsteward migrate lint` prints and how it ends. */
import assert from "node:assert/strict";
import test from "node:test";
import { cli, type CliResult } from "../support/cli-run.ts";
import { project, type Project } from "../support/migrate-project.ts";

const files = {
  "001_init.sql": "create table users (id bigint generated always as identity primary key, email text, age integer);\n",
  "002_age.sql": "alter table users alter column email set default 'none';\n\nalter table users\n  alter column email set not null;\n",
  "003_index.sql": "create index concurrently users_email_idx on users (email);\n",
};

const lint = (made: Project, ...words: readonly string[]): Promise<CliResult> =>
  cli(["migrate", "lint", ...words], { cwd: made.dir, env: { DATABASE_URL: made.url, PGSTEWARD_SCRATCH: "target" } });

async function pending(t: Parameters<typeof project>[0]): Promise<Project> {
  const made = await project(t, files);
  await (await made.steward()).migrate.up({ to: "001" });
  return made;
}

const notNull18 = `      alter table users
        add constraint users_email_not_null not null email not valid;
      alter table users
        validate constraint users_email_not_null;
`;
/** Before 18 a NOT NULL has no name that could be NOT VALID. */
const notNull = `      alter table users
        add constraint users_email_given check (email is not null) not valid;
      alter table users
        validate constraint users_email_given;
      alter table users
        alter column email set not null;
      alter table users
        drop constraint users_email_given;
`;

test("one line a statement, then what is found, with the safe sequence", async (t) => {
  const made = await pending(t);
  const { stdout, stderr, code } = await lint(made);
  const since18 = Number(/PostgreSQL (\d+)$/m.exec(stdout)?.[1]) >= 18;
  const text = stdout
    .replace(/ \(less than 1 s for [^)]*\)/, "")
    .replace(/scratch postgres \S+,/, "scratch,")
    .replace(/PostgreSQL \d+$/m, "PostgreSQL");
  assert.equal(
    text,
    `002_age
  1  alter table users alter column email set default 'none'  users: ACCESS EXCLUSIVE
  3  alter table users alter column email set not null        users: ACCESS EXCLUSIVE, read
  ✗ 3: public.users is read from end to end while reads and writes wait LINT_SCAN_UNDER_LOCK
    → add it NOT VALID, then validate it:
      -- pgsteward: no-transaction
${since18 ? notNull18 : notNull}
003_index
  1  create index concurrently users_email_idx on users (ema…  users: SHARE UPDATE EXCLUSIVE, read, 1 index built

1 error: 3 statements of 2 migrations executed on scratch, judged for PostgreSQL
`,
  );
  assert.equal(code, 1);
  assert.match(stderr, /^target {2}/);
  assert.doesNotMatch(stderr, /LINT_/);
});

test("--fix shows line by line what went and what came, and what is left; --no-write only shows it", async (t) => {
  const made = await pending(t);
  await made.write({ "004_type.sql": "alter table users alter column age type bigint;\n" });
  const shown = await lint(made, "--fix", "--no-write");
  assert.equal(
    shown.stdout.split("\n\n").slice(0, 2).join("\n\n"),
    `can be fixed 002_age: the same catalog and rows, proved with 3 rows in each table that takes them
  1 + -- pgsteward: no-transaction
  4 -   alter column email set not null;
    +   add constraint users_email_not_null not null email not valid;
    + alter table users
    +   validate constraint users_email_not_null;

not fixed 004_type
  1: LINT_REWRITE stays: it takes two deploys: the old column stays until nothing reads it`,
  );
  assert.equal(shown.code, 1);
  const json = await lint(made, "--fix", "--json");
  const { result } = JSON.parse(json.stdout) as { result: { fixes: { file: string; outcome: string }[] } };
  assert.deepEqual(
    [json.code, result.fixes.map(({ file, outcome }) => [file, outcome])],
    [
      1,
      [
        ["002_age", "written"],
        ["004_type", "not written"],
      ],
    ],
  );
  await made.remove("004_type.sql");
  const again = await lint(made, "--fix");
  assert.deepEqual([again.code, /fixed/.test(again.stdout)], [0, false]);
  assert.equal((await lint(made, "--fix", "--no-live")).code, 2);
});

test("formats go to stdout alone, and decide nothing about the exit code", async (t) => {
  const made = await pending(t);
  const github = await lint(made, "--format", "github");
  assert.deepEqual([github.code, github.stdout.split("\n").length], [1, 2]);
  assert.match(github.stdout, /^::error file=migrations\/002_age\.sql,line=3,endLine=4,title=LINT_SCAN_UNDER_LOCK::/);
  const sarif = await lint(made, "--format=sarif", "003_index");
  assert.deepEqual([sarif.code, (JSON.parse(sarif.stdout) as { version: string }).version], [0, "2.1.0"]);
  const json = await lint(made, "--json", "003", "002");
  const { ok, result, findings } = JSON.parse(json.stdout) as { ok: boolean; result: { statements: unknown[] }; findings: unknown[] };
  assert.deepEqual([json.code, ok, result.statements.length, findings.length], [1, false, 3, 1]);
});

test("wrong usage is said before anything runs", async (t) => {
  const made = await pending(t);
  const wrong = await lint(made, "--format", "xml");
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /format: Invalid option/);
  assert.equal((await lint(made, "nothing")).code, 2);
  const clean = await cli(["migrate", "lint", "--help"], { cwd: made.dir });
  assert.match(clean.stdout, /^pgsteward migrate lint \[files…\]\n/);
});
