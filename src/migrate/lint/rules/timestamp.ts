import { finding } from "../../../core/finding.ts";
import { quoted } from "../parse.ts";
import { at, type Rule } from "../rule.ts";
import { newColumns } from "./new-columns.ts";

export const timestamp: Rule = {
  code: "LINT_TIMESTAMP",
  severity: "warning",
  title: "A timestamp without time zone",
  why: "It stores what a clock showed, not when it was: what now() writes depends on the session's TimeZone, and an hour in October is there twice. timestamptz takes the same eight bytes.",
  judge: (context) =>
    newColumns(context)
      .filter(({ column }) => /^timestamp(?:\(\d\))? without time zone$/.test(column.type))
      .map(({ table, column, maker }) =>
        finding(
          "warning",
          "LINT_TIMESTAMP",
          `${table.name}.${quoted(column.name)}`,
          "is a timestamp without time zone",
          "timestamptz",
          at(maker),
        ),
      ),
};
