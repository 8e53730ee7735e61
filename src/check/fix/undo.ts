/** `check undo`: exactly what was there before a fix. */
import { failure } from "../../core/errors.ts";
import type { ChangingOperation } from "../../core/operation.ts";
import { plan } from "../../core/plan.ts";
import { checkErrors } from "../errors.ts";
import { count } from "../words.ts";
import type { UndoResult } from "./plan-undo.ts";

export interface UndoOptions {
  /** The number of the run to undo; without one the runs that can be undone are listed. */
  readonly run?: number | undefined;
  /** Switch the triggers of the tables off for the transaction. Default false. */
  readonly withoutTriggers?: boolean | undefined;
  /** Do not check foreign keys: for rows that had no parent when they were taken. Default false. */
  readonly withoutForeignKeys?: boolean | undefined;
}

export const undo: ChangingOperation<UndoOptions, UndoResult> = {
  kind: "change",
  name: "check undo",
  summary: "put back exactly what a fix removed or changed",
  risk: "changes",
  positional: ["run"],
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      run: z.coerce.number().int().positive().optional().describe("the number of the run; without one the runs are listed"),
      withoutTriggers: z.boolean().optional().describe("switch the tables' triggers off for the transaction"),
      withoutForeignKeys: z.boolean().optional().describe("put rows back that had no parent when they were taken (superuser)"),
    });
  },
  examples: ["pgsteward check undo", "pgsteward check undo 12 --dry-run", "pgsteward check undo 12"],
  async plan(ctx, { run, ...options }) {
    const session = await ctx.session();
    const { lockTimeoutMs, statementTimeoutMs } = ctx.config;
    if (run !== undefined) {
      const { undoPlan } = await import("./plan-undo.ts");
      return undoPlan(session, run, { ...options, lockTimeoutMs, statementTimeoutMs });
    }
    const { undoableRuns } = await import("./runs.ts");
    const runs = await undoableRuns(session);
    if (runs.length === 0) return plan({ title: "undo nothing", steps: [], findings: [], result: { run: 0, restored: [] } });
    const lines = runs.map(
      ({ run: id, at, actor, rows, rules }) => `run ${id}  ${at}  ${actor}  ${count(rows, "row")}  ${rules.join(", ")}`,
    );
    const facts = { what: runs.length === 1 ? "1 fix" : `${runs.length} fixes`, newest: runs[0]?.run, list: runs };
    throw failure(checkErrors, "CHECK_UNDO_WHICH", facts, { detail: lines.join("\n") });
  },
};
