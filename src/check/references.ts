/** References: declared as foreign keys, and those that names and types suggest. */
import type { IndexedReference } from "./rule.ts";
import { type Column, columnsOf, indexOn, ownTables, primaryKeyOf, type Schema, type Table } from "./schema.ts";

export interface Reference {
  readonly child: Table;
  readonly columns: readonly Column[];
  readonly parent: Table;
  readonly parentColumns: readonly Column[];
  /** Undefined for a guess. */
  readonly constraint?: {
    readonly name: string;
    readonly validated: boolean;
    readonly enforced: boolean;
    readonly onDelete: string;
  };
}

export function referencesOf(schema: Schema): readonly Reference[] {
  return [...declared(schema), ...guessed(schema)];
}

export function declared(schema: Schema): readonly Reference[] {
  return ownTables(schema).flatMap((child) =>
    schema
      .constraintsOf(child, "f")
      .filter(({ inherited }) => !inherited)
      .flatMap(({ columns, parent: oid, parentColumns, name, validated, enforced, onDelete }) => {
        const parent = schema.table(oid);
        if (!parent) return [];
        const constraint = { name, validated, enforced, onDelete };
        return [{ child, columns: columnsOf(child, columns), parent, parentColumns: columnsOf(parent, parentColumns), constraint }];
      }),
  );
}

/** `order_id`, `orderId`, `parent_order_id` without a foreign key, where a table `order` or `orders` has a key of that type. */
function guessed(schema: Schema): readonly Reference[] {
  const tables = ownTables(schema);
  return tables.flatMap((child) => {
    const taken = new Set(schema.constraintsOf(child, "f").flatMap(({ columns }) => columns));
    return child.columns
      .filter((column) => !taken.has(column.number) && !isPolymorphic(child, column))
      .flatMap((column) => guess(schema, tables, child, column) ?? []);
  });
}

/** `subject_id` beside `subject_type` refers to tables that the row names. */
function isPolymorphic({ columns }: Table, { name }: Column): boolean {
  const base = name.replace(/_?id$/i, "");
  return columns.some((other) => other.name.toLowerCase() === `${base}_type`.toLowerCase() || other.name === `${base}Type`);
}

function guess(schema: Schema, tables: readonly Table[], child: Table, column: Column): Reference | undefined {
  for (const noun of nounsOf(column.name)) {
    const named = tables.filter(({ table }) => pluralsOf(noun).includes(table.toLowerCase()));
    const parent = named.find((table) => table.schema === child.schema) ?? (named.length === 1 ? named[0] : undefined);
    const key = parent && primaryKeyOf(schema, parent);
    const [only] = key ?? [];
    if (!parent || key?.length !== 1 || !only || !sameKind(only, column)) continue;
    if (parent === child && only.number === column.number) continue;
    return { child, columns: [column], parent, parentColumns: [only] };
  }
  return undefined;
}

/** `billing_account_id` → `billing_account`, `account`. */
function nounsOf(column: string): readonly string[] {
  const snake = column.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
  if (!snake.endsWith("_id")) return [];
  const words = snake.slice(0, -3).split("_");
  return words.map((_, i) => words.slice(i).join("_")).filter(Boolean);
}

function pluralsOf(noun: string): readonly string[] {
  return [noun, `${noun}s`, `${noun}es`, noun.replace(/y$/, "ies")];
}

const integers = ["int2", "int4", "int8"];

function sameKind(key: Column, column: Column): boolean {
  return key.base === column.base || (integers.includes(key.base) && integers.includes(column.base));
}

/** Undefined where a side has no index. */
export function indexedReference(schema: Schema, { child, columns, parent, parentColumns }: Reference): IndexedReference | undefined {
  const has = (table: Table, wanted: readonly Column[]): boolean =>
    indexOn(
      schema,
      table,
      wanted.map(({ number }) => number),
    ) !== undefined;
  if (!has(child, columns) || !has(parent, parentColumns)) return undefined;
  return { columns, parent, parentColumns, covering: child.allVisible > 0.9 };
}
