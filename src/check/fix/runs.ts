/** The fixes whose rows are still in quarantine. */
import type { Session } from "../../core/engine.ts";
import { isLedgerAbsent } from "../../core/ledger.ts";

export interface UndoableRun {
  readonly run: number;
  /** `2026-11-20 16:34 UTC`. */
  readonly at: string;
  readonly actor: string;
  readonly rows: number;
  readonly rules: readonly string[];
}

/** Newest first, at most twenty. */
export async function undoableRuns(session: Session): Promise<readonly UndoableRun[]> {
  try {
    const { rows } = await session.query<UndoableRun>(`
      select r.id::float8 as run, to_char(r.started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') as at, r.actor,
        q.rows::float8 as rows, q.rules
      from (
        select run_id, count(*) as rows, array_agg(distinct rule) as rules
        from pgsteward.quarantine where restored_by is null group by run_id
      ) q
      join pgsteward.run r on r.id = q.run_id
      order by r.id desc limit 20`);
    return rows;
  } catch (error) {
    if (isLedgerAbsent(error)) return [];
    throw error;
  }
}
