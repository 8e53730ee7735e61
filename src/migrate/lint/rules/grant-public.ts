import { finding } from "../../../core/finding.ts";
import { as, relationName, strings } from "../parse.ts";
import { at, type Rule, statementsOf } from "../rule.ts";
import type { Node } from "libpg-query";

/** Roles that somebody has without signing in. */
const everybody = ["anon", "anonymous"];

export const grantPublic: Rule = {
  code: "LINT_GRANT_PUBLIC",
  severity: "warning",
  title: "Rights are granted to everybody",
  why: "PUBLIC is every role there is and every role there will be; anon is everybody who has the URL. Row level security alone then stands between them and the rows.",
  judge: (context) =>
    statementsOf(context, "GrantStmt").flatMap(({ judged, node }) => {
      const open = (node.grantees ?? []).flatMap((grantee) => {
        const { roletype, rolename } = as(grantee, "RoleSpec") ?? {};
        return roletype === "ROLESPEC_PUBLIC" ? ["PUBLIC"] : everybody.includes(rolename ?? "") ? [rolename as string] : [];
      });
      if (!node.is_grant || open.length === 0) return [];
      const rights = (node.privileges ?? []).map((right) => as(right, "AccessPriv")?.priv_name?.toUpperCase()).join(", ") || "all rights";
      const what = (node.objects ?? []).map(nameOf).join(", ");
      return [
        finding(
          "warning",
          "LINT_GRANT_PUBLIC",
          what,
          `is open to ${open.join(" and ")}: ${rights}`,
          "grant to the roles that need it",
          at(judged),
        ),
      ];
    }),
};

function nameOf(node: Node): string {
  const range = as(node, "RangeVar");
  if (range) return relationName(range);
  const named = as(node, "ObjectWithArgs")?.objname ?? as(node, "List")?.items ?? [node];
  return strings(named).join(".");
}
