import { finding } from "../../../core/finding.ts";
import { as, everywhere } from "../parse.ts";
import { at, type Judged, major, type Rule } from "../rule.ts";

export const serverVersion: Rule = {
  code: "LINT_SERVER_VERSION",
  severity: "error",
  title: "The statement needs a newer server",
  why: "The scratch database may be newer than the target. What it takes, and what the target's parser refuses, is told from the statement.",
  versions:
    "14 DETACH CONCURRENTLY; 15 security_invoker, NULLS NOT DISTINCT, MERGE; 17 MERGE … RETURNING, ALTER COLUMN SET EXPRESSION, JSON_TABLE; 18 NOT NULL … NOT VALID, NOT ENFORCED, VIRTUAL columns, WITHOUT OVERLAPS.",
  judge: (context) =>
    context.judged.flatMap((judged) => {
      const needed = needs(judged).filter(([version]) => version > major(context.version));
      return needed.map(([version, what]) => {
        const message = `has ${what}, which PostgreSQL takes since ${version}; the target is ${major(context.version)}`;
        return finding(
          "error",
          "LINT_SERVER_VERSION",
          judged.trace.file,
          message,
          "write it in the way of the target's version",
          at(judged, { needs: version }),
        );
      });
    }),
};

type Need = readonly [version: number, what: string];

function needs({ node, trace }: Judged): readonly Need[] {
  const found: (Need | false | undefined)[] = [
    trace.bare === "detach partition" && [14, "DETACH PARTITION … CONCURRENTLY"],
    everywhere(node, "MergeStmt").length > 0 && [15, "MERGE"],
    everywhere(node, "MergeStmt").some(({ returningClause }) => returningClause !== undefined) && [17, "MERGE … RETURNING"],
    everywhere(node, "JsonTable").length > 0 && [17, "JSON_TABLE"],
    ...everywhere(node, "DefElem").map(({ defname }) => defname === "security_invoker" && ([15, "security_invoker"] as const)),
    ...everywhere(node, "IndexStmt").map(({ nulls_not_distinct }) => nulls_not_distinct === true && ([15, "NULLS NOT DISTINCT"] as const)),
    as(node, "IndexStmt")?.nulls_not_distinct === true && [15, "NULLS NOT DISTINCT"],
    ...everywhere(node, "AlterTableCmd").map(({ subtype }) => subtype === "AT_SetExpression" && ([17, "SET EXPRESSION"] as const)),
    ...everywhere(node, "Constraint").flatMap(
      ({ contype, skip_validation, nulls_not_distinct, generated_kind, without_overlaps, is_enforced }) => [
        nulls_not_distinct === true && ([15, "NULLS NOT DISTINCT"] as const),
        contype === "CONSTR_NOTNULL" && skip_validation === true && ([18, "NOT NULL … NOT VALID"] as const),
        contype === "CONSTR_GENERATED" && generated_kind === "v" && ([18, "a VIRTUAL generated column"] as const),
        without_overlaps === true && ([18, "WITHOUT OVERLAPS"] as const),
        isUnenforced(contype, is_enforced) && ([18, "NOT ENFORCED"] as const),
      ],
    ),
  ];
  const needed = found.filter((need): need is Need => need !== false && need !== undefined);
  return [...new Map(needed.map((need) => [need[1], need])).values()];
}

/** Of a table the constraint lacks the mark, of a column another node says it. */
function isUnenforced(contype: string | undefined, enforced: boolean | undefined): boolean {
  return contype === "CONSTR_ATTR_NOT_ENFORCED" || ((contype === "CONSTR_CHECK" || contype === "CONSTR_FOREIGN") && enforced !== true);
}
