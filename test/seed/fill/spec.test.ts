import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { failureOf } from "../../support/migrate-project.ts";
import { root } from "../../support/migrate-server.ts";
import { database, type Filled } from "./support.ts";

const schema = `
  create table plans (id int primary key, name text not null);
  create table users (id int primary key, plan_id int not null references plans (id), plan text not null, price numeric not null, since date, code text not null);`;

async function withSpec(t: TestContext, body: string, file = "seeders/fill.ts"): Promise<Filled> {
  const p = await database(t, schema);
  await mkdir(join(p.dir, "seeders"));
  const imports = `import { between, defineFill, matching, oneOf, sometimesNull } from ${JSON.stringify(join(root, "src/seed/index.ts"))};\n`;
  await writeFile(join(p.dir, file), `${imports}export default defineFill({ ${body} });`);
  return p;
}

test("fill.ts in the folder of seeders says how many rows there are and what is in them", async (t) => {
  const p = await withSpec(
    t,
    `tables: { plans: { rows: 4 }, users: { rows: { per: "plans", times: 500 }, columns: {
      plan: oneOf(["free", "pro"], [9, 1]), price: between(1, 500), since: sometimesNull(0.5, between("2024-01-01", "2024-01-31")), code: matching(/^[A-Z]{3}-[0-9]{2}$/) } } }`,
  );
  await p.fill();
  const { rows } = await p.db.query(`
    select count(*)::int as n, count(*) filter (where plan = 'free')::int as free, min(price)::int >= 1 and max(price)::int <= 500 as priced,
      bool_and(since between '2024-01-01' and '2024-01-31') as dated, count(since)::int as dates, bool_and(code ~ '^[A-Z]{3}-[0-9]{2}$') as coded from users`);
  const { n, free, priced, dated, dates, coded } = rows[0] ?? {};
  assert.deepEqual({ n, priced, dated, coded }, { n: 2000, priced: true, dated: true, coded: true });
  assert.ok(free > 1700 && free < 1900, `${free}`);
  assert.ok(dates > 900 && dates < 1100, `${dates}`);
});

test("flags win over fill.ts, and another file can be named", async (t) => {
  const p = await withSpec(t, "seed: 3, tables: { plans: { rows: 4 }, users: { rows: 0 } }", "other.ts");
  await p.fill({ spec: "other.ts", rows: ["plans=7"] });
  assert.equal(await p.count("select count(*) from plans"), 7);
  assert.equal(await p.count("select count(*) from users"), 0);
});

test("what is not there is named, with what was meant", async (t) => {
  const p = await withSpec(t, "tables: { users: { columns: { plann: oneOf([1]) } } }");
  assert.match((await failureOf(p.fill(), "SEED_FILL_SPEC_INVALID")).message, /users has no column plann/);
  const q = await database(t, schema);
  const { hint } = await failureOf(q.fill({ rows: ["user=5"] }), "SEED_FILL_SPEC_INVALID");
  assert.equal(hint, "did you mean users?");
  await failureOf(q.fill({ rows: ["users=many"] }), "SEED_FILL_SPEC_INVALID");
  const r = await withSpec(t, "tables: { users: { columns: { plan_id: oneOf([1]) } } }");
  assert.match((await failureOf(r.fill(), "SEED_FILL_SPEC_INVALID")).message, /foreign key/);
});

test("numbers of rows are scaled, written short, and shared out to tenants", async (t) => {
  const p = await database(
    t,
    `create table organizations (id int primary key);
     create table people (id int primary key, organization_id int not null references organizations (id));
     create table posts (id int primary key, organization_id int not null references organizations (id), author_id int not null references people (id))`,
  );
  await p.fill({ tenants: 50, skew: "zipf", rows: ["people=1k,posts=2k"] });
  assert.equal(await p.count("select count(*) from organizations"), 50);
  assert.equal(
    await p.count("select count(*) from posts join people on people.id = author_id where people.organization_id <> posts.organization_id"),
    0,
  );
  const [big, small] = [1, 50].map((id) => p.count(`select count(*) from posts where organization_id = ${id}`));
  assert.ok((await big!) > 300 && (await small!) < 15);
});
