import { finding } from "../../../core/finding.ts";
import { at, costOf, type Rule } from "../rule.ts";
import { safeSequence } from "../safe/safe.ts";
import { longWork } from "../work.ts";

export const rewrite: Rule = {
  code: "LINT_REWRITE",
  severity: "error",
  title: "A table is written anew under ACCESS EXCLUSIVE",
  why: "Every row and every index is written again while nobody can read or write the table: 21 to 48 MB of rows a second were measured. Told by the table's file, which is another one afterwards.",
  versions:
    "A timestamp becomes timestamptz without a rewrite where the session's TimeZone is UTC. Since 18 a VIRTUAL generated column costs nothing.",
  judge: (context) =>
    longWork(context)
      .filter(({ kind }) => kind === "rewrite")
      .flatMap(({ judged, tables }) => {
        const cost = costOf(context, "rewrite", tables);
        const sequence = safeSequence(context, judged);
        const hint =
          sequence.safe === undefined ? "do it in a maintenance window, or build a second table beside it and swap them" : "do it in steps";
        const message = `${tables.length === 1 ? "is" : "are"} written anew while nobody reads or writes it${cost.phrase}`;
        return finding(cost.weigh("error"), "LINT_REWRITE", tables.join(", "), message, hint, at(judged, { ...sequence, ...cost.facts }));
      }),
};
