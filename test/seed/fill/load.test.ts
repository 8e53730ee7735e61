import assert from "node:assert/strict";
import test from "node:test";
import { readCatalog } from "../../../src/core/catalog.ts";
import { undoFill } from "../../../src/seed/fill/undo.ts";
import { failureOf } from "../../support/migrate-project.ts";
import { database, type Filled, shop } from "./support.ts";

const orphans = `
  select count(*) from order_items i left join orders o on (o.tenant_id, o.id) = (i.tenant_id, i.order_id)
    left join products p on (p.tenant_id, p.id) = (i.tenant_id, i.product_id) where o.id is null or p.id is null`;

/** Rows by table, in order. */
async function counts({ db }: Filled): Promise<Record<string, number>> {
  const names = ["categories", "order_items", "orders", "products", "profiles", "tenants", "users"];
  const { rows } = await db.query<{ all: number[] }>(
    `select array[${names.map((name) => `(select count(*) from ${name})`).join(", ")}]::int[] as all`,
  );
  return Object.fromEntries(names.map((name, i) => [name, rows[0]?.all[i] ?? 0]));
}

async function contents({ db }: Filled): Promise<string> {
  const { rows } = await db.query<{ hash: string }>(`
    select md5(string_agg(t, ',' order by t)) as hash from (
      select u::text as t from users u union all select o::text from orders o union all select i::text from order_items i) x`);
  return rows[0]?.hash ?? "";
}

test("a schema is filled, every key and check holds, and its definition is what it was", async (t) => {
  const p = await database(t, shop);
  await p.db.script(
    "comment on constraint users_tenant_id_id_key on users is 'two'; comment on index users_email is 'one'; alter table orders replica identity using index orders_pkey",
  );
  const before = await readCatalog(p.db);
  const { result, applied } = await p.fill({ rows: ["users=50", "orders=200", "order_items=400"], tenants: 5, skew: "zipf" });
  assert.equal(applied, true);
  assert.ok(result.tables.every(({ lane }) => lane === "bare"));
  assert.equal((await readCatalog(p.db)).fingerprint, before.fingerprint);
  assert.deepEqual(await counts(p), { categories: 300, order_items: 400, orders: 200, products: 300, profiles: 50, tenants: 5, users: 50 });
  assert.equal(await p.count("select count(*) from pg_constraint where not convalidated"), 0);
  assert.equal(await p.count(orphans), 0);
  assert.ok((await p.count("select count(*) from orders group by tenant_id order by 1 desc limit 1")) > 60, "a big tenant");
  assert.ok((await p.count("select n_live_tup from pg_stat_user_tables where relname = 'users'")) >= 0);
  assert.equal(await p.count("select reltuples from pg_class where oid = 'orders'::regclass"), 200, "analysed");
});

test("sequences go on behind the generated rows", async (t) => {
  const p = await database(t, shop);
  await p.fill({ scale: 0.1 });
  const { rows } = await p.db.query("insert into categories (tenant_id, name) select id, 'one more' from tenants limit 1 returning id");
  assert.equal(rows[0]?.["id"], BigInt(await p.count("select max(id) from categories")));
  await p.db.query("insert into products (tenant_id, sku, price, attributes, tags) select id, 'sku', 1, '{}', '{a}' from tenants limit 1");
});

test("the plan says for each table which lane it takes and why", async (t) => {
  const p = await database(t, shop);
  await p.db.script(
    "insert into tenants (name, slug) values ('Mine', 'mine'); alter table profiles enable row level security; alter table profiles force row level security",
  );
  const { plan } = await p.fill({ scale: 0.1 }, { dryRun: true });
  const titles = plan.steps.map(({ title }) => title);
  assert.match(titles[0] ?? "", /^public\.tenants: .*temporary table.*it has rows/);
  assert.match(titles[1] ?? "", /bare tables/);
  assert.equal(await p.count("select count(*) from users"), 0, "a dry run changes nothing");
});

test("a table under row level security is filled by arrays", async (t) => {
  const p = await database(
    t,
    "create table notes (id int primary key, owner text not null, mood text[] not null); alter table notes enable row level security; create policy all_ on notes using (true)",
  );
  const role = `filler_${p.name}`;
  await p.db.script(`create role "${role}"; grant usage on schema public to "${role}"; grant select, insert on notes to "${role}"`);
  t.after(() => p.db.script(`drop owned by "${role}"; drop role "${role}"`).catch(() => undefined));
  const { readShape } = await import("../../../src/seed/fill/shape.ts");
  await p.db.script(`set role "${role}"`);
  const { tables } = await readShape(p.db);
  await p.db.script("reset role");
  assert.deepEqual(
    tables.map(({ owned, copyable }) => ({ owned, copyable })),
    [{ owned: false, copyable: false }],
  );
  const { result } = await p.fill({ lane: "arrays", rows: ["notes=2500"] });
  assert.deepEqual(
    result.tables.map(({ lane }) => lane),
    ["arrays"],
  );
  assert.equal(await p.count("select count(*) from notes where cardinality(mood) > 0"), 2500);
});

test("all three lanes make the same rows", async (t) => {
  const options = { scale: 0.2, tenants: 4 };
  const hashes = [];
  for (const lane of [undefined, "staging", "arrays"] as const) {
    const p = await database(t, shop);
    await p.fill(lane === undefined ? options : { ...options, lane });
    hashes.push(await contents(p));
  }
  assert.equal(new Set(hashes).size, 1, hashes.join());
});

