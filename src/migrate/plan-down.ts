/** What `down`, `rollback`, `to` and `redo` do, as plans. */
import { failure } from "../core/errors.ts";
import type { Context } from "../core/operation.ts";
import { type Plan, plan, type Step } from "../core/plan.ts";
import type { Standing } from "./compare.ts";
import type { DownResult } from "./down.ts";
import { migrateErrors } from "./errors.ts";
import type { MigrationFile, Section } from "./file.ts";
import { type HistoryRow, recordEvent } from "./history.ts";
import { find, look, refuseTrouble, type View } from "./look.ts";
import { planUp, refuseHalfway } from "./plan-up.ts";
import { countDone } from "./progress.ts";
import { settingsOf, stepsOf } from "./steps.ts";
import { count } from "./words.ts";

/** Undoes the last `steps` migrations. */
export async function planDown(ctx: Context, steps: number): Promise<Plan<DownResult>> {
  const view = await look(ctx);
  return planUndo(ctx, view, newestFirst(view).slice(0, steps));
}

/** Undoes `version`, by default the last one, and everything that was applied after it. */
export async function planRollback(ctx: Context, version: string | undefined): Promise<Plan<DownResult>> {
  const view = await look(ctx);
  const newest = newestFirst(view);
  if (version === undefined) return planUndo(ctx, view, newest.slice(0, 1));
  const wanted = find(view.standings, version).name;
  return planUndo(ctx, view, newest.slice(0, newest.findIndex(({ name }) => name === wanted) + 1));
}

/** Applies or undoes until `version` is the last one in the folder's order that is in force. */
export async function planTo(ctx: Context, version: string): Promise<Plan<DownResult>> {
  const view = await look(ctx);
  const none = version === "0" && !view.standings.some((standing) => /^0+$/.test(standing.version));
  const last = none ? -1 : view.standings.indexOf(find(view.standings, version));
  const undo = newestFirst(view).filter((standing) => view.standings.indexOf(standing) > last);
  const late = view.standings.slice(0, last + 1).some(({ state }) => state === "pending" || state === "applying");
  if (none || (undo.length > 0 && !late)) return planUndo(ctx, view, undo);
  const upward = await planUp(ctx, view, { to: version });
  const { applied } = upward.result;
  if (undo.length === 0) return { ...upward, risk: "changes", result: { reverted: [], applied } };
  const backward = planUndo(ctx, view, undo);
  // What was merged late belongs below the version, and is still pending.
  const title = applied.length === 0 ? backward.title : `${backward.title}, ${upward.title}`;
  return plan({ ...backward, title, steps: [...backward.steps, ...upward.steps], result: { ...backward.result, applied } });
}

/** Undoes the last `steps` migrations and applies them again. */
export async function planRedo(ctx: Context, steps: number): Promise<Plan<DownResult>> {
  const view = await look(ctx);
  const chosen = newestFirst(view).slice(0, steps);
  refuseTrouble(
    chosen.filter(({ file }) => file === undefined),
    false,
  );
  const undo = planUndo(ctx, view, chosen);
  const again = chosen.toReversed().flatMap(({ file }) => (file ? stepsOf(workUp(file), settingsOf(ctx)) : []));
  const applied = chosen.map(({ name }) => name).toReversed();
  const both = [...undo.steps, ...again];
  return plan({
    ...undo,
    title: `redo ${count(chosen.length, "migration")}`,
    steps: both,
    done: (session, runId) => countDone(session, runId, both),
    result: { ...undo.result, applied },
  });
}

function workUp(file: MigrationFile): Parameters<typeof stepsOf>[0] {
  return { direction: "up", file, section: file.up, transaction: file.transaction, done: [], open: null, after: null };
}

/** What is in force, the last applied first. */
function newestFirst({ standings, history }: View): readonly Standing[] {
  const position = new Map(history.rows.map(({ name }, i) => [name, i]));
  return standings.filter(({ row }) => row !== undefined).sort((a, b) => (position.get(b.name) ?? 0) - (position.get(a.name) ?? 0));
}

function planUndo(ctx: Context, { standings, findings }: View, chosen: readonly Standing[]): Plan<DownResult> {
  refuseTrouble(
    standings.filter(({ state }) => state === "renamed"),
    false,
  );
  refuseHalfway(standings, "applying", "up");
  const missing = chosen.filter((standing) => downOf(standing) === undefined).map(({ name }) => name);
  if (missing.length > 0) throw failure(migrateErrors, "MIGRATE_DOWN_MISSING", { names: missing.join(", "), migrations: missing });
  const names = chosen.map(({ name }) => name);
  const steps = chosen.flatMap((standing) => stepsDown(ctx, standing));
  return plan({
    title: `undo ${count(chosen.length, "migration")}`,
    steps,
    done: (session, runId) => countDone(session, runId, steps),
    findings: findings.filter(({ object = "" }) => names.includes(object)),
    result: { reverted: names, applied: [] },
    failed: async (session, { step, error }) => {
      if (step.object !== undefined)
        await session.script(recordEvent(step.object, "failed", null, { code: error.code, message: error.message, direction: "down" }));
    },
  });
}

function stepsDown(ctx: Context, standing: Standing): readonly Step[] {
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
    after: partial?.stepState ?? null,
  } as const;
  return stepsOf(work, settingsOf(ctx));
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
