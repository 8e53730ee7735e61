/**
 * How the tables of a filling hang together: which foreign keys choose a row of the parent and which follow from others, and
 * within which rows they choose.
 *
 * Where two keys of a table share columns, as (tenant_id, user_id) and (tenant_id, project_id) do, both rows have to belong to one
 * tenant. The table whose key the shared columns are is the *root*; a table that is *scoped* by it has its rows in blocks, one
 * block for each row of the root. A parent in the same block is then a matter of arithmetic.
 */
import type { ForeignKeyShape, TableShape } from "./shape.ts";

/** A foreign key that chooses a row of its parent. */
export interface Link {
  readonly key: ForeignKeyShape;
  readonly parent: TableShape;
  readonly self: boolean;
  /** Columns that this key decides about; the others are decided by an earlier one, and agree. */
  readonly decides: readonly string[];
  /** Those of them that are set to null where no row is chosen; empty where one has to be. */
  readonly nullable: readonly string[];
}

export interface Relations {
  readonly table: TableShape;
  readonly links: readonly Link[];
  /** Columns that stay null: of keys whose parent is not filled, or that contradict others. */
  readonly nulls: ReadonlySet<string>;
  /** The root's table. */
  readonly scope: string | undefined;
  /** Keys that cannot be served. */
  readonly unserved: readonly ForeignKeyShape[];
}

type Tables = ReadonlyMap<string, TableShape>;

export function relationsOf(tables: Tables, root: string | undefined): ReadonlyMap<string, Relations> {
  const scopes = scopesOf(tables, root);
  return new Map([...tables.values()].map((table) => [table.id, linksOf(table, tables, scopes)]));
}

/** The ids of the tables, parents before children; a circle is cut at a key that can be null. */
export function parentsFirst(relations: ReadonlyMap<string, Relations>): readonly string[] {
  const left = new Map(relations);
  const done = new Set<string>();
  const waits = ({ table, links }: Relations, all: boolean): boolean =>
    links.some(({ parent, nullable }) => parent.id !== table.id && (all || nullable.length === 0) && !done.has(parent.id));
  for (;;) {
    const open = [...left.values()];
    const next = open.find((each) => !waits(each, true)) ?? open.find((each) => !waits(each, false)) ?? open[0];
    if (!next) break;
    left.delete(next.table.id);
    done.add(next.table.id);
  }
  return [...done];
}

const notNull = (table: TableShape, name: string): boolean => table.columns.find((column) => column.name === name)?.notNull ?? false;

function linksOf(table: TableShape, tables: Tables, scopes: ReadonlyMap<string, string>): Relations {
  const links: Link[] = [];
  const nulls = new Set<string>();
  const unserved: ForeignKeyShape[] = [];
  const decided = new Set<string>();
  for (const key of inOrder(table, scopes.get(table.id))) {
    const parent = tables.get(key.table);
    const decides = key.columns.filter((name) => !decided.has(name) && !nulls.has(name));
    if (key.columns.some((name) => nulls.has(name))) continue;
    if (decides.length === 0 && links.some((link) => follows(link, key, tables))) continue;
    const bound = decides.some((name) => notNull(table, name) || isScopeColumn(table, name, tables, scopes));
    const nullable = bound ? [] : decides;
    if (parent && decides.length > 0 && agrees(table, parent, key, links, scopes)) {
      for (const name of decides) decided.add(name);
      links.push({ key, parent, self: parent.id === table.id, decides, nullable });
    } else if (decides.some((name) => !notNull(table, name))) {
      for (const name of decides) if (!notNull(table, name)) nulls.add(name);
    } else unserved.push(key);
  }
  return { table, links, nulls, scope: scopes.get(table.id), unserved };
}

