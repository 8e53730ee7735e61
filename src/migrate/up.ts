/** `migrate up`: applies what is pending, each migration whole or not at all. */
import type { ChangingOperation } from "../core/operation.ts";
import { plan } from "../core/plan.ts";
import { look } from "./look.ts";

export interface UpOptions {
  /** Stop after this version or name. Default: the last. */
  to?: string | undefined;
  /** Accept the content of files that changed after they were applied. Default false. */
  force?: boolean | undefined;
  /** A pending migration that sorts before an applied one: `strict` refuses, `warn` applies it and says so, `allow` applies it. */
  outOfOrder?: "strict" | "warn" | "allow" | undefined;
}

export interface UpResult {
  /** Names in the order of application. */
  readonly applied: readonly string[];
  /** Names whose new content was accepted (`force`). */
  readonly rebaselined: readonly string[];
  /** How many stay pending because of `to`. */
  readonly remaining: number;
}

export const up: ChangingOperation<UpOptions, UpResult> = {
  kind: "change",
  name: "migrate up",
  summary: "apply pending migrations",
  risk: "changes",
  positional: ["to"],
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      to: z.string().optional().describe("stop after this version or name"),
      force: z.boolean().optional().describe("accept the content of files that changed after they were applied"),
      outOfOrder: z
        .enum(["strict", "warn", "allow"])
        .optional()
        .describe("a pending migration that sorts before an applied one: refuse, apply and say so, apply"),
    });
  },
  examples: ["pgsteward migrate up", "pgsteward migrate up --dry-run", "pgsteward migrate up --to 004", "pgsteward migrate up --force"],
  async plan(ctx, { to, force = false, outOfOrder }) {
    const view = await look(ctx, outOfOrder);
    const settled = to === undefined && view.standings.every(({ state }) => state === "applied");
    if (settled)
      return plan({
        title: "apply 0 migrations",
        steps: [],
        findings: view.findings,
        result: { applied: [], rebaselined: [], remaining: 0 },
      });
    const { planUp } = await import("./plan-up.ts");
    return planUp(ctx, view, { to, force });
  },
};
