/**
 * A CHECK that keeps a rule of the project true for good, where the rule is about one row alone. The server is asked: a
 * temporary table of the row's columns, with the alias of rules as its name, and an index whose predicate is the rule.
 * Like a CHECK a predicate takes no subquery, and unlike it nothing that time changes.
 */
import type { Session } from "../../core/engine.ts";
import { StewardError } from "../../core/errors.ts";
import { id, quoteIdentifier } from "../../core/sql.ts";
import type { RowRule } from "../rule.ts";
import { conditionOf } from "../statement.ts";
import { nameOf } from "./relations.ts";

/** The rule with a permanent fix, where it has none and the server takes its condition in a CHECK. Changes nothing. */
export async function withRowConstraint(session: Session, rule: RowRule): Promise<RowRule> {
  if (rule.permanent !== undefined || rule.source === undefined || rule.where.values.length > 0) return rule;
  const expression = await expressionOf(session, rule).catch((error: unknown) => {
    if (StewardError.is(error) && error.code === "SQL_ERROR") return undefined;
    throw error;
  });
  return expression === undefined ? rule : { ...rule, permanent: checkConstraint(rule, expression) };
}

/** As the server writes it: without the alias, functions and operators qualified. */
function expressionOf(session: Session, rule: RowRule): Promise<string | undefined> {
  return session.transaction(async () => {
    const table = id(rule.table.schema, rule.table.table).text;
    const results = await session.script(`
      create temporary table t (like ${table}) on commit drop;
      create index pgsteward_rule on pg_temp.t ((1)) where not ${conditionOf(rule).text};
      set local search_path = '';
      select pg_catalog.pg_get_expr(i.indpred, i.indrelid) as expression from pg_catalog.pg_index i
      where i.indexrelid = 'pg_temp.pgsteward_rule'::pg_catalog.regclass`);
    return results.at(-1)?.rows[0]?.["expression"] as string | undefined;
  });
}

function checkConstraint({ name, table }: RowRule, expression: string): NonNullable<RowRule["permanent"]> {
  const words = name.replace(/\W+/g, "_").toLowerCase();
  const own = words.startsWith(table.table) ? words : `${table.table}_${words}`;
  const constraint = quoteIdentifier(`${own.slice(0, 57)}_check`);
  const alter = `alter table ${id(table.schema, table.table).text}`;
  return {
    title: `add a CHECK to ${nameOf(table)}`,
    up: `${alter} add constraint ${constraint} check (${expression}) not valid;\n${alter} validate constraint ${constraint};`,
    down: `${alter} drop constraint ${constraint};`,
  };
}