/** The root first, then those that must have a parent; of two to one table the wider, from which the other follows. */
function inOrder(table: TableShape, root: string | undefined): readonly ForeignKeyShape[] {
  const whole = ({ columns }: ForeignKeyShape): boolean => columns.every((name) => notNull(table, name));
  const narrower = (key: ForeignKeyShape): readonly ForeignKeyShape[] =>
    table.keys.filter(
      (other) =>
        other.table === key.table && other.columns.length < key.columns.length && other.columns.every((name) => key.columns.includes(name)),
    );
  const required = (key: ForeignKeyShape): number => Number(whole(key) || narrower(key).some(whole));
  const rank = (key: ForeignKeyShape): number => (key.table === table.id ? 0 : key.table === root ? 2 : required(key));
  return [...table.keys].sort((a, b) => rank(b) - rank(a) || b.columns.length - a.columns.length || (a.name < b.name ? -1 : 1));
}

/** The key of another holds because the chosen row of `link` has the same key, or one of a wider one. */
function follows({ key, parent }: Link, other: ForeignKeyShape, tables: Tables): boolean {
  const places = other.columns.map((name) => key.columns.indexOf(name));
  return (
    !places.includes(-1) &&
    guarantees(
      parent,
      places.map((place) => key.refers[place] as string),
      other.table,
      other.refers,
      tables,
    )
  );
}

/** That a row of `table` with these values in `columns` means a row of `target` with them in `refers`. */
function guarantees(
  table: TableShape,
  columns: readonly string[],
  target: string,
  refers: readonly string[],
  tables: Tables,
  seen: ReadonlySet<string> = new Set(),
): boolean {
  if (table.id === target && columns.every((name, i) => name === refers[i])) return true;
  if (seen.has(table.id)) return false;
  const further = new Set([...seen, table.id]);
  return table.keys.some((key) => {
    const places = columns.map((name) => key.columns.indexOf(name));
    const parent = tables.get(key.table);
    return (
      parent !== undefined &&
      !places.includes(-1) &&
      guarantees(
        parent,
        places.map((place) => key.refers[place] as string),
        target,
        refers,
        tables,
        further,
      )
    );
  });
}

/** A key that shares columns with an earlier one chooses within the scope, or not at all. */
function agrees(
  table: TableShape,
  parent: TableShape,
  key: ForeignKeyShape,
  links: readonly Link[],
  scopes: ReadonlyMap<string, string>,
): boolean {
  const shares = links.some((link) => link.decides.some((name) => key.columns.includes(name)));
  if (!shares) return true;
  const root = scopes.get(table.id);
  const fixed = links.filter((link) => link.decides.some((name) => key.columns.includes(name)));
  // What is shared with a row chosen freely, which is not just the block's, cannot be agreed on.
  const byBlock = fixed.every((link) => link.parent.id === root || onlyScope(link, key, root, scopes));
  return root !== undefined && byBlock && (parent.id === root || chain(parent.id, scopes).includes(root));
}

/** The columns that both name are those that the parent has from the root. */
function onlyScope({ key, parent }: Link, other: ForeignKeyShape, root: string | undefined, scopes: ReadonlyMap<string, string>): boolean {
  const shared = key.columns.filter((name) => other.columns.includes(name));
  const theirs = shared.map((name) => key.refers[key.columns.indexOf(name)] as string);
  const fromRoot = parent.keys.some(
    (each) =>
      (each.table === root || chain(each.table, scopes).includes(root ?? "")) && theirs.every((name) => each.columns.includes(name)),
  );
  return fromRoot && !isUnique(parent, theirs);
}

function chain(table: string, scopes: ReadonlyMap<string, string>): readonly string[] {
  const found: string[] = [];
  for (let at = scopes.get(table); at !== undefined && !found.includes(at); at = scopes.get(at)) found.push(at);
  return found;
}

/** A column through which the table hangs on its root directly is never null. */
function isScopeColumn(table: TableShape, name: string, tables: Tables, scopes: ReadonlyMap<string, string>): boolean {
  const root = scopes.get(table.id);
  return root !== undefined && tables.has(root) && table.keys.some((key) => key.table === root && key.columns.includes(name));
}

function isUnique(table: TableShape, columns: readonly string[]): boolean {
  return table.uniques.some(
    ({ columns: key, predicate }) =>
      predicate === null && key.length === columns.length && key.every((name) => name !== null && columns.includes(name)),
  );
}

