/** `migrate down`, `rollback`, `to`, `redo`: undo what was applied, newest first. */
import type { ChangingOperation } from "../core/operation.ts";

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
  plan: async (ctx, { steps = 1 }) => (await import("./plan-down.ts")).planDown(ctx, steps),
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
  plan: async (ctx, { version }) => (await import("./plan-down.ts")).planRollback(ctx, version),
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
  requires: ["version"],
  positional: ["version"],
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({ version: z.string().describe("the version or name that shall be the last one; 0 undoes everything") });
  },
  examples: ["pgsteward migrate to 005", "pgsteward migrate to 0 --dry-run"],
  plan: async (ctx, { version = "" }) => (await import("./plan-down.ts")).planTo(ctx, version),
};

export const redo: ChangingOperation<DownOptions, DownResult> = {
  kind: "change",
  name: "migrate redo",
  summary: "undo the last migration and apply it again",
  risk: "destroys",
  input: down.input as NonNullable<typeof down.input>,
  examples: ["pgsteward migrate redo"],
  plan: async (ctx, { steps = 1 }) => (await import("./plan-down.ts")).planRedo(ctx, steps),
};
