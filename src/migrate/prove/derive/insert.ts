/** DELETE for an INSERT whose rows the statement names by a key. */
import type { Catalog, CatalogObject } from "../../../core/catalog.ts";
import { literal, quoteIdentifier } from "../../../core/sql.ts";
import { keyOf } from "../../diff/schema.ts";
import { bareOf, lastOf, partsOf } from "./names.ts";
import type { Undo } from "./undo.ts";
import type { Tree } from "./tree.ts";

/** The inverse, or why there is none. `before` is the catalog before the statement. */
export function deleteFor({ node }: Tree, before: Catalog): Undo | string {
  const table = tableOf(node.relation, before);
  if (!table) return "it inserts into what is no table";
  if (node.onConflictClause) return "with ON CONFLICT nobody knows which of the rows were there before";
  const columns = ((node.cols ?? []) as { ResTarget: { name: string } }[]).map(({ ResTarget: target }) => target.name);
  const named = columns.length > 0 ? columns : (table.columns ?? []);
  const rows = (node.selectStmt?.SelectStmt?.valuesLists ?? []) as { List: { items: unknown[] } }[];
  if (rows.length === 0) return "the rows come from a query, not from the statement itself";
  const constants = rows.map(({ List: list }) => new Map(list.items.map((item, i) => [named[i] ?? "", constantOf(item)])));
  const key = keysOf(table, before).find((names) => constants.every((row) => names.every((name) => row.get(name) != null)));
  if (!key) return "its rows have no key whose values the statement names";
  const cascades = before.objects.some(
    ({ kind, definition }) =>
      kind === "constraint" && definition.includes(`REFERENCES ${table.name}(`) && / ON DELETE (?:CASCADE|SET )/.test(definition),
  );
  return {
    sql: `DELETE FROM ${table.name} WHERE ${condition(key, constants)}`,
    object: keyOf("table", table.name),
    within: [keyOf("table", table.name)],
    ...(cascades ? { lossy: `what refers to these rows of ${table.name} by then` } : {}),
  };
}

function tableOf(relation: { schemaname?: string; relname: string }, { objects }: Catalog): CatalogObject | undefined {
  const wanted = [...(relation.schemaname === undefined ? [] : [relation.schemaname]), relation.relname].join("\0");
  const tables = objects.filter(({ kind, name }) => kind === "table" && bareOf(lastOf(name)) === relation.relname);
  const qualified = tables.find(({ name }) => partsOf(name).map(bareOf).join("\0") === wanted);
  return qualified ?? tables.find(({ name }) => name.startsWith("public.")) ?? tables[0];
}

/** A constant as SQL; null for NULL, undefined for what is computed. */
function constantOf(item: unknown): string | null | undefined {
  const { A_Const: constant, TypeCast: cast } = item as { A_Const?: Constant; TypeCast?: { arg: unknown } };
  if (cast) return constantOf(cast.arg);
  if (!constant) return undefined;
  if (constant.isnull) return null;
  if (constant.sval) return literal(constant.sval.sval ?? "").trim();
  if (constant.ival) return String(constant.ival.ival ?? 0);
  if (constant.fval) return constant.fval.fval;
  return constant.boolval ? String(constant.boolval.boolval ?? false) : undefined;
}

interface Constant {
  readonly isnull?: boolean;
  readonly sval?: { readonly sval?: string };
  readonly ival?: { readonly ival?: number };
  readonly fval?: { readonly fval: string };
  readonly boolval?: { readonly boolval?: boolean };
}

/** The primary key, then other keys: lists of columns without quotes. */
function keysOf(table: CatalogObject, { objects }: Catalog): string[][] {
  const own = objects.filter(({ parent, kind }) => parent === table.name && (kind === "constraint" || kind === "index"));
  const found = own.flatMap(({ definition }) => {
    const [, kind = "", list = ""] =
      /^(PRIMARY KEY|UNIQUE) \(([^()]*)\)/.exec(definition) ??
      /^CREATE (UNIQUE) INDEX \S+ ON \S+ USING btree \(([^()]*)\)$/.exec(definition) ??
      [];
    return list === "" ? [] : [{ primary: kind.startsWith("PRIMARY"), columns: list.split(", ").map(bareOf) }];
  });
  return found.sort((a, b) => Number(b.primary) - Number(a.primary)).map(({ columns }) => columns);
}

function condition(key: readonly string[], rows: readonly ReadonlyMap<string, string | null | undefined>[]): string {
  const names = key.map((name) => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : quoteIdentifier(name)));
  const values = rows.map((row) => key.map((name) => row.get(name)));
  if (names.length > 1) return `(${names.join(", ")}) IN (${values.map((row) => `(${row.join(", ")})`).join(", ")})`;
  return values.length === 1 ? `${names[0]} = ${values[0]?.[0]}` : `${names[0]} IN (${values.map((row) => row[0]).join(", ")})`;
}
