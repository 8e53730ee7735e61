/** What the ledger says of seeders: the runs in force, by seeder. */
import type { Session } from "../core/engine.ts";
import { isLedgerAbsent } from "../core/ledger.ts";
import { sql } from "../core/sql.ts";
import { sqlstate } from "../core/errors.ts";
import type { Shape } from "./shape.ts";
import type { Unrecorded } from "./watch.ts";

/** The newest run of a seeder that is in force, and what all of them that are in force have made. */
export interface SeedRecord {
  readonly id: bigint;
  readonly runId: bigint | null;
  readonly seeder: string;
  readonly category: string;
  readonly profile: string;
  readonly hash: string;
  readonly shape: Shape;
  readonly inserted: number;
  readonly updated: number;
  readonly unrecorded: readonly Unrecorded[];
  readonly appliedAt: Date;
}

/** By seeder; empty where there is no ledger yet. Generated data has records of its own. */
export async function readRecords(session: Session): Promise<ReadonlyMap<string, SeedRecord>> {
  try {
    const { rows } = await session.query<SeedRecord>(sql`
      select distinct on (r.seeder) r.id, r.run_id as "runId", r.seeder, r.category, r.profile, r.hash, r.shape, r.applied_at as "appliedAt",
        (sum(r.inserted) over (partition by r.seeder))::int as inserted, (sum(r.updated) over (partition by r.seeder))::int as updated,
        coalesce(r.unrecorded, '[]') as unrecorded
      from pgsteward.seed_run r where r.state = 'applied' and r.spec is null
      order by r.seeder, r.id desc`);
    return new Map(rows.map((row) => [row.seeder, row]));
  } catch (error) {
    // A ledger of an earlier release has no such table.
    if (isLedgerAbsent(error) || sqlstate(error) === "42703") return new Map();
    throw error;
  }
}
