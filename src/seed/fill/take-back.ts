/** Fillings among the runs that `seed undo` takes back: each is one step, which computes its rows again and deletes them. */
import type { Session } from "../../core/engine.ts";
import type { Step } from "../../core/plan.ts";
import { sql } from "../../core/sql.ts";
import { count } from "../words.ts";
import type { FillingRecord } from "./record.ts";

/** How many rows a filling made, by what it asked for. */
export function rowsOfFilling({ filling }: FillingRecord): number {
  return Object.values(filling.rows).reduce((sum, rows) => sum + rows, 0);
}

export function takeBackStep(record: FillingRecord): Step {
  return {
    title: `take back fill: ${count(rowsOfFilling(record), "row")} computed again and deleted`,
    transaction: "own",
    run: (session) => session.transaction(() => takeBackFilling(session, record)),
  };
}

async function takeBackFilling(session: Session, { id, filling }: FillingRecord): Promise<void> {
  const { undoFill } = await import("./undo.ts");
  await undoFill(session, filling);
  await session.query(sql`update pgsteward.seed_run set state = 'undone', undone_at = clock_timestamp() where id = ${id}`);
}
