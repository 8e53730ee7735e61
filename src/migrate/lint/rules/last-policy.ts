import { finding } from "../../../core/finding.ts";
import { at, type Rule } from "../rule.ts";

export const lastPolicy: Rule = {
  code: "LINT_LAST_POLICY",
  severity: "error",
  title: "The last policy of a table is dropped",
  why: "With row level security on and no policy left, everybody but the owner sees no rows and writes none: every request comes back empty, without an error.",
  judge: ({ before, after, judged }) =>
    [...before.tables.values()].flatMap((table) => {
      const now = after.tables.get(table.name);
      const dropper = judged.findLast(({ trace }) =>
        trace.dropped.some(({ type, identity }) => type === "policy" && identity.endsWith(` on ${table.name}`)),
      );
      if (!now?.rls || table.policies.length === 0 || now.policies.length > 0 || !dropper) return [];
      return [
        finding(
          "error",
          "LINT_LAST_POLICY",
          table.name,
          "has row level security, but no policy any more: it shows no rows",
          "create its new policy in the same migration",
          at(dropper),
        ),
      ];
    }),
};
