/** `check baseline`: acknowledges what is found now, with a reason and an expiry. */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { failure } from "../core/errors.ts";
import type { ActingOperation } from "../core/operation.ts";
import { type Acknowledged, extendBaseline, isDay } from "./baseline.ts";
import { checkErrors } from "./errors.ts";
import { write } from "./report.ts";
import { checkInput, type CheckOptions, judge } from "./run.ts";

export interface BaselineOptions extends CheckOptions {
  /** Why it can stay for now. */
  reason: string;
  /** The last day on which it may: `2027-01-31`. */
  until: string;
}

export interface BaselineResult {
  readonly path: string;
  /** The whole file. */
  readonly entries: readonly Acknowledged[];
  /** How many of them are new or renewed. */
  readonly added: number;
}

export const baseline: ActingOperation<BaselineOptions, BaselineResult> = {
  kind: "act",
  name: "check baseline",
  summary: "acknowledge what is found now, with a reason and an expiry, so that only new findings fail",
  risk: "reads",
  requires: ["reason", "until"],
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      ...(await checkInput()),
      reason: z.string().trim().min(1).describe("why it can stay for now"),
      until: z.string().refine(isDay, "it is a day such as 2027-01-31").describe("the last day on which it may, as 2027-01-31"),
    });
  },
  examples: ['pgsteward check baseline --reason "cleaned up with the move to v2" --until 2027-01-31'],
  async act(ctx, { reason, until, ...options }) {
    const today = new Date(ctx.clock.now()).toISOString().slice(0, 10);
    const path = ctx.config.check.baseline;
    if (until < today) throw failure(checkErrors, "CHECK_BASELINE_INVALID", { file: path, problem: `${until} is over` });
    const { ran, baseline: known } = await judge(ctx, options);
    const entries = extendBaseline(ran.results, known, { reason, until, today });
    await mkdir(dirname(path), { recursive: true });
    await write(path, `${JSON.stringify(entries, null, 2)}\n`);
    return { path, entries, added: entries.filter((entry) => !known.includes(entry)).length };
  },
};
