/** `seed undo`: takes back exactly the rows that seeders made. */
import type { Session } from "../core/engine.ts";
import { failure, sqlstate } from "../core/errors.ts";
import { finding, type Finding } from "../core/finding.ts";
import { isLedgerAbsent } from "../core/ledger.ts";
import type { ChangingOperation, Context } from "../core/operation.ts";
import { plan, type Step } from "../core/plan.ts";
import { closest } from "../core/spelling.ts";
import { sql } from "../core/sql.ts";
import { seedErrors } from "./errors.ts";
import { isCalled } from "./order.ts";
import { inspect, tablesOf, takeBack, type TakenCounts } from "./take-back.ts";
import type { Unrecorded } from "./watch.ts";
import { count } from "./words.ts";

export interface UndoOptions {
  /** Seeders, by name or category. Default: what the last run made. */
  names?: string[] | undefined;
  /** Take rows back that were changed since. Default false. */
  force?: boolean | undefined;
}

export interface UndoResult {
  /** The seeders, newest first. */
  readonly undone: readonly string[];
  readonly deleted: number;
  readonly restored: number;
}

export const undo: ChangingOperation<UndoOptions, UndoResult> = {
  kind: "change",
  name: "seed undo",
  summary: "take back the rows that the last run, or these seeders, made",
  risk: "destroys",
  rest: "names",
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      names: z.array(z.string()).optional().describe("only this seeder or category; may be given several times"),
      force: z.boolean().optional().describe("take rows back that were changed since"),
    });
  },
  examples: ["pgsteward seed undo", "pgsteward seed undo sample_users", "pgsteward seed undo --dry-run"],
  async plan(ctx, { names = [], force = false }) {
    const session = await ctx.session();
    const runs = chooseRuns(await readRuns(session), names);
    const taken = await planTakeBack(ctx, runs, force);
    return plan({ title: taken.title, steps: taken.steps, findings: taken.findings, result: taken.result, verify: taken.verify });
  },
};

/** A run of a seeder that is in force. */
export interface SeedRun {
  readonly id: bigint;
  readonly runId: bigint | null;
  readonly seeder: string;
  readonly category: string;
  readonly unrecorded: readonly Unrecorded[];
  /** It has rows on record. */
  readonly rows: boolean;
}

/** Newest first. */
export async function readRuns(session: Session): Promise<readonly SeedRun[]> {
  try {
    const { rows } = await session.query<SeedRun>(sql`
      select r.id, r.run_id as "runId", r.seeder, r.category, coalesce(r.unrecorded, '[]') as unrecorded,
        exists (select from pgsteward.seed_row w where w.seed_run_id = r.id) as rows
      from pgsteward.seed_run r where r.state = 'applied' and r.spec is null order by r.id desc`);
    return rows;
  } catch (error) {
    if (isLedgerAbsent(error) || sqlstate(error) === "42703") return [];
    throw error;
  }
}

/** Without names, the last run that made something, and what came after it. */
function chooseRuns(runs: readonly SeedRun[], names: readonly string[]): readonly SeedRun[] {
  if (names.length === 0) {
    const last = runs.find(({ rows }) => rows)?.runId;
    return last == null ? [] : runs.filter(({ runId }) => runId !== null && runId >= last);
  }
  const answers = (run: SeedRun, word: string): boolean => run.category === word || isCalled(run.seeder, word);
  for (const word of names) {
    if (runs.some((run) => answers(run, word))) continue;
    const known = [...new Set(runs.map(({ seeder }) => seeder))].sort();
    const near = closest(word, known);
    const hint = near === undefined ? `seeders that have run: ${known.join(", ") || "none"}` : `did you mean ${near}?`;
    throw failure(seedErrors, "SEED_NOT_APPLIED", { name: word }, { hint });
  }
  return runs.filter((run) => names.some((word) => answers(run, word)));
}

export interface TakeBackPlan {
  readonly title: string;
  readonly steps: readonly Step[];
  readonly findings: readonly Finding[];
  readonly result: UndoResult;
  verify(): Promise<readonly Finding[]>;
}

/** The one step that takes these runs back, looked at beforehand; no step where there are none. */
export async function planTakeBack(ctx: Context, runs: readonly SeedRun[], force: boolean): Promise<TakeBackPlan> {
  const undone = [...new Set(runs.filter(({ rows }) => rows || runs.every((run) => !run.rows)).map(({ seeder }) => seeder))];
  const ids = runs.map(({ id }) => id);
  const counts = await inspectNow(await ctx.session(), ids, force);
  const total = (what: Exclude<keyof TakenCounts, "table">): number => counts.reduce((sum, table) => sum + table[what], 0);
  const after: Finding[] = [];
  const step: Step = {
    title: `take back ${undone.join(", ")}: ${count(total("deleted"), "row")} deleted, ${total("restored")} restored`,
    transaction: "own",
    run: async (session) => {
      const differing = await session.transaction(async () => {
        await session.query(sql`select pg_catalog.set_config('lock_timeout', ${String(ctx.config.lockTimeoutMs)}, true)`);
        return takeBack(session, ids, force);
      });
      after.push(...differing.map(triggered));
    },
  };
  return {
    title: `take back ${count(undone.length, "seeder")}`,
    steps: runs.length === 0 ? [] : [step],
    findings: [...counts.flatMap(countFindings), ...runs.flatMap(unrecordedFindings)],
    result: { undone, deleted: total("deleted"), restored: total("restored") },
    verify: () => Promise.resolve(after),
  };
}

function inspectNow(session: Session, runs: readonly bigint[], force: boolean): Promise<readonly TakenCounts[]> {
  if (runs.length === 0) return Promise.resolve([]);
  return session.transaction(async () => {
    await session.query("set local timezone to 'UTC'");
    return inspect(session, await tablesOf(session, runs), runs, force);
  });
}

function countFindings({ table, changed, gone }: TakenCounts): readonly Finding[] {
  return [
    ...(changed > 0
      ? [
          finding(
            "warning",
            "SEED_UNDO_CHANGED",
            table,
            `has ${count(changed, "row")} that changed since the seeder left them: --force takes them all the same`,
          ),
        ]
      : []),
    ...(gone > 0 ? [finding("info", "SEED_UNDO_GONE", table, `no longer has ${count(gone, "row")} that the seeder made`)] : []),
  ];
}

function unrecordedFindings({ seeder, unrecorded }: SeedRun): readonly Finding[] {
  return unrecorded.map(({ table, inserted, updated, deleted }) =>
    finding(
      "warning",
      "SEED_UNDO_UNRECORDED",
      seeder,
      `changed ${table} beside its own rows when it ran (${inserted} inserted, ${updated} updated, ${deleted} deleted): that stays`,
    ),
  );
}

function triggered(column: string): Finding {
  return finding(
    "info",
    "SEED_UNDO_TRIGGERED",
    column,
    "was set by a trigger when its row got back its values, so it is not what it was before",
  );
}