test("a second run finds everything there", async (t) => {
  const p = await database(t, shop);
  const options = { scale: 0.3 };
  await p.fill(options);
  const { applied } = await p.fill(options);
  assert.equal(applied, false, "nothing to do");
  await p.db.script(
    "delete from order_items where ctid in (select ctid from order_items limit 7); update users set name = 'mine' where id in (select id from users limit 1)",
  );
  const { plan } = await p.fill(options);
  assert.deepEqual(
    plan.result.tables.map(({ table, lane }) => `${table} ${lane}`),
    ["public.order_items staging"],
  );
  assert.equal(await p.count("select count(*) from order_items"), plan.result.rows);
  assert.equal(await p.count("select count(*) from users where name = 'mine'"), 1, "what somebody changed stays");
});

test("rows that are there stay, and generated ones go beside them", async (t) => {
  const p = await database(t, shop);
  await p.db.script(
    "insert into tenants (id, name, slug) values ('00000000-0000-0000-0000-000000000001', 'Mine', 'mine'); insert into categories (tenant_id, name) select id, 'Tools' from tenants",
  );
  await p.fill({ scale: 0.1 });
  assert.equal(await p.count("select count(*) from categories where name = 'Tools' and id = 1"), 1);
  assert.equal(await p.count("select count(*) from categories"), 31);
  await p.fill({ scale: 0.1, seed: 2 });
  assert.equal(await p.count("select count(*) from categories"), 61);
  assert.equal(await p.count(orphans), 0);
});

test("undo deletes what was filled, and nothing else", async (t) => {
  const p = await database(t, shop);
  await p.db.script("insert into tenants (id, name, slug) values ('00000000-0000-0000-0000-000000000001', 'Mine', 'mine')");
  const before = await counts(p);
  const { result } = await p.fill({ scale: 0.2 });
  const { rows } = await p.db.query("select spec, inserted, generator_version from pgsteward.seed_run where seeder = 'fill'");
  assert.equal(rows[0]?.["inserted"], BigInt(result.rows));
  assert.equal(rows[0]?.["generator_version"], 1);
  assert.equal(await p.db.transaction((session) => undoFill(session, rows[0]?.["spec"])), result.rows);
  assert.deepEqual(await counts(p), before);
});

test("`seed undo` takes the newest filling back, by name all of them; rows that refer to generated ones stop it", async (t) => {
  const p = await database(t, shop);
  const steward = await p.steward();
  const before = await counts(p);
  await p.fill({ scale: 0.1 });
  const once = await counts(p);
  const { result } = await p.fill({ scale: 0.1, seed: 2 });
  const newest = await steward.seed.undo();
  assert.deepEqual([newest.result.undone, newest.result.deleted], [["fill"], result.rows]);
  assert.deepEqual(await counts(p), once);
  await p.db.script("create table notes (user_id uuid references users on delete cascade); insert into notes select id from users limit 1");
  const refused = await failureOf(steward.seed.undo({ names: ["fill"] }), "SEED_ROWS_REFERENCED");
  assert.match(refused.detail ?? "", /^1 row of notes by user_id /m);
  assert.deepEqual(await counts(p), once);
  await p.db.script("drop table notes");
  await steward.seed.undo({ names: ["fill"] });
  assert.deepEqual(await counts(p), before);
  assert.equal((await steward.seed.undo()).applied, false, "nothing is left to undo");
});

test("undo refuses where the rows could not be computed again", async (t) => {
  const p = await database(t, shop);
  await p.fill({ scale: 0.1 });
  const spec = (await p.db.query("select spec from pgsteward.seed_run")).rows[0]?.["spec"] as object;
  await failureOf(undoFill(p.db, { ...spec, generatorVersion: 0 }), "SEED_FILL_UNDO_UNKNOWN");
  await p.db.script("alter table users drop column name");
  await failureOf(undoFill(p.db, spec), "SEED_FILL_UNDO_UNKNOWN");
});

test("triggers that INSERT fires are told, and somebody has to decide", async (t) => {
  const p = await database(
    t,
    `create table things (id int primary key, name text); create table log (at timestamptz default now());
     create function note() returns trigger language plpgsql as $$ begin insert into log default values; return null; end $$;
     create trigger note after insert on things for each row execute function note();
     create trigger quiet after insert on things for each row execute function note(); alter table things enable always trigger quiet`,
  );
  const { detail, data } = await failureOf(p.fill({ only: ["things"] }), "SEED_FILL_TRIGGERS");
  assert.match(String(data["triggers"]), /note on public\.things/);
  assert.match(detail ?? "", /AFTER INSERT ON public\.things/);
  await p.fill({ only: ["things"], triggers: "off" });
  assert.equal(await p.count("select count(*) from log"), 0);
  assert.deepEqual((await p.db.query("select tgenabled from pg_trigger where not tgisinternal order by tgname")).rows, [
    { tgenabled: "O" },
    { tgenabled: "A" },
  ]);
  await p.fill({ only: ["things"], triggers: "fire", seed: 2, rows: ["things=10"] });
  assert.equal(await p.count("select count(*) from log"), 20);
});

test("production is not filled", async (t) => {
  const p = await database(t, shop);
  const steward = await p.steward({ environment: "production" });
  await failureOf(steward.seed.fill({}, { yes: true, confirm: p.name }), "SEED_FILL_PRODUCTION");
});

test("a check that nothing here understands is tried on the server, and refused before anything is loaded", async (t) => {
  const p = await database(t, "create table codes (id int primary key, code text not null, constraint odd check (md5(code) like '00%'))");
  const { data, hint } = await failureOf(p.fill(), "SEED_FILL_CHECK");
  assert.equal(data["constraint"], "odd");
  assert.match(hint ?? "", /code/);
  assert.equal(await p.count("select count(*) from codes"), 0);
});
