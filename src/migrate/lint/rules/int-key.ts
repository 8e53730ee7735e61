import { finding } from "../../../core/finding.ts";
import { quoted } from "../parse.ts";
import { at, makerOf, type Rule } from "../rule.ts";

export const intKey: Rule = {
  code: "LINT_INT_KEY",
  severity: "warning",
  title: "A primary key of four bytes",
  why: "An integer key ends at 2,147,483,647, and from there every INSERT fails. Making it bigint later writes the table and every table that points to it anew, under ACCESS EXCLUSIVE; eight bytes from the start cost nothing that can be measured.",
  judge: (context) =>
    [...context.after.tables.values()].flatMap((table) => {
      const maker = makerOf(context, "table", table.name);
      const key = table.indexes.find(({ primary }) => primary)?.columns ?? [];
      const column = key.length === 1 ? table.columns.find(({ number }) => number === key[0]) : undefined;
      if (!maker || !context.isFresh(table.name) || table.isPartition || !column || !["integer", "smallint"].includes(column.type))
        return [];
      const hint = "bigint generated always as identity";
      return [
        finding(
          "warning",
          "LINT_INT_KEY",
          `${table.name}.${quoted(column.name)}`,
          `is a primary key of type ${column.type}`,
          hint,
          at(maker),
        ),
      ];
    }),
};
