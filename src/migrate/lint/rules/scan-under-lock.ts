import { finding } from "../../../core/finding.ts";
import { at, costOf, type Rule } from "../rule.ts";
import { safeSequence } from "../safe/safe.ts";
import { longWork } from "../work.ts";

export const scanUnderLock: Rule = {
  code: "LINT_SCAN_UNDER_LOCK",
  severity: "error",
  title: "A table is read from end to end while others wait",
  why: "SET NOT NULL, a valid CHECK, ATTACH PARTITION and a domain's new constraint read every row before they let go of their lock. Told by the scan counters, which also count on an empty table.",
  versions: "Since 12 a valid CHECK (c IS NOT NULL) spares SET NOT NULL its scan; since 18 NOT NULL itself can be NOT VALID.",
  judge: (context) =>
    longWork(context)
      .filter(({ kind }) => kind === "scan")
      .flatMap(({ judged, tables, stops }) => {
        const cost = costOf(context, "scan", tables);
        const sequence = safeSequence(context, judged);
        const hint = sequence.safe === undefined ? "do it in a maintenance window" : "add it NOT VALID, then validate it";
        const message = `${tables.length === 1 ? "is" : "are"} read from end to end while ${stops} wait${cost.phrase}`;
        return finding(
          cost.weigh("error"),
          "LINT_SCAN_UNDER_LOCK",
          tables.join(", "),
          message,
          hint,
          at(judged, { ...sequence, ...cost.facts }),
        );
      }),
};
