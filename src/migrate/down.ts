/** `migrate down`, `rollback`, `to`, `redo`: undo what was applied, newest first. */
import { failure } from "../core/errors.ts";
import type { ChangingOperation, Context } from "../core/operation.ts";
import { type Plan, plan, type Step } from "../core/plan.ts";
import type { Standing } from "./compare.ts";
import { migrateErrors } from "./errors.ts";
import type { MigrationFile, Section } from "./file.ts";
import { type HistoryRow, recordEvent } from "./history.ts";
import { find, look, refuseTrouble, type View } from "./look.ts";
import { stepsOf } from "./steps.ts";
import { count, planUp, refuseHalfway } from "./up.ts";

export interface DownOptions {
  /** How many to undo. Default 1. */
  steps?: number | undefined;
}

export interface DownResult {
  /** Names in the order in which they were undone. */
  readonly reverted: readonly string[];
  /** Names that were applied (again). */
  readonly applied: readonly string[];
}

export const down: ChangingOperation<DownOptions, DownResult> = {
  kind: "change",
  name: "migrate down",
  summary: "undo the last migration",
  risk: "destroys",
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({ steps: z.coerce.number().int().positive().optional().describe("how many to undo (default 1)") });
  },
  examples: ["pgsteward migrate down", "pgsteward migrate down --steps 3 --dry-run"],
  plan: async (ctx, { steps = 1 }) => {
    const view = await look(ctx);
    return planDown(ctx, view, newestFirst(view).slice(0, steps));
  },
};

export interface RollbackOptions {
  /** Undo this version and everything that was applied after it. Default: the last one. */
  version?: string | undefined;
}

export const rollback: ChangingOperation<RollbackOptions, DownResult> = {
  kind: "change",
  name: "migrate rollback",
  summary: "undo a version and everything that was applied after it",
  risk: "destroys",
  positional: ["version"],
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({ version: z.string().optional().describe("the version or name to undo (default: the last one)") });
  },
  examples: ["pgsteward migrate rollback", "pgsteward migrate rollback 007 --dry-run"],
  plan: async (ctx, { version }) => {
    const view = await look(ctx);
    const newest = newestFirst(view);
    if (version === undefined) return planDown(ctx, view, newest.slice(0, 1));
    const at = newest.findIndex(({ name }) => name === find(view.standings, version).name);
    return planDown(ctx, view, at < 0 ? [] : newest.slice(0, at + 1));
  },
};

export interface ToOptions {
  /** The version or name that shall be the last one applied; `0` undoes everything. */
  version?: string | undefined;
}

export const to: ChangingOperation<ToOptions, DownResult> = {
  kind: "change",
  name: "migrate to",
  summary: "apply or undo migrations until the given version is the last one",
  risk: "destroys",
  positional: ["version"],
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({ version: z.string().describe("the version or name that shall be the last one; 0 undoes everything") });
  },
  examples: ["pgsteward migrate to 005", "pgsteward migrate to 0 --dry-run"],
  plan: async (ctx, { version = "" }) => {
    const view = await look(ctx);
    const none = version === "0" && !view.standings.some((standing) => /^0+$/.test(standing.version));
    const last = none ? -1 : view.standings.indexOf(find(view.standings, version));
    const undo = newestFirst(view).filter((standing) => view.standings.indexOf(standing) > last);
    if (undo.length > 0) return planDown(ctx, view, undo);
    const upward = await planUp(ctx, view, none ? {} : { to: version });
    return { ...upward, risk: "changes", result: { reverted: [], applied: upward.result.applied } };
  },
};

export const redo: ChangingOperation<DownOptions, DownResult> = {
  kind: "change",
  name: "migrate redo",
  summary: "undo the last migration and apply it again",
  risk: "destroys",
  input: down.input as NonNullable<typeof down.input>,
  examples: ["pgsteward migrate redo"],
  plan: async (ctx, { steps = 1 }) => {
    const view = await look(ctx);
    const chosen = newestFirst(view).slice(0, steps);
    const undo = await planDown(ctx, view, chosen);
    const again = chosen.toReversed().flatMap(({ file }) => (file ? stepsOf(workUp(file), ctx.config) : []));
    return plan({
      ...undo,
      title: `redo ${count(chosen.length, "migration")}`,
      steps: [...undo.steps, ...again],
      result: { ...undo.result, applied: chosen.map(({ name }) => name).toReversed() },
    });
  },
};

function workUp(file: MigrationFile): Parameters<typeof stepsOf>[0] {
  return { direction: "up", file, section: file.up, transaction: file.transaction, done: [], open: null };
}

/** What is in force, the last applied first. */
function newestFirst({ standings, history }: View): readonly Standing[] {
  const position = new Map(history.rows.map(({ name }, i) => [name, i]));
  return standings.filter(({ row }) => row !== undefined).sort((a, b) => (position.get(b.name) ?? 0) - (position.get(a.name) ?? 0));
}

function planDown(ctx: Context, { standings, findings }: View, chosen: readonly Standing[]): Promise<Plan<DownResult>> {
  refuseTrouble(
    standings.filter(({ state }) => state === "renamed"),
    false,
  );
  refuseHalfway(standings, "applying", "up");
  const missing = chosen.filter((standing) => downOf(standing) === undefined).map(({ name }) => name);
  if (missing.length > 0) throw failure(migrateErrors, "MIGRATE_DOWN_MISSING", { names: missing.join(", "), migrations: missing });
  const names = chosen.map(({ name }) => name);
  return Promise.resolve(
    plan({
      title: `undo ${count(chosen.length, "migration")}`,
      steps: chosen.flatMap((standing) => stepsDown(ctx, standing)),
      findings: findings.filter(({ object = "" }) => names.includes(object)),
      result: { reverted: names, applied: [] },
      failed: async (session, { step, error }) => {
        if (step.object !== undefined)
          await session.script(recordEvent(step.object, "failed", null, { code: error.code, message: error.message, direction: "down" }));
      },
    }),
  );
}

function stepsDown({ config }: Context, standing: Standing): readonly Step[] {
  const section = downOf(standing);
  const file = standing.file ?? (standing.row && fileOf(standing.row));
  if (!section || !file) return [];
  const partial = standing.row?.state === "reverting" ? standing.row : undefined;
  const work = {
    direction: "down",
    file,
    section,
    transaction: section.transaction !== false,
    done: partial?.stepHashes ?? [],
    open: partial?.stepOpen ?? null,
  } as const;
  return stepsOf(work, config);
}

/**
 * The down section to run: the file's, unless its up was edited or the file is gone; then the one that was recorded when
 * it was applied.
 */
function downOf({ file, row, state }: Standing): Section | undefined {
  if (file?.down && state !== "changed") return file.down;
  if (row?.downSql != null)
    return { path: `${row.name} (as recorded in the history)`, line: 1, text: row.downSql, transaction: row.downTransaction };
  return file?.kind === "ts" ? file.down : undefined;
}

/** What is left of a migration whose file is gone. */
function fileOf({ name, version, hash, upHash }: HistoryRow): MigrationFile {
  const up = { path: name, line: 1, text: "" };
  return {
    name,
    version,
    kind: "sql",
    path: name,
    up,
    down: undefined,
    title: undefined,
    description: undefined,
    hash,
    upHash,
    transaction: true,
    repeatable: false,
  };
}