/** Each table's root. */
function scopesOf(tables: Tables, wanted: string | undefined): ReadonlyMap<string, string> {
  const own = new Map<string, string>();
  const votes = new Map<string, number>();
  for (const table of tables.values()) {
    const owners = sharedOwners(table, tables);
    for (const owner of owners) votes.set(owner, (votes.get(owner) ?? 0) + 1);
    if (owners.length > 0) own.set(table.id, owners.at(-1) as string);
  }
  const roots = new Set(votes.keys());
  const usual = wanted ?? (roots.size === 0 ? usualRoot(tables) : undefined);
  if (usual !== undefined) roots.add(usual);
  const scopes = new Map<string, string>();
  for (let round = 0; round < 8; round++) {
    for (const table of tables.values()) {
      if (scopes.has(table.id)) continue;
      const root = own.get(table.id) ?? directRoot(table, roots) ?? inheritedRoot(table, scopes, round);
      if (root !== undefined && root !== table.id && !chain(root, scopes).includes(table.id)) scopes.set(table.id, root);
    }
  }
  return scopes;
}

/** The tables whose keys are shared by two foreign keys that are independent otherwise; the most specific last. */
function sharedOwners(table: TableShape, tables: Tables): readonly string[] {
  const found = new Map<string, number>();
  const filled = table.keys.filter((key) => tables.has(key.table));
  for (const first of filled) {
    for (const second of filled) {
      if (first === second) continue;
      const shared = first.columns.filter((name) => second.columns.includes(name));
      if (shared.length === 0 || impliesKey(first, second, tables) || impliesKey(second, first, tables)) continue;
      const parent = tables.get(first.table) as TableShape;
      const owner = ownerOf(
        parent,
        shared.map((name) => first.refers[first.columns.indexOf(name)] as string),
        tables,
      );
      if (owner !== undefined && owner !== table.id) found.set(owner, shared.length);
    }
  }
  return [...found].sort(([, a], [, b]) => a - b).map(([owner]) => owner);
}

function impliesKey(first: ForeignKeyShape, second: ForeignKeyShape, tables: Tables): boolean {
  const parent = tables.get(first.table) as TableShape;
  return follows({ key: first, parent, self: false, decides: [], nullable: [] }, second, tables);
}

/** The table of which these columns are the key, followed through the foreign keys that hold all of them. */
function ownerOf(table: TableShape, columns: readonly string[], tables: Tables, depth = 0): string | undefined {
  if (isUnique(table, columns)) return table.id;
  if (depth > 8) return undefined;
  const key = table.keys
    .filter((each) => each.table !== table.id && tables.has(each.table) && columns.every((name) => each.columns.includes(name)))
    .sort((a, b) => a.columns.length - b.columns.length)[0];
  if (!key) return undefined;
  return ownerOf(
    tables.get(key.table) as TableShape,
    columns.map((name) => key.refers[key.columns.indexOf(name)] as string),
    tables,
    depth + 1,
  );
}

const tenantColumn = /^(tenant|organi[sz]ation|org|workspace|account|company|team|shop|store)_?id$/i;

/** Without keys that force one: what most tables refer to by a column that is called like a tenant. */
function usualRoot(tables: Tables): string | undefined {
  const votes = new Map<string, number>();
  for (const { id, keys } of tables.values()) {
    for (const { columns, table } of keys) {
      if (columns.length === 1 && table !== id && tables.has(table) && tenantColumn.test(columns[0] as string))
        votes.set(table, (votes.get(table) ?? 0) + 1);
    }
  }
  return [...votes].sort(([, a], [, b]) => b - a).find(([, count]) => count > 1)?.[0];
}

function directRoot(table: TableShape, roots: ReadonlySet<string>): string | undefined {
  return table.keys.find((key) => roots.has(key.table) && key.table !== table.id)?.table;
}

/** That of a parent which every row has; parents that have one by themselves come first. */
function inheritedRoot(table: TableShape, scopes: ReadonlyMap<string, string>, round: number): string | undefined {
  if (round === 0) return undefined;
  const key = table.keys.find(
    ({ columns, table: parent }) => columns.every((name) => notNull(table, name)) && scopes.has(parent) && parent !== table.id,
  );
  return key && scopes.get(key.table);
}
