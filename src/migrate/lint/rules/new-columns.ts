/** Columns that the judged migrations made or gave another type, with the statement that did it. */
import { makerOf, type Judged, type LintContext } from "../rule.ts";
import type { Column, Table } from "../schema.ts";

export function newColumns(context: LintContext): { readonly table: Table; readonly column: Column; readonly maker: Judged }[] {
  return [...context.after.tables.values()]
    .filter(({ kind, isPartition }) => (kind === "r" || kind === "p") && !isPartition)
    .flatMap((table) => {
      const known = context.before.tables.get(table.name)?.columns ?? [];
      return table.columns.flatMap((column) => {
        if (known.some(({ number, type }) => number === column.number && type === column.type)) return [];
        const maker =
          context.judged.findLast(({ trace }) => touches(trace.altered, table.name) && names(trace.statement, column.name)) ??
          makerOf(context, "table", table.name);
        return maker ? [{ table, column, maker }] : [];
      });
    });
}

function touches(objects: readonly { readonly identity: string }[], table: string): boolean {
  return objects.some(({ identity }) => identity === table || identity.startsWith(`${table}.`));
}

function names(statement: string, column: string): boolean {
  return statement.toLowerCase().includes(column.toLowerCase());
}
