import { finding } from "../../../core/finding.ts";
import { at, type Rule, statementsOf } from "../rule.ts";

export const policyCheck: Rule = {
  code: "LINT_POLICY_CHECK",
  severity: "warning",
  title: "A policy for writes says nothing about the rows written",
  why: "Without WITH CHECK a policy FOR ALL or FOR UPDATE uses USING for the new rows too, and one FOR INSERT lets any row in. What may be written deserves a line of its own: the day USING is widened for readers, writers get it too.",
  judge: (context) =>
    statementsOf(context, "CreatePolicyStmt").flatMap(({ judged, node }) => {
      const writes = ["all", "insert", "update"].includes(node.cmd_name ?? "all");
      if (!writes || node.with_check !== undefined || node.table === undefined) return [];
      const hint =
        node.cmd_name === "insert" ? "add with check (…): as it is, any row may be inserted" : "repeat the condition as with check (…)";
      return [
        finding(
          "warning",
          "LINT_POLICY_CHECK",
          `${node.policy_name} on ${context.nameOf(node.table)}`,
          "has no WITH CHECK",
          hint,
          at(judged),
        ),
      ];
    }),
};
