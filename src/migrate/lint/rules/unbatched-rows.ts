import type { DeleteStmt, Node, UpdateStmt } from "libpg-query";
import { finding } from "../../../core/finding.ts";
import { as, everywhere } from "../parse.ts";
import { at, type Judged, type LintContext, type Rule } from "../rule.ts";
import { hasKey, inChunks } from "../safe/words.ts";

/** What a statement over a table of this size does to it takes seconds: 100,000 to 300,000 rows a second were measured for rewrites. */
const manyRows = 100_000;

export const unbatchedRows: Rule = {
  code: "LINT_UNBATCHED_ROWS",
  severity: "error",
  title: "Rows of a whole table are changed in one statement",
  why: "Each row stays locked to the end of the migration, the old versions stay behind as bloat, replicas fall behind. In chunks by primary key nobody notices, and a killed run goes on where it was.",
  judge: (context) =>
    context.judged.flatMap((judged) => {
      if (judged.trace.bare === "backfill") return [];
      return changesIn(judged).flatMap(({ verb, statement }) => {
        const table = statement.relation === undefined ? "" : context.nameOf(statement.relation);
        const severity = weigh(context, table, statement);
        if (severity === undefined) return [];
        const safe = judged.node && as(judged.node, verb) ? `${inChunks(table, judged.trace.statement)};` : undefined;
        const byHand = hasKey(context, table) ? undefined : `${table} has no primary key, by which a backfill goes`;
        const message = `${severity === "error" ? "has all of its rows" : "is big and has rows"} ${verb === "UpdateStmt" ? "updated" : "deleted"} in one statement`;
        return [
          finding(
            severity,
            "LINT_UNBATCHED_ROWS",
            table,
            message,
            "do it in chunks, outside the migration's transaction",
            at(judged, { safe, byHand }),
          ),
        ];
      });
    }),
};

type Change = { readonly verb: "UpdateStmt" | "DeleteStmt"; readonly statement: UpdateStmt | DeleteStmt };

/** Also inside a WITH, and those that a MERGE or a DO block holds. */
function changesIn({ nodes }: Judged): Change[] {
  return nodes.flatMap((node) =>
    (["UpdateStmt", "DeleteStmt"] as const).flatMap((verb) =>
      everywhere<typeof verb>(node, verb).map((statement) => ({ verb, statement: statement as UpdateStmt | DeleteStmt })),
    ),
  );
}

/** Undefined where it is nobody's rows, or few. */
function weigh(context: LintContext, table: string, { whereClause }: UpdateStmt | DeleteStmt): "error" | "warning" | undefined {
  const rows = context.live?.tables.get(table)?.rows;
  const known = context.before.tables.has(table) || context.after.tables.has(table);
  if (context.isFresh(table) || !known) return undefined;
  if (isAll(whereClause)) return rows !== undefined && context.inEarnest && rows < manyRows ? "warning" : "error";
  return rows !== undefined && rows >= manyRows ? "warning" : undefined;
}

function isAll(where: Node | undefined): boolean {
  const constant = as(where, "A_Const");
  return where === undefined || constant?.boolval !== undefined;
}
