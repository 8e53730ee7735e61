/** `migrate status`, `history` and `plan`: what is applied, what happened, what would happen. */
import { type Finding, hasErrors, type Report } from "../core/finding.ts";
import type { JudgingOperation } from "../core/operation.ts";
import type { Plan } from "../core/plan.ts";
import type { MigrationState, Standing } from "./compare.ts";
import { type HistoryEvent, readEvents } from "./history.ts";
import { look } from "./look.ts";
import { up, type UpOptions, type UpResult } from "./up.ts";

export interface MigrationStatus {
  readonly name: string;
  readonly version: string;
  readonly state: MigrationState;
  readonly title: string | null;
  readonly appliedAt: string | null;
  readonly durationMs: number | null;
  /** `up`, `baseline` or `adopt:<tool>`. */
  readonly origin: string | null;
  /** Whether it can be undone. */
  readonly reversible: boolean;
  /** What the last try said, where it failed. */
  readonly failure: string | null;
}

export interface StatusResult {
  readonly dir: string;
  readonly format: string;
  readonly migrations: readonly MigrationStatus[];
  readonly applied: number;
  readonly pending: number;
}

export const status: JudgingOperation<Record<string, never>, StatusResult> = {
  kind: "judge",
  name: "migrate status",
  summary: "show which migrations are applied, pending, changed or missing",
  risk: "reads",
  examples: ["pgsteward migrate status", "pgsteward migrate status --json"],
  async report(ctx): Promise<Report<StatusResult>> {
    const { folder, standings, findings } = await look(ctx);
    const pending = standings.filter(({ state }) => state === "pending" || state === "applying").length;
    const applied = standings.filter(({ row, state }) => row !== undefined && state !== "applying").length;
    const migrations = standings.map(describe);
    return {
      ok: pending === 0 && !hasErrors(findings),
      findings,
      data: { dir: folder.dir, format: folder.layout.name, migrations, applied, pending },
    };
  },
};

function describe({ name, version, state, file, row, failure }: Standing): MigrationStatus {
  return {
    name,
    version,
    state,
    title: file?.title ?? row?.title ?? null,
    appliedAt: row?.appliedAt.toISOString() ?? null,
    durationMs: row?.durationMs ?? null,
    origin: row?.origin ?? null,
    reversible: file?.down !== undefined || row?.downSql != null,
    failure: failure?.detail.message ?? null,
  };
}

export interface HistoryResult {
  readonly events: readonly HistoryEvent[];
}

export const history: JudgingOperation<Record<string, never>, HistoryResult> = {
  kind: "judge",
  name: "migrate history",
  summary: "show everything that happened: applied, undone, failed, accepted, adopted",
  risk: "reads",
  examples: ["pgsteward migrate history"],
  report: async (ctx) => ({ ok: true, findings: [], data: { events: await readEvents(await ctx.session()) } }),
};

export interface PlanResult {
  readonly title: string;
  readonly hash: string;
  readonly steps: readonly { readonly title: string; readonly transaction: "own" | "none"; readonly sql: string | undefined }[];
  readonly result: UpResult;
}

export const planOperation: JudgingOperation<UpOptions, PlanResult> = {
  kind: "judge",
  name: "migrate plan",
  summary: "show what `migrate up` would do, step by step",
  risk: "reads",
  positional: ["to"],
  input: up.input as NonNullable<typeof up.input>,
  examples: ["pgsteward migrate plan", "pgsteward migrate plan --to 004 --json"],
  async report(ctx, { to, force = false, outOfOrder }) {
    const { planUp } = await import("./plan-up.ts");
    const planned: Plan<UpResult> = await planUp(ctx, await look(ctx, outOfOrder), { to, force });
    const steps = planned.steps.map(({ title, transaction, sql }) => ({ title, transaction, sql }));
    const findings: readonly Finding[] = planned.findings;
    return { ok: true, findings, data: { title: planned.title, hash: planned.hash, steps, result: planned.result } };
  },
};
