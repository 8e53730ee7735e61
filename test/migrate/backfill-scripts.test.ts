/** Scripts that export `backfill`: `up` gets the table in chunks, each recorded in the transaction of its work. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { entriesOf, failureOf, project, type Project } from "../support/migrate-project.ts";

const table = `create table users (id int primary key, email text, hash text, touched int not null default 0);
insert into users (id, email) select i, 'user' || i || '@example.com' from generate_series(1, 250) i;
`;
const each = `for (const { id, email } of rows)
    await session.query("update users set hash = $2, touched = touched + 1 where id = $1", [id, email.toUpperCase()]);`;
const script = (body: string = each, options = '{ table: "users", batch: 100 }'): string => `import type { Session } from "pgsteward";
import type { BackfillOptions } from "pgsteward/migrate";

export const backfill: BackfillOptions = ${options};

export async function up(session: Session, rows: readonly { id: number; email: string }[]): Promise<void> {
  ${body}
}

export async function down(session: Session): Promise<void> {
  await session.query("update users set hash = null, touched = 0");
}
`;

async function rowsOf(p: Project): Promise<unknown> {
  const session = await p.session();
  const { rows } = await session.query(
    "select count(*)::int as n, count(distinct xmin::text)::int as transactions from users where touched = 1 and hash = upper(email)",
  );
  return rows[0];
}

test("each chunk is a transaction; the last one records the migration as applied", async (t) => {
  const p = await project(t, { "001_a.sql": table, "002_b.ts": script() });
  const { migrate } = await p.steward();
  assert.match((await migrate.up({}, { dryRun: true })).plan.steps[1]?.sql ?? "", /^-- in chunks: up\(\) of .*002_b\.ts/);
  await migrate.up();
  assert.deepEqual(await rowsOf(p), { n: 250, transactions: 3 });
  assert.deepEqual(await p.applied(), ["001_a", "002_b"]);
  const { rows } = await (await p.session()).query("select step_state, duration_ms >= 0 as timed from pgsteward.migration order by name");
  assert.deepEqual(rows[1], { step_state: null, timed: true });
  await migrate.down();
  assert.deepEqual((await (await p.session()).query("select distinct touched from users")).rows, [{ touched: 0 }]);
});

test("what it throws in the middle is told; the next run goes on behind the last chunk", async (t) => {
  const p = await project(t, {
    "001_a.sql": `${table}create table poison (id int); insert into poison values (150);`,
    "002_b.ts": script(`const { rows: poison } = await session.query("select id from poison");
  if (poison.some((bad) => rows.some(({ id }) => id === bad.id))) throw new Error("no such domain");
  ${each}`),
  });
  const { migrate } = await p.steward();
  const error = await failureOf(migrate.up(), "MIGRATE_FAILED_PARTLY");
  assert.match(error.message, /002_b failed at .*002_b\.ts:8: no such domain/);
  assert.match(error.hint ?? "", /goes on behind its last chunk/);
  assert.deepEqual([error.exit, error.database], [7, "partly changed"]);
  assert.deepEqual(await rowsOf(p), { n: 100, transactions: 1 });
  assert.match((await migrate.status()).findings[0]?.message ?? "", /100 rows of a backfill/);
  await (await p.session()).query("delete from poison");
  assert.deepEqual((await migrate.up()).result.applied, ["002_b"]);
  assert.deepEqual(await rowsOf(p), { n: 250, transactions: 3 });
});

test("one that fails in its first chunk has changed nothing", async (t) => {
  const p = await project(t, { "001_a.sql": table, "002_b.ts": script(`${each}\n  throw new Error("at once");`) });
  const { migrate } = await p.steward();
  const error = await failureOf(migrate.up(), "MIGRATE_FAILED");
  assert.deepEqual([error.exit, error.database], [6, "rolled back"]);
  assert.equal((await migrate.status()).data.migrations[1]?.state, "pending");
});

test("an edited script begins anew; `where` leaves out what is done", async (t) => {
  const options = '{ table: "users", batch: 100, columns: ["id", "email"], where: "hash is null -- not yet" }';
  const p = await project(t, {
    "001_a.sql": table,
    "002_b.ts": script(`${each}\n  if (rows.length < 100) throw new Error("short");`, options),
  });
  const { migrate } = await p.steward();
  await failureOf(migrate.up(), "MIGRATE_FAILED_PARTLY");
  await p.write({
    "002_b.ts": script(`if (Object.keys(rows[0]).join() !== "id,email") throw new Error("too many columns");\n  ${each}`, options),
  });
  await migrate.up();
  assert.deepEqual(await rowsOf(p), { n: 250, transactions: 3 });
});

test("rows stay as they were read until the chunk is written", async (t) => {
  const p = await project(t, { "001_a.sql": table });
  await (await p.steward()).migrate.up();
  await p.write({
    "002_b.ts": script(`globalThis.readRows();\n  await globalThis.written;\n  ${each}`, '{ table: "users", batch: 1000 }'),
  });
  const world = globalThis as typeof globalThis & { readRows?: () => void; written?: Promise<void> };
  const read = new Promise<void>((resolve) => (world.readRows = resolve));
  let write = (): void => undefined;
  world.written = new Promise((resolve) => (write = resolve));
  const done = (await p.steward()).migrate.up();
  await read;
  const session = await p.session();
  await assert.rejects(session.script("set lock_timeout = 50; update users set email = 'lost' where id = 7"), /lock timeout/);
  write();
  await done;
  assert.deepEqual(await rowsOf(p), { n: 250, transactions: 1 });
});

test("validate, lint and prove run it in one go on a scratch database", async (t) => {
  const p = await project(t, { "001_a.sql": table, "002_b.ts": script() });
  const { migrate } = await p.steward();
  await migrate.up();
  assert.match((await migrate.validate()).data.catalog, /^in step/);
  assert.equal((await migrate.lint({ all: true })).findings.filter(({ code }) => code === "LINT_FAILS").length, 0);
  const { data } = await migrate.prove();
  assert.notEqual(data.files[1]?.verdict, "cannot be proved");
});

test("options that cannot be followed are refused before a row is touched", async (t) => {
  for (const [options, problem] of [
    ['{ table: "users", size: 10 }', /does not know size/],
    ['{ table: "users", batch: 0 }', /it takes \{ table, batch/],
    ["{ batch: 10 }", /it takes \{ table, batch/],
    ['{ table: "nobody" }', /no table nobody with a primary key/],
  ] as const) {
    const p = await project(t, { "001_a.sql": table, "002_b.ts": script(each, options) });
    const error = await failureOf((await p.steward()).migrate.up(), "MIGRATE_BACKFILL_INVALID");
    assert.match(error.message, problem);
    assert.equal(error.exit, 2);
  }
  const hidden = script().replace("export const backfill", "const backfill").concat("export { backfill };\n");
  const p = await project(t, { "001_a.sql": table, "002_b.ts": hidden });
  assert.match((await failureOf((await p.steward()).migrate.up(), "MIGRATE_SCRIPT_INVALID")).message, /on a line of its own/);
  assert.deepEqual(await entriesOf(p.migrations), ["001_a.sql", "002_b.ts"]);
});
