/** Statements that take long, as pg_stat_statements has seen them. */
import { type Finding, finding } from "../../core/finding.ts";
import { id, quoteIdentifier, Raw, sql } from "../../core/sql.ts";
import { sqlstate } from "../../core/errors.ts";
import type { Session } from "../../core/engine.ts";
import type { ProbeRule } from "../rule.ts";
import { count } from "../words.ts";

/** What a person notices, often enough to be no accident. */
const [slowMs, slowCalls] = [500, 10];

interface Slow {
  readonly query: string;
  readonly queryid: bigint;
  readonly calls: number;
  readonly meanMs: number;
}

export const slowQueries: ProbeRule = {
  kind: "probe",
  name: "slow queries",
  category: "performance",
  severity: "warning",
  level: "quick",
  async look(session, schema) {
    const space = schema.extensions.get("pg_stat_statements");
    if (space === undefined) return "the extension pg_stat_statements is not installed: create extension pg_stat_statements";
    try {
      const view = id(space, "pg_stat_statements");
      const slow = await session.transaction((inner) => slowest(inner, view));
      return [...slow.map(judge), ...unseen(schema.role, await session.transaction((inner) => hiddenFrom(inner, view)))];
    } catch (error) {
      // Created, but its library is not preloaded: object_not_in_prerequisite_state.
      if (sqlstate(error) === "55000") return "pg_stat_statements is not in shared_preload_libraries";
      throw error;
    }
  },
};

async function slowest(session: Session, view: Raw): Promise<readonly Slow[]> {
  const { rows } = await session.query<Slow>(sql`
    select s.query, s.queryid, s.calls::pg_catalog.float8 as calls, s.mean_exec_time as "meanMs"
    from ${view} s
      join pg_catalog.pg_database d on d.oid = s.dbid
    where d.datname = current_database() and s.calls >= ${slowCalls} and s.mean_exec_time >= ${slowMs}
      and not (${hidden}) and s.query !~* '^\\s*(create|alter|vacuum|analyze|copy|reindex|refresh|begin|commit)'
    order by s.total_exec_time desc
    limit 10`);
  return rows;
}

/** Without pg_read_all_stats a role is shown others' statements with this text instead of theirs, and without a queryid. */
const hidden = new Raw("s.queryid is null and s.query = '<insufficient privilege>'");

async function hiddenFrom(session: Session, view: Raw): Promise<number> {
  const { rows } = await session.query<{ hidden: number }>(sql`
    select count(*)::pg_catalog.float8 as hidden
    from ${view} s
      join pg_catalog.pg_database d on d.oid = s.dbid
    where d.datname = current_database() and s.calls >= ${slowCalls} and s.mean_exec_time >= ${slowMs} and ${hidden}`);
  return rows[0]?.hidden ?? 0;
}

function unseen(role: string, statements: number): readonly Finding[] {
  if (statements === 0) return [];
  return [
    finding(
      "info",
      "CHECK_SLOW_QUERIES_UNSEEN",
      "pg_stat_statements",
      `hides the text of ${count(statements, "slow statement")} of other roles from ${role}`,
      `grant pg_read_all_stats to ${quoteIdentifier(role)}`,
      { count: statements },
    ),
  ];
}

function judge({ query, queryid, calls, meanMs }: Slow): Finding {
  const text = query.replace(/\s+/g, " ").trim();
  return finding(
    "warning",
    "CHECK_SLOW_QUERY",
    text.length > 80 ? `${text.slice(0, 79)}…` : text,
    `takes ${(meanMs / 1000).toFixed(2)} s in the mean of ${calls.toLocaleString("en-US")} calls`,
    "look at its plan: explain (analyze, buffers) …",
    { query, queryid: String(queryid), calls, meanMs },
  );
}
