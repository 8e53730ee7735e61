/** How far a run really came, told by the history: asked where the connection was lost before the answer. */
import type { Session } from "../core/engine.ts";
import type { Step } from "../core/plan.ts";
import { sql } from "../core/sql.ts";

/** How many of `steps`, in their order, the run has done. */
export async function countDone(session: Session, runId: bigint, steps: readonly Step[]): Promise<number> {
  const { rows } = await session.query<{ name: string; way: string; parts: number | null }>(sql`
    select m.name, case m.state when 'reverting' then 'down' else 'up' end as way,
      case when m.state <> 'applied' then pg_catalog.cardinality(m.step_hashes) end as parts
    from pgsteward.migration m where m.run_id = ${runId}
    union all
    select e.name, 'down', null from pgsteward.migration_event e where e.action = 'down' and e.run_id = ${runId}`);
  const isDone = ({ object, part }: Step): boolean =>
    part !== undefined && rows.some((row) => row.name === object && row.way === part.way && (row.parts === null || row.parts > part.index));
  return steps.findLastIndex(isDone) + 1;
}
