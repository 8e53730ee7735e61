import { finding } from "../../../core/finding.ts";
import { at, costOf, type Rule } from "../rule.ts";
import { safeSequence } from "../safe/safe.ts";
import { longWork } from "../work.ts";

export const foreignKey: Rule = {
  code: "LINT_FOREIGN_KEY",
  severity: "error",
  title: "A foreign key is checked while writes to both tables wait",
  why: "ADD FOREIGN KEY takes SHARE ROW EXCLUSIVE on both tables and reads both before it lets go. With NOT VALID it reads nothing, and VALIDATE CONSTRAINT reads beside reads and writes.",
  versions: "On a partitioned table NOT VALID is taken since 18.",
  judge: (context) =>
    longWork(context)
      .filter(({ kind }) => kind === "foreign key")
      .flatMap(({ judged, tables, stops }) => {
        const cost = costOf(context, "scan", tables);
        const message = `${tables.length === 1 ? "is" : "are"} read from end to end for a foreign key while ${stops} wait${cost.phrase}`;
        const facts = at(judged, { ...safeSequence(context, judged), ...cost.facts });
        return finding(cost.weigh("error"), "LINT_FOREIGN_KEY", tables.join(", "), message, "add it NOT VALID, then validate it", facts);
      }),
};
