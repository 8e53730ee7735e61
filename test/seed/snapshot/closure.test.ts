/** Laws of the selection, over random schemas: whatever refers to whatever, what is written holds together. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { snapshotProject } from "../../support/snapshot-project.ts";

interface Reference {
  readonly from: number;
  readonly to: number;
  readonly required: boolean;
}

interface Case {
  readonly rows: readonly number[];
  readonly references: readonly Reference[];
  /** Which row a row refers to, modulo how many there are; every seventh refers to none where it may. */
  readonly dice: readonly number[];
  readonly limit: number;
  readonly root: number | undefined;
}

const cases: fc.Arbitrary<Case> = fc.integer({ min: 1, max: 5 }).chain((tables) =>
  fc.record({
    rows: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: tables, maxLength: tables }),
    references: fc.array(
      fc.record({ from: fc.nat(tables - 1), to: fc.nat(tables - 1), required: fc.boolean() }).map((one) => ({
        ...one,
        // Only upwards can a row be required: then the parents can be made first.
        required: one.required && one.to < one.from,
      })),
      { maxLength: 8 },
    ),
    dice: fc.array(fc.nat(1000), { minLength: 20, maxLength: 20 }),
    limit: fc.integer({ min: 1, max: 6 }),
    root: fc.option(fc.nat(tables - 1), { nil: undefined }),
  }),
);

function sqlOf({ rows, references, dice }: Case): string {
  const columns = (table: number): readonly string[] =>
    references.flatMap(({ from, required, to }, i) =>
      from === table ? [`r${i} int${required && (rows[to] ?? 0) > 0 ? " not null" : ""}`] : [],
    );
  const refersTo = (i: number, to: number, row: number, required: boolean): string => {
    const count = rows[to] ?? 0;
    const draw = (dice[(i * 7 + row) % dice.length] ?? 0) + row * 3;
    return count === 0 || (!required && draw % 7 === 0) ? "null" : String(1 + (draw % count));
  };
  const create = rows.map((_, table) => `create table t${table} (${["id int primary key", ...columns(table)].join(", ")});`);
  const insert = rows.flatMap((count, table) =>
    Array.from({ length: count }, (_, row) => {
      const values = references.flatMap(({ from, to, required }, i) => (from === table ? [refersTo(i, to, row, required)] : []));
      return `insert into t${table} values (${[row + 1, ...values].join(", ")});`;
    }),
  );
  const keys = references.map(({ from, to }, i) => `alter table t${from} add foreign key (r${i}) references t${to};`);
  return [...create, ...insert, ...keys].join("\n");
}

type Row = Readonly<Record<string, string>>;

/** The rows of the files by table and id; a later file of a table adds to its rows. */
function rowsOf(files: Readonly<Record<string, string>>): ReadonlyMap<string, ReadonlyMap<string, Row>> {
  const tables = new Map<string, Map<string, Row>>();
  for (const [name, text] of Object.entries(files)) {
    const table = /^9\d+_snapshot_(t\d+)(?:_2)?\.csv$/.exec(name)?.[1];
    if (table === undefined) continue;
    const [head = [], ...lines] = text
      .trim()
      .split("\n")
      .map((line) => line.replaceAll('"', "").split(","));
    const rows = tables.get(table) ?? new Map<string, Row>();
    for (const line of lines)
      rows.set(line[0] ?? "", { ...rows.get(line[0] ?? ""), ...Object.fromEntries(head.map((column, i) => [column, line[i] ?? ""])) });
    tables.set(table, rows);
  }
  return tables;
}

test("every row that is referred to is there; only rows that others need come above the limit; twice is the same", async (t) => {
  const p = await snapshotProject(t, "");
  const { seed } = await p.steward();
  await fc.assert(
    fc.asyncProperty(cases, async (one) => {
      await p.session2.script(`drop schema public cascade; create schema public;\n${sqlOf(one)}`);
      const root = one.root !== undefined && (one.rows[one.root] ?? 0) > 0 ? { where: [`t${one.root}=id = 1`] } : {};
      fc.pre(
        one.rows.some(
          (count, table) =>
            count > 0 && (root.where !== undefined || !one.references.some(({ from, to }) => from === table && to !== table)),
        ),
      );
      await seed.snapshot({ rows: one.limit, ...root });
      const files = await p.files();
      const tables = rowsOf(files);
      const needed = new Set<string>();
      for (const [i, { from, to }] of one.references.entries()) {
        for (const row of tables.get(`t${from}`)?.values() ?? []) {
          const id = row[`r${i}`] ?? "";
          if (id !== "") assert.ok(tables.get(`t${to}`)?.has(id), `t${from}.r${i} = ${id}`);
          needed.add(`t${to} ${id}`);
        }
      }
      for (const [table, rows] of tables) {
        const chosen = [...rows.keys()].filter((id) => !needed.has(`${table} ${id}`));
        assert.ok(chosen.length <= one.limit, `${table}: ${chosen.length}`);
      }
      await seed.snapshot({ rows: one.limit, ...root });
      assert.deepEqual(await p.files(), files);
    }),
    { numRuns: 40 },
  );
});
