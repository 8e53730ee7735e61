/** Random schemas, filled in every lane: the server refuses whatever breaks a constraint. */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { readCatalog } from "../../../src/core/catalog.ts";
import { database } from "./support.ts";

interface RandomTable {
  readonly key: "int" | "bigint generated always as identity" | "uuid" | "text" | "smallint";
  readonly columns: readonly string[];
  readonly references: readonly { readonly to: number; readonly required: boolean; readonly unique: boolean }[];
  readonly tenant: boolean;
  readonly rows: number;
}

/** `%` is the column's name. */
const columns = [
  "% text not null",
  "% text unique",
  "% varchar(9) not null unique",
  "% int not null check (% between 5 and 7)",
  "% int check (% > 100)",
  "% numeric(6, 2) not null check (% >= 0 and % < 10)",
  "% text not null check (% in ('a', 'b', 'c'))",
  "% text check (% ~ '^[A-Z]{2}-[0-9]{4}$')",
  "% text not null check (length(%) between 3 and 8)",
  "% timestamptz not null, %_until timestamptz, check (%_until > %)",
  "% date not null unique",
  "% boolean not null, %_why text, check (not % or %_why is not null)",
  "% jsonb not null check (jsonb_typeof(%) = 'array')",
  "% int, %_b int, check (num_nonnulls(%, %_b) = 1)",
  "% int[] not null check (cardinality(%) > 0)",
  "% uuid unique",
  "% int4range",
  "% inet not null unique",
  "% int not null, %_double int generated always as (% * 2) stored",
] as const;

const table: fc.Arbitrary<RandomTable> = fc.record({
  key: fc.constantFrom("int", "bigint generated always as identity", "uuid", "text", "smallint"),
  columns: fc.array(fc.constantFrom(...columns), { maxLength: 5 }),
  references: fc.array(fc.record({ to: fc.nat({ max: 5 }), required: fc.boolean(), unique: fc.boolean() }), { maxLength: 3 }),
  tenant: fc.boolean(),
  rows: fc.integer({ min: 1, max: 120 }),
});

/** Each table refers to earlier ones or itself; those of tenants by keys of two columns. */
function definitions(tables: readonly RandomTable[]): string[] {
  const typeOf = (key: RandomTable["key"]): string => key.split(" ")[0] as string;
  return tables.map(({ key, columns: own, references, tenant }, i) => {
    const parts = [`id ${key} primary key`];
    if (tenant) parts.push("tenant_id int not null references tenants (id)", "unique (tenant_id, id)");
    own.forEach((text, c) => parts.push(text.replaceAll("%", `c${c}`)));
    references.forEach(({ to, required, unique }, r) => {
      const parent = to % (i + 1);
      const target = tables[parent] as RandomTable;
      const composite = tenant && target.tenant;
      parts.push(`r${r} ${typeOf(target.key)}${required && parent !== i ? " not null" : ""}${unique && !composite ? " unique" : ""}`);
      parts.push(
        composite
          ? `foreign key (tenant_id, r${r}) references t${parent} (tenant_id, id)`
          : `foreign key (r${r}) references t${parent} (id)`,
      );
      if (composite && unique) parts.push(`unique (tenant_id, r${r})`);
    });
    return `create table t${i} (${parts.join(", ")})`;
  });
}

test("whatever the schema, every constraint holds and the schema stays what it was", async (t) => {
  const p = await database(t, "create table tenants (id int primary key, name text not null)");
  const steward = await p.steward();
  await fc.assert(
    fc.asyncProperty(
      fc.array(table, { minLength: 1, maxLength: 5 }),
      fc.constantFrom(undefined, "staging" as const, "arrays" as const),
      fc.nat(),
      async (tables, lane, seed) => {
        const names = tables.map((_, i) => `t${i}`);
        await p.db.script(
          `drop table if exists ${["t0", "t1", "t2", "t3", "t4", "tenants"].join(", ")} cascade; create table tenants (id int primary key, name text not null); drop schema if exists pgsteward cascade`,
        );
        await p.db.script(definitions(tables).join(";\n"));
        const before = (await readCatalog(p.db)).fingerprint;
        const rows = ["tenants=4", ...tables.map(({ rows }, i) => `t${i}=${rows}`)];
        const { result } = await steward.seed.fill({ rows, seed, skew: "zipf", ...(lane && { lane }) });
        assert.equal((await readCatalog(p.db)).fingerprint, before);
        const there = await p.count(["tenants", ...names].map((name) => `(select count(*) from ${name})`).join(" + "));
        assert.equal(there, result.rows);
        const { applied } = await steward.seed.fill({ rows, seed, skew: "zipf", ...(lane && { lane }) });
        assert.equal(await p.count(["tenants", ...names].map((name) => `(select count(*) from ${name})`).join(" + ")), there, `${applied}`);
      },
    ),
    { numRuns: Number(process.env["FILL_RUNS"] ?? 20), seed: Number(process.env["FILL_SEED"] ?? 7), endOnFailure: true },
  );
});
