/** A run that cannot see everything is refused: rows that a policy hides, tables that may not be read, a replica that lags. */
import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { randomBytes } from "node:crypto";
import { readReplication, refuseLag } from "../../src/check/preflight.ts";
import { createSteward, type Steward } from "../../src/steward.ts";
import { failureOf, type Files, temporary, writeFiles } from "../support/migrate-project.ts";
import { defer, freshDatabase, onServer, serverUrl, withDatabase } from "../support/migrate-server.ts";

interface Login {
  readonly role: string;
  readonly steward: Steward;
}

/** A steward of a role that can log in and nothing else, on a database where `sql` has run; `{role}` stands for its name. */
async function loginOn(t: TestContext, sql: string, checks: Files = {}): Promise<Login> {
  const role = `check_${randomBytes(5).toString("hex")}`;
  const base = await serverUrl();
  await onServer(base, (admin) => admin.query(`create role ${role} login`));
  defer(t, () => onServer(base, (admin) => admin.query(`drop role ${role}`)));
  const { name } = await freshDatabase(t);
  await onServer(withDatabase(base, name), (owner) => owner.script(sql.replaceAll("{role}", role)));
  const url = new URL(withDatabase(base, name));
  url.username = role;
  const cwd = await temporary(t);
  await writeFiles(`${cwd}/checks`, checks);
  const steward = await createSteward({ cwd, env: { PATH: process.env["PATH"] }, config: { url: url.href } });
  defer(t, () => steward.close());
  return { role, steward };
}

const tenants = `create table users (id int primary key, tenant_id int); create table notes (id int primary key, user_id int references users);
  insert into users values (1, 1); insert into notes values (1, 1);`;

test("a policy that hides rows: parents would be missing, so nothing is judged", async (t) => {
  const { role, steward } = await loginOn(
    t,
    `${tenants} alter table users enable row level security; create policy own on users using (tenant_id = 5); grant select on users, notes to {role};`,
  );
  const error = await failureOf(steward.check.run(), "CHECK_BLIND");
  assert.match(error.message, new RegExp(`^${role} cannot see every row: row level security hides rows of public\\.users from it$`));
  assert.match(error.hint ?? "", /bypassrls/);
  assert.deepEqual([error.exit, error.database, error.data["tables"]], [3, "unchanged", ["public.users"]]);
});

test("the owner under FORCE ROW LEVEL SECURITY is hidden from, without it he is not", async (t) => {
  const { steward } = await loginOn(
    t,
    `${tenants} alter table users enable row level security; create policy own on users using (tenant_id = 5);
     alter table users owner to {role}; alter table notes owner to {role}; alter table users force row level security;`,
  );
  await failureOf(steward.check.run(), "CHECK_BLIND");
  const session = await steward.session();
  await session.query("alter table users no force row level security");
  await session.close();
  assert.equal((await steward.check.run({ only: ["orphans"] })).ok, true);
});

test("a table that may not be read", async (t) => {
  const { steward } = await loginOn(
    t,
    `${tenants} create schema hidden; create table hidden.secrets (id int); grant select on notes to {role};`,
  );
  const error = await failureOf(steward.check.run(), "CHECK_BLIND");
  assert.match(error.message, /it may not read hidden\.secrets, public\.users$/);
  assert.match(error.hint ?? "", /^grant select on them to .*--schema public$/);
});

test("only some schemas are looked at: the others need no rights", async (t) => {
  const { steward } = await loginOn(
    t,
    `${tenants} create schema hidden; create table hidden.secrets (id int); grant select on users, notes to {role};`,
  );
  await failureOf(steward.check.run(), "CHECK_BLIND");
  assert.equal((await steward.check.run({ schema: ["public"] })).ok, true);
});

test("a check of the project that reads what a policy hides, or what may not be read", async (t) => {
  const hidden = `${tenants} create schema app; create table app.rows (id int); alter table app.rows enable row level security;
    create policy none on app.rows using (false); create table app.secret (id int);
    grant usage on schema app to {role}; grant select on app.rows, users, notes to {role};`;
  for (const query of ["select * from app.rows", "select * from app.secret"]) {
    const { steward } = await loginOn(t, hidden, { "rows.sql": query });
    const error = await failureOf(steward.check.run({ schema: ["public"] }), "CHECK_BLIND");
    assert.deepEqual([error.data["rule"], error.exit], ["rows", 3]);
  }
});

test("a primary does not lag; a replica may by half a minute, and one that does not know may not", async (t) => {
  const { session } = await freshDatabase(t);
  const here = await readReplication(await session());
  assert.deepEqual(here, { replica: false, lagMs: 0 });
  refuseLag(here);
  refuseLag({ replica: true, lagMs: 30_000 });
  for (const lagMs of [30_001, null]) assert.throws(() => refuseLag({ replica: true, lagMs }), { code: "CHECK_REPLICA_LAG", exit: 3 });
});

test("a sequence that may not be read is told, and a role at its limit of connections is no obstacle", async (t) => {
  const { role, steward } = await loginOn(
    t,
    `create table a (id serial primary key); insert into a default values; grant select on a to {role}; alter role {role} connection limit 1;`,
  );
  const { findings, ok } = await steward.check.run({ sessions: 4 });
  assert.deepEqual(
    findings.map(({ severity, code, hint }) => `${severity} ${code}: ${hint}`),
    [`warning CHECK_SEQUENCE_UNSEEN: grant select on sequence "public"."a_id_seq" to ${role}`],
  );
  assert.equal(ok, true);
});
