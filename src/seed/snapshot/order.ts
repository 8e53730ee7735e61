/**
 * In which order the tables are loaded: parents first. A circle is cut at a key that can be null, whose columns come in a
 * file of their own, last; where there is no such key, all of the circle is one statement, which checks its keys at its end.
 */
import type { SnapshotColumn, SnapshotKey, SnapshotTable } from "./shape.ts";

/** Rows of a table within a file. */
export interface Part {
  readonly table: SnapshotTable;
  /** What is filled; where a part comes late, the key comes with it. */
  readonly columns: readonly SnapshotColumn[];
  /** What a late part is about: rows that have none of them are left out. Empty for one that is not late. */
  readonly late: readonly string[];
}

/** File by file; more than one part where tables can only come together. */
export function loadOrder(tables: readonly SnapshotTable[]): readonly (readonly Part[])[] {
  const { groups, late } = inGroups(tables);
  const first = groups.map((group) =>
    group.map((table): Part => {
      const without = late.get(table) ?? new Set();
      return { table, columns: writable(table).filter(({ name }) => !without.has(name)), late: [] };
    }),
  );
  const second = groups.flat().flatMap((table): readonly (readonly Part[])[] => {
    const names = late.get(table);
    if (!names) return [];
    const key = fileKey(table) ?? [];
    return [[{ table, columns: table.columns.filter(({ name }) => key.includes(name) || names.has(name)), late: [...names] }]];
  });
  return [...first, ...second];
}

/** What tells the rows of a file apart: the primary key, else a unique key without nulls; undefined where there is none. */
export function fileKey({ primaryKey, uniques, columns }: SnapshotTable): readonly string[] | undefined {
  if (primaryKey.length > 0) return primaryKey;
  const notNull = (name: string): boolean => columns.find((column) => column.name === name)?.notNull ?? false;
  return uniques.find((unique) => unique.plain && unique.columns.every(notNull))?.columns;
}

/** All but what the server computes. */
function writable(table: SnapshotTable): readonly SnapshotColumn[] {
  return table.columns.filter(({ generated }) => !generated);
}

type Late = ReadonlyMap<SnapshotTable, ReadonlySet<string>>;

type Waits = (table: SnapshotTable) => readonly SnapshotKey[];

function inGroups(tables: readonly SnapshotTable[]): { groups: readonly (readonly SnapshotTable[])[]; late: Late } {
  const left = new Map(tables.map((table) => [table.oid, table]));
  const late = new Map<SnapshotTable, Set<string>>();
  const groups: (readonly SnapshotTable[])[] = [];
  const waits: Waits = (table) =>
    table.keys.filter(
      ({ target, columns }) => target !== table.oid && left.has(target) && !columns.some((name) => late.get(table)?.has(name)),
    );
  while (left.size > 0) {
    const all = [...left.values()];
    const free = all.find((table) => waits(table).length === 0);
    const cut = free ? undefined : cutOf(all, waits);
    if (cut) late.set(cut.table, new Set([...(late.get(cut.table) ?? []), ...cut.names]));
    else {
      const group = free ? [free] : inseparable(all, waits);
      groups.push(group);
      for (const { oid } of group) left.delete(oid);
    }
  }
  return { groups, late };
}

/** The first key of a circle that can be null for a while. */
function cutOf(tables: readonly SnapshotTable[], waits: Waits): { table: SnapshotTable; names: readonly string[] } | undefined {
  for (const table of tables) {
    for (const key of waits(table)) {
      const names = nullableOf(table, key);
      if (names.length > 0 && ancestorsOf(key.target, tables, waits).has(table.oid)) return { table, names };
    }
  }
  return undefined;
}

/** Tables that all wait for each other, and for nothing else. */
function inseparable(tables: readonly SnapshotTable[], waits: Waits): readonly SnapshotTable[] {
  const closed = tables.find((table) =>
    [...ancestorsOf(table.oid, tables, waits)].every((oid) => ancestorsOf(oid, tables, waits).has(table.oid)),
  );
  const group = ancestorsOf(closed?.oid ?? 0, tables, waits);
  return tables.filter(({ oid }) => group.has(oid));
}

/** What a table waits for, itself included. */
function ancestorsOf(start: number, tables: readonly SnapshotTable[], waits: Waits): ReadonlySet<number> {
  const seen = new Set<number>();
  const open = [start];
  for (let oid = open.pop(); oid !== undefined; oid = open.pop()) {
    if (seen.has(oid)) continue;
    seen.add(oid);
    const at = tables.find((one) => one.oid === oid);
    if (at) open.push(...waits(at).map(({ target }) => target));
  }
  return seen;
}

/** Columns of the key that a row can do without at first. One that has a default would not be null. */
function nullableOf(table: SnapshotTable, { columns }: SnapshotKey): readonly string[] {
  const key = fileKey(table);
  if (!key) return [];
  return table.columns
    .filter(({ name, notNull, hasDefault }) => columns.includes(name) && !notNull && !hasDefault && !key.includes(name))
    .map(({ name }) => name);
}
