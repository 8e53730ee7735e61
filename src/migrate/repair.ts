/** `migrate repair`: lets the history follow the folder where a person says that the folder is right. Runs no migration. */
import { failure } from "../core/errors.ts";
import type { ChangingOperation } from "../core/operation.ts";
import { plan, type Step } from "../core/plan.ts";
import { literal } from "../core/sql.ts";
import type { Standing } from "./compare.ts";
import { migrateErrors } from "./errors.ts";
import { recordApplied, recordEvent, recordPartial } from "./history.ts";
import { look } from "./look.ts";
import { segmentsOf } from "./segments.ts";

export interface RepairOptions {
  /** The statement in doubt was completed. */
  done?: boolean | undefined;
  /** The statement in doubt was not completed: run it again. */
  again?: boolean | undefined;
}

export interface RepairResult {
  readonly repaired: readonly string[];
}

export const repair: ChangingOperation<RepairOptions, RepairResult> = {
  kind: "change",
  name: "migrate repair",
  summary: "let the history follow the folder: accept edits, new names and deletions; settle a statement in doubt",
  risk: "changes",
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      done: z.boolean().optional().describe("the statement in doubt was completed"),
      again: z.boolean().optional().describe("the statement in doubt was not completed: the next up runs it again"),
    });
  },
  examples: ["pgsteward migrate repair --dry-run", "pgsteward migrate repair"],
  async plan(ctx, { done = false, again = false }) {
    const { standings } = await look(ctx);
    const steps = standings.flatMap((standing) => repairOne(standing, done, again) ?? []);
    return plan({ title: "repair the history", steps, findings: [], result: { repaired: steps.map(({ title }) => title) } });
  },
};

function repairOne(standing: Standing, done: boolean, again: boolean): Step | undefined {
  const { name, state, file, row, renamedTo } = standing;
  const key = literal(name);
  if (state === "changed" && file) {
    const update = `update pgsteward.migration set hash = ${literal(file.hash)}, up_hash = ${literal(file.upHash)} where name = ${key};`;
    return step(`accept the new content of ${name}`, update, recordEvent(name, "rebaseline", file.hash, { reason: "repair" }));
  }
  if (state === "renamed" && renamedTo !== undefined) {
    const version = /^[vV]?(\d+)/.exec(renamedTo)?.[1] ?? "";
    const update = `update pgsteward.migration set name = ${literal(renamedTo)}, version = ${literal(version)} where name = ${key};`;
    return step(`record that ${name} is called ${renamedTo}`, update, recordEvent(renamedTo, "rename", row?.hash ?? null, { from: name }));
  }
  if (state === "missing") {
    return step(
      `forget ${name}: what it made stays in the database`,
      `delete from pgsteward.migration where name = ${key};`,
      recordEvent(name, "forget", row?.hash ?? null, row ? { ...row, appliedAt: row.appliedAt.toISOString() } : {}),
    );
  }
  if (row?.stepOpen != null && (done || again)) return settle(standing, done);
  return undefined;
}

/** A person has looked: the open step is done, or it runs again. */
function settle({ name, file, row, state }: Standing, done: boolean): Step {
  const section = state === "reverting" ? file?.down : file?.up;
  if (!file || !row || !section) throw failure(migrateErrors, "MIGRATE_MISSING", { names: name });
  const segments = segmentsOf(section, state === "reverting" ? section.transaction !== false : file.transaction);
  const hashes = segments.slice(0, row.stepHashes.length + (done ? 1 : 0)).map(({ hash }) => hash);
  const finished = state === "applying" && hashes.length === segments.length;
  const record = finished
    ? recordApplied(file, "baseline")
    : recordPartial(file, state === "reverting" ? "reverting" : "applying", hashes, null);
  return step(
    `${done ? "count as done" : "run again"}: step ${(row.stepOpen ?? 0) + 1} of ${name}`,
    record,
    recordEvent(name, "resolve", row.hash, { step: row.stepOpen, done }),
  );
}

function step(title: string, change: string, event: string): Step {
  return { title, sql: change, transaction: "own", script: `begin; ${change} ${event} commit;` };
}
