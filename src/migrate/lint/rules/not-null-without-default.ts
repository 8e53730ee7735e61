import { finding } from "../../../core/finding.ts";
import { missingDefaults } from "../missing-default.ts";
import { quoted } from "../parse.ts";
import { at, type Rule } from "../rule.ts";
import { safeSequence } from "../safe/safe.ts";

export const notNullWithoutDefault: Rule = {
  code: "LINT_NOT_NULL_WITHOUT_DEFAULT",
  severity: "error",
  title: "A column is added NOT NULL without a default",
  why: "It works on an empty table and fails on the first one that has a row (23502): on the developer's machine yes, in production no.",
  judge: (context) =>
    missingDefaults(context).map(({ judged, table, column }) => {
      const hint = "give it a default, or add it nullable, fill it, then set NOT NULL";
      const message = "is added NOT NULL without a default: that fails as soon as the table has a row";
      const facts = at(judged, { ...safeSequence(context, judged), byHand: "a person has to say what the rows that are there get" });
      return finding("error", "LINT_NOT_NULL_WITHOUT_DEFAULT", `${table}.${quoted(column.colname ?? "")}`, message, hint, facts);
    }),
};
