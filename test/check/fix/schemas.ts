/** Schemas with rows at random: keys of every kind, references in circles, partitions, every type; and which rows a fix must take. */
import fc from "fast-check";
import { edgeValues } from "./types.ts";

const actions = ["no action", "restrict", "cascade", "set null", "set default"] as const;

interface Reference {
  readonly to: number;
  readonly composite: boolean;
  readonly action: (typeof actions)[number];
  readonly deferrable: boolean;
}

interface Row {
  readonly bad: boolean;
  /** Which row of the other table, by position; null refers to nothing. */
  readonly refers: readonly (number | null)[];
  /** Index of an edge value; null for NULL. */
  readonly values: readonly (number | null)[];
}

interface Table {
  readonly key: "identity" | "composite" | "text" | "none";
  readonly types: readonly string[];
  readonly generated: boolean;
  readonly partitioned: boolean;
  readonly references: readonly Reference[];
  readonly rows: readonly Row[];
  readonly fix: "remove" | "set";
}

export type Model = readonly Table[];

const tables = 3;

export function models(types: readonly string[]): fc.Arbitrary<Model> {
  const reference = fc.record({
    to: fc.nat(tables - 1),
    composite: fc.boolean(),
    action: fc.constantFrom(...actions),
    deferrable: fc.boolean(),
  });
  const row = fc.record({
    bad: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
    refers: fc.array(fc.option(fc.nat(7), { freq: 3 }), { minLength: 2, maxLength: 2 }),
    values: fc.array(fc.option(fc.nat(5), { freq: 6 }), { minLength: 8, maxLength: 8 }),
  });
  const table = fc.record({
    key: fc.constantFrom("identity", "composite", "text", "none"),
    types: fc.array(fc.constantFrom(...types), { minLength: 2, maxLength: 8 }),
    generated: fc.boolean(),
    partitioned: fc.boolean(),
    references: fc.array(reference, { maxLength: 2 }),
    rows: fc.array(row, { minLength: 1, maxLength: 8 }),
    fix: fc.constantFrom("remove", "remove", "set"),
  });
  return fc.array(table, { minLength: tables, maxLength: tables }) as fc.Arbitrary<Model>;
}

/** The statements of a model: tables, rows in one statement, so that circles can be closed, then nothing. */
export function statementsOf(model: Model): string {
  const create = model.map((table, i) => {
    const keys: Readonly<Record<Table["key"], string>> = {
      identity: "id integer generated always as identity primary key",
      composite: "a integer not null, b text not null, primary key (a, b)",
      text: "id text primary key",
      none: "id integer",
    };
    const key = table.partitioned ? "id integer" : keys[table.key];
    const columns = [
      ...table.types.map((type, c) => `c${c} ${type}`),
      "uid integer not null",
      "tag integer not null default 1",
      "bad boolean not null",
      ...(table.generated ? ["twice integer generated always as (uid * 2) stored"] : []),
      ...table.references.map((_, r) => `r${r} integer, g${r} integer default 1`),
    ];
    const end = table.partitioned ? " partition by list (uid)" : "";
    const parts = table.partitioned
      ? `create table t${i}_odd partition of t${i} for values in (1, 3, 5, 7); create table t${i}_rest partition of t${i} default;`
      : "";
    return `create table t${i} (${key}, ${columns.join(", ")}, unique (uid), unique (uid, tag))${end}; ${parts}`;
  });
  const foreign = model.flatMap((table, i) =>
    table.references.map(({ to, composite, action, deferrable }, r) => {
      const [from, target] = composite ? [`r${r}, g${r}`, "uid, tag"] : [`r${r}`, "uid"];
      const later = deferrable ? " deferrable initially deferred" : "";
      return `alter table t${i} add foreign key (${from}) references t${to} (${target}) on delete ${action}${later};`;
    }),
  );
  const inserts = model.map(
    (table, i) =>
      `i${i} as (insert into t${i} (${columnsOf(table).join(", ")}) values ${table.rows.map((row, uid) => valuesOf(model, table, row, uid)).join(", ")})`,
  );
  return [...create, ...foreign, `with ${inserts.join(", ")} select 1;`].join("\n");
}

function columnsOf({ key, partitioned, types, references }: Table): readonly string[] {
  const keys = partitioned || key === "none" || key === "text" ? ["id"] : key === "composite" ? ["a", "b"] : [];
  return [...keys, ...types.map((_, c) => `c${c}`), "uid", "bad", ...references.flatMap((_, r) => [`r${r}`, `g${r}`])];
}

function valuesOf(model: Model, { key, partitioned, types, references }: Table, row: Row, uid: number): string {
  const keys =
    partitioned || key === "none" ? ["1"] : key === "text" ? [`'k ${uid}'`] : key === "composite" ? [`${uid}`, `'b"${uid}'`] : [];
  const values = types.map((type, c) => {
    const choice = row.values[c] ?? null;
    const known = edgeValues[type] ?? [];
    return choice === null && type !== "label" ? "null" : `(${known[(choice ?? 0) % known.length]})::${type}`;
  });
  const refers = references.flatMap(({ to }, r) => [`${target(model, to, row.refers[r] ?? null) ?? "null::int"}`, "1"]);
  return `(${[...keys, ...values, uid, row.bad, ...refers].join(", ")})`;
}

const target = (model: Model, to: number, position: number | null): number | null =>
  position === null ? null : position % (model[to] as Table).rows.length;

/** `t1 3`: the rows that have to go, and those that have to change, found without the database. */
export function expectedOf(model: Model): { readonly removed: ReadonlySet<string>; readonly changed: ReadonlySet<string> } {
  const removed = new Set<string>();
  const changed = new Set<string>();
  const keeps = ({ action }: Reference): boolean => action === "set null" || action === "set default";
  const each = (visit: (table: Table, row: Row, name: string) => void): void =>
    model.forEach((table, i) => table.rows.forEach((row, uid) => visit(table, row, `t${i} ${uid}`)));
  const hits = (table: Table, row: Row, wanted: (reference: Reference) => boolean): boolean =>
    table.references.some((reference, r) => {
      const to = target(model, reference.to, row.refers[r] ?? null);
      return to !== null && wanted(reference) && removed.has(`t${reference.to} ${to}`);
    });
  each((table, row, name) => void (row.bad && table.fix === "remove" && removed.add(name)));
  for (let size = -1; size !== removed.size; ) {
    size = removed.size;
    each((table, row, name) => void (hits(table, row, (reference) => !keeps(reference)) && removed.add(name)));
  }
  each((table, row, name) => {
    if (!removed.has(name) && (hits(table, row, keeps) || (row.bad && table.fix === "set"))) changed.add(name);
  });
  return { removed, changed };
}
