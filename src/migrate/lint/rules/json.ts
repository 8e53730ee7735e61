import { finding } from "../../../core/finding.ts";
import { quoted } from "../parse.ts";
import { at, type Rule } from "../rule.ts";
import { newColumns } from "./new-columns.ts";

export const json: Rule = {
  code: "LINT_JSON",
  severity: "warning",
  title: "A json column",
  why: "json keeps the text and reads it again at every access; it has no equality, so that SELECT DISTINCT and UNION over the table fail (42883), and no GIN index.",
  judge: (context) =>
    newColumns(context)
      .filter(({ column }) => column.type === "json")
      .map(({ table, column, maker }) =>
        finding("warning", "LINT_JSON", `${table.name}.${quoted(column.name)}`, "is json", "jsonb", at(maker)),
      ),
};
