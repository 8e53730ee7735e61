/** Pieces of the statements that ask rules. */
import type { Session } from "../core/engine.ts";
import { sqlstate } from "../core/errors.ts";
import { Raw, type Sql, sql } from "../core/sql.ts";
import type { RowRule } from "./rule.ts";

/** A line comment at the end of a condition must not hide the bracket. */
export function conditionOf({ where }: Pick<RowRule, "where">): Sql {
  return sql`(${where}\n)`;
}

/** Of the rows that break the rule those that a fix takes. */
export function fixConditionOf({ where, fixWhere = where }: Pick<RowRule, "where" | "fixWhere">): Sql {
  return conditionOf({ where: fixWhere });
}

/** The server's word about the statement itself: no lost connection, nor query_canceled, which is Ctrl-C. */
export function isRefused(thrown: unknown): boolean {
  const state = sqlstate(thrown);
  return state !== undefined && state !== "57014" && !/^(08|57P)/.test(state);
}

export function joined(parts: readonly Sql[], separator: string): Sql {
  return parts.reduce((all, part) => sql`${all}${new Raw(separator)}${part}`);
}

/** Switches what a planner may do off for some queries of the snapshot's transaction; after a failure the savepoint takes it back. */
export async function without<T>(session: Session, names: readonly string[], work: () => Promise<T>): Promise<T> {
  if (names.length === 0) return work();
  await session.script(names.map((name) => `set local ${name} = off`).join("; "));
  const answer = await work();
  await session.script(names.map((name) => `set local ${name} to default`).join("; "));
  return answer;
}
