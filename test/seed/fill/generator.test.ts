import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test, { type TestContext } from "node:test";
import fc from "fast-check";
import { share, weightsOf } from "../../../src/seed/fill/blocks.ts";
import { hash32, keyOf, permutation } from "../../../src/seed/fill/hash.ts";
import { rowsOf } from "../../../src/seed/fill/rows.ts";
import type { FilledTable } from "../../../src/seed/fill/table.ts";
import { generatorVersion } from "../../../src/seed/fill/version.ts";
import { database, modelIn, shop } from "./support.ts";

const bytesOf = (table: FilledTable, options: Parameters<typeof rowsOf>[1] = {}): Buffer =>
  Buffer.concat([...(rowsOf(table, options).data() as Iterable<Uint8Array>)]);

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

test("a permutation is one, whatever its size and salt", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer(), fc.nat(), (size, seed, salt) => {
      const shuffle = permutation(keyOf(seed, "x"), size);
      assert.equal(new Set(Array.from({ length: size }, (_, i) => shuffle(i, salt))).size, size);
    }),
    { numRuns: 50 },
  );
  const large = permutation(keyOf(1, "x"), 2 ** 45);
  const seen = new Set(Array.from({ length: 10_000 }, (_, i) => large(i)));
  assert.equal(seen.size, 10_000);
  assert.ok([...seen].every((value) => value >= 0 && value < 2 ** 45));
});

test("no two rows of a key have the same hash", () => {
  const key = keyOf(7, "table", "column");
  assert.equal(new Set(Array.from({ length: 300_000 }, (_, row) => hash32(key, row, 0))).size, 300_000);
});

test("rows are shared out completely, at most as many as fit, the first ones get more", () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 5000 }),
      fc.array(fc.option(fc.nat({ max: 100 }), { nil: Number.POSITIVE_INFINITY }), { minLength: 1, maxLength: 30 }),
      fc.constantFrom("none" as const, "zipf" as const),
      (rows, caps, skew) => {
        const starts = share(rows, weightsOf(caps.length, skew), Float64Array.from(caps));
        const room = caps.reduce((sum, cap) => sum + cap, 0);
        assert.equal(starts.at(-1), Math.min(rows, room));
        caps.forEach((cap, i) => assert.ok((starts[i + 1] ?? 0) - (starts[i] ?? 0) <= cap));
      },
    ),
  );
  const zipf = share(10_000, weightsOf(100, "zipf"), new Float64Array(100).fill(Number.POSITIVE_INFINITY));
  assert.ok((zipf[1] ?? 0) > 1500, "the biggest tenant has a fifth of everything");
  assert.ok((zipf[100] ?? 0) - (zipf[99] ?? 0) < 30);
});

async function tables(t: TestContext): Promise<readonly FilledTable[]> {
  const { db } = await database(t, shop);
  return (
    await modelIn(db, 200, {
      skew: "zipf",
      rows: new Map(
        ["users", "categories", "products", "orders", "order_items", "profiles"]
          .map((name) => [`"public"."${name}"`, 200] as [string, number])
          .concat([['"public"."tenants"', 9]]),
      ),
    })
  ).model.tables;
}

test("a row that is made alone is the row that is made among others", async (t) => {
  for (const table of await tables(t)) {
    const all = Array.from({ length: table.rows }, (_, row) => table.row(row));
    for (const row of [table.rows - 1, 3, 0, 77 % table.rows]) {
      assert.deepEqual(table.row(row), all[row], `${table.shape.name} ${row}`);
      table.columns.forEach(({ shape }, i) => assert.deepEqual(table.value(shape.name, row), all[row]?.[i]));
    }
  }
});

test("the bytes are the same for every size of chunk, and for rows made by several workers", async (t) => {
  for (const table of await tables(t)) {
    const whole = bytesOf(table);
    for (const chunkBytes of [64, 1000, 1 << 20])
      assert.ok(bytesOf(table, { chunkBytes }).equals(whole), `${table.shape.name} ${chunkBytes}`);
    // Header of 19 bytes, trailer of 2.
    for (const workers of [2, 3, 7]) {
      const cuts = Array.from({ length: workers + 1 }, (_, i) => Math.floor((table.rows * i) / workers));
      const parts = cuts.slice(1).map((to, i) => bytesOf(table, { from: cuts[i] ?? 0, to }).subarray(19, -2));
      assert.ok(Buffer.concat([whole.subarray(0, 19), ...parts, whole.subarray(-2)]).equals(whole), `${table.shape.name} by ${workers}`);
    }
  }
});

test("another seed makes other rows", async (t) => {
  const { db } = await database(t, shop);
  const [one, two] = [(await modelIn(db, 20, { seed: 1 })).model, (await modelIn(db, 20, { seed: 2 })).model];
  one.tables.forEach((table, i) =>
    assert.notEqual(digest(bytesOf(table)), digest(bytesOf(two.tables[i] as FilledTable)), table.shape.name),
  );
});

/** Changed on purpose only, together with `generatorVersion`. */
const golden: Readonly<Record<string, string>> = {
  categories: "3f578957d8bec8a6",
  order_items: "c0ddef952fffe9d9",
  orders: "4e59f93797f60494",
  products: "113c103d9095b051",
  profiles: "db513080190fd4fc",
  tenants: "2cb1fcbf61c03287",
  users: "c7145d2d297f47cc",
};

test("version 1 of the generator makes these bytes", async (t) => {
  assert.equal(generatorVersion, 1);
  const found = Object.fromEntries((await tables(t)).map((table) => [table.shape.name, digest(bytesOf(table))]));
  assert.deepEqual(found, golden);
});
