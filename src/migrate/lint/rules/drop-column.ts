import { finding } from "../../../core/finding.ts";
import { at, isFreshColumn, type Rule } from "../rule.ts";
import { bareName } from "../safe/words.ts";

export const dropColumn: Rule = {
  code: "LINT_DROP_COLUMN",
  severity: "error",
  title: "A column is dropped with its values",
  why: "The values are gone, and the version of the application that still runs names the column in its statements: an ORM lists every column in every SELECT.",
  judge: (context) =>
    context.judged.flatMap((judged) =>
      judged.trace.dropped
        .filter(({ type, identity }) => {
          const [table, column] = [identity.slice(0, identity.lastIndexOf(".")), bareName(identity)];
          return type === "table column" && !isFreshColumn(context, table, column, judged);
        })
        .map(({ identity }) => {
          const hint = "deploy an application that does not use it first; then drop it and allow this finding with the reason";
          return finding("error", "LINT_DROP_COLUMN", identity, "is dropped with its values", hint, at(judged));
        }),
    ),
};
