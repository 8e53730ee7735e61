import { finding } from "../../../core/finding.ts";
import { at, type Rule, statementsOf } from "../rule.ts";

export const ivfflatEmpty: Rule = {
  code: "LINT_IVFFLAT_EMPTY",
  severity: "warning",
  title: "An IVFFlat index is built on an empty table",
  why: "IVFFlat learns its lists from the rows that are there when it is built. Built on none, all later rows fall into lists that mean nothing, and searches miss most of what they should find.",
  judge: (context) =>
    statementsOf(context, "IndexStmt").flatMap(({ judged, node }) => {
      if (node.accessMethod !== "ivfflat" || !node.relation) return [];
      const table = context.nameOf(node.relation);
      const empty = isMadeHere(table) || (context.live !== undefined && context.live.tables.get(table)?.rows === 0);
      if (!empty) return [];
      const hint = "use hnsw, which learns nothing, or build it when the rows are there";
      return [finding("warning", "LINT_IVFFLAT_EMPTY", table, "gets an IVFFlat index while it is empty", hint, at(judged))];

      function isMadeHere(name: string): boolean {
        return context.judged
          .slice(0, context.judged.indexOf(judged))
          .some(({ trace }) => trace.created.some(({ identity }) => identity === name));
      }
    }),
};
