import { finding } from "../../../core/finding.ts";
import { as } from "../parse.ts";
import { at, type Rule, statementsOf } from "../rule.ts";

export const truncate: Rule = {
  code: "LINT_TRUNCATE",
  severity: "error",
  title: "A table is emptied",
  why: "TRUNCATE takes all rows, under ACCESS EXCLUSIVE, without firing row triggers; with CASCADE also those of every table that points to it.",
  judge: (context) =>
    statementsOf(context, "TruncateStmt").flatMap(({ judged, node }) => {
      const named = (node.relations ?? []).flatMap((relation) => as(relation, "RangeVar") ?? []).map((range) => context.nameOf(range));
      const locked = judged.trace.locks
        .filter(({ mode, kind }) => mode === "AccessExclusive" && kind === "table")
        .map(({ relation }) => relation);
      const tables = [...new Set([...named, ...locked])].filter((table) => !context.isFresh(table));
      if (tables.length === 0) return [];
      const hint = "delete what has to go in chunks, or keep the rows in another table first";
      return [
        finding("error", "LINT_TRUNCATE", tables.join(", "), `${tables.length === 1 ? "loses its" : "lose their"} rows`, hint, at(judged)),
      ];
    }),
};
