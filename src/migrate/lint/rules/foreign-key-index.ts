import { finding } from "../../../core/finding.ts";
import { quoted } from "../parse.ts";
import { at, makerOf, type Rule } from "../rule.ts";
import type { ForeignKey, Table } from "../schema.ts";
import { bareName } from "../safe/words.ts";

export const foreignKeyIndex: Rule = {
  code: "LINT_FOREIGN_KEY_INDEX",
  severity: "warning",
  title: "A foreign key has no index",
  why: "PostgreSQL makes none. Every DELETE and every change of a key in the table it points to then reads the whole pointing table, once a row, and holds its locks meanwhile.",
  judge: (context) =>
    [...context.after.tables.values()].flatMap((table) => {
      const known = context.before.tables.get(table.name)?.foreignKeys.map(({ name }) => name) ?? [];
      const maker = makerOf(context, "table", table.name);
      if (!maker || table.isPartition) return [];
      return table.foreignKeys
        .filter((key) => !known.includes(key.name) && !isIndexed(table, key))
        .map(({ name, columns, target }) => {
          const names = columns.map((number) => table.columns.find((column) => column.number === number)?.name ?? "");
          const concurrently = context.isFresh(table.name) ? "" : " concurrently";
          const safe = `create index${concurrently} on ${table.name} (${names.map(quoted).join(", ")});`;
          const message = `points to ${target} without an index on ${names.join(", ")}`;
          const owner =
            context.judged.findLast(
              ({ trace }) => trace.statement.toLowerCase().includes("references") && mentions(trace.statement, table),
            ) ?? maker;
          return finding(
            "warning",
            "LINT_FOREIGN_KEY_INDEX",
            `${quoted(name)} on ${table.name}`,
            message,
            "index the pointing columns",
            at(owner, { safe }),
          );
        });
    }),
};

/** An index leads with the key's columns, in whatever order. */
function isIndexed({ indexes }: Table, { columns }: ForeignKey): boolean {
  return indexes.some(
    ({ partial, columns: indexed }) => !partial && columns.every((column) => indexed.slice(0, columns.length).includes(column)),
  );
}

function mentions(statement: string, { name }: Table): boolean {
  return statement.toLowerCase().includes(bareName(name).toLowerCase());
}
