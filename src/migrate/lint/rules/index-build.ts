import { finding } from "../../../core/finding.ts";
import { at, costOf, type Rule } from "../rule.ts";
import { safeSequence } from "../safe/safe.ts";
import { longWork } from "../work.ts";

export const indexBuild: Rule = {
  code: "LINT_INDEX_BUILD",
  severity: "error",
  title: "An index is built while writes wait",
  why: "CREATE INDEX and REINDEX take SHARE: no row is written until the index is there. ADD UNIQUE, ADD PRIMARY KEY and EXCLUDE build theirs under ACCESS EXCLUSIVE: nobody reads either.",
  versions: "CREATE INDEX CONCURRENTLY is refused on a partitioned table in every version up to 18.",
  judge: (context) =>
    longWork(context)
      .filter(({ kind }) => kind === "index build")
      .flatMap(({ judged, tables, stops }) => {
        const cost = costOf(context, "index build", tables);
        const sequence = safeSequence(context, judged);
        const hint = sequence.safe === undefined ? "do it in a maintenance window" : "build it concurrently";
        const message = `${tables.length === 1 ? "gets" : "get"} an index built while ${stops} wait${cost.phrase}`;
        return finding(
          cost.weigh("error"),
          "LINT_INDEX_BUILD",
          tables.join(", "),
          message,
          hint,
          at(judged, { ...sequence, ...cost.facts }),
        );
      }),
};
