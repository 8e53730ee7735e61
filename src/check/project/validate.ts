/** Tries out the SQL of every check of the project, without running it: the server plans it and says what is wrong with it. */
import type { Session } from "../../core/engine.ts";
import { asStewardError, failure, sqlstate } from "../../core/errors.ts";
import { Raw, sql, type Sql } from "../../core/sql.ts";
import { checkErrors } from "../errors.ts";
import type { QueryRule, RowRule, Rule } from "../rule.ts";
import { conditionOf, isRefused, joined } from "../statement.ts";
import { quoteTable } from "../words.ts";

/** Errors: CHECK_INVALID with file and line, CHECK_BLIND. */
export async function validateRules(session: Session, rules: readonly Rule[], role: string): Promise<void> {
  const tried = rules.flatMap((rule): readonly (readonly [RowRule | QueryRule, Sql])[] => {
    if (rule.kind === "rows" && rule.source) return [[rule, rowQuery(rule)]];
    return rule.kind === "query" ? [[rule, badRows(rule)]] : [];
  });
  if (
    tried.length === 0 ||
    (await areGood(
      session,
      tried.map(([, query]) => query),
    ))
  )
    return;
  for (const [rule, query] of tried) await explain(session, rule, query, role);
}

/** All in one message, which most often is enough; where one is wrong, each is asked alone. */
async function areGood(session: Session, queries: readonly Sql[]): Promise<boolean> {
  const counts = queries.map((query) => sql`select count(*) from (${query}) as "what is wrong"`);
  try {
    await session.transaction((inner) => inner.query(sql`explain ${joined(counts, " union all ")}`));
    return true;
  } catch (thrown) {
    if (!isRefused(thrown)) throw thrown;
    return false;
  }
}

function rowQuery(rule: RowRule): Sql {
  return sql`select from ${new Raw(quoteTable(rule.table))} as t where ${conditionOf(rule)}`;
}

export function badRows({ query }: Pick<QueryRule, "query">): Sql {
  return sql`select * from (${query}\n) as "what is wrong"`;
}

async function explain(session: Session, rule: RowRule | QueryRule, query: Sql, role: string): Promise<void> {
  const statement = sql`explain ${query}`;
  try {
    await session.transaction((inner) => inner.query(statement));
  } catch (thrown) {
    const { message: problem, data } = asStewardError(thrown);
    const state = sqlstate(thrown);
    if (state === undefined) throw thrown;
    // insufficient_privilege: also what row_security = off says of a table whose rows are hidden.
    if (state === "42501") {
      const hint = `run it as a role that sees every row that ${rule.name} reads`;
      throw failure(checkErrors, "CHECK_BLIND", { role, problem, rule: rule.name }, { hint, cause: thrown });
    }
    const { file = "", line = 1, text: own = "" } = rule.source ?? {};
    // An error at the end is found at what follows, which is not in the file.
    const begin = statement.text.indexOf(own);
    const before = statement.text.slice(begin, Math.min(begin + own.length, Math.max(begin, Number(data["position"] ?? 0) - 1)));
    const at = line + before.split("\n").length - 1;
    throw failure(
      checkErrors,
      "CHECK_INVALID",
      { file, line: at, problem: `${rule.name}: ${problem}`, sqlstate: state },
      { cause: thrown },
    );
  }
}
