import { finding } from "../../../core/finding.ts";
import { as } from "../parse.ts";
import { at, type Rule } from "../rule.ts";

export const enumValueUsed: Rule = {
  code: "LINT_ENUM_VALUE_USED",
  severity: "warning",
  title: "An enum value is used in the migration that adds it",
  why: "A new enum value cannot be used before its transaction has committed (55P04), so the file is run in two steps. When the second one fails, the value stays: it cannot be removed.",
  judge: ({ judged }) =>
    judged.flatMap((one) => {
      if (one.trace.bare !== "add enum value") return [];
      const value = as(one.node, "AlterEnumStmt")?.newVal ?? "";
      const message = `adds the value '${value}' and uses it in the same migration`;
      return [finding("warning", "LINT_ENUM_VALUE_USED", one.trace.file, message, "add the value in a migration before", at(one))];
    }),
};
