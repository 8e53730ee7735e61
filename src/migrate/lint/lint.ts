/** `migrate lint`: what each statement of the pending migrations does to a database in use, found out by executing it. */
import type { Finding, Report, Severity } from "../../core/finding.ts";
import type { JudgingOperation } from "../../core/operation.ts";
import type { IndexBuild, Lock, RowCount } from "./effects.ts";
import type { FileFix } from "./fix/fix.ts";
import type { SchemaObject } from "./watch.ts";

export interface LintOptions {
  /** Names, versions or paths of migrations. Default: those that are pending. */
  files?: string[] | undefined;
  /** Every migration, each as if it were the only pending one. */
  all?: boolean | undefined;
  /** Migrations that come after this one, applied or not. */
  since?: string | undefined;
  /** Read sizes from the target; false leaves it alone, and then all files count as pending. Default true. */
  live?: boolean | undefined;
  /** Write the safe sequences into the pending files, each proved to end where the file ends now. Default false. */
  fix?: boolean | undefined;
  /** With `fix`, write the files; false only tells what would be written. Default true. */
  write?: boolean | undefined;
  /** Default `text`. */
  format?: LintFormat | undefined;
  /** The least severity that makes the answer no. Default `error`. */
  failOn?: Severity | undefined;
}

export type LintFormat = "text" | "json" | "sarif" | "github";

/** What one statement did. */
export interface LintedStatement {
  readonly file: string;
  readonly line: number;
  readonly statement: string;
  /** All of it in one line; empty where nobody else notices. */
  readonly verdict: string;
  /** Locks that it took, the strongest of each relation; held to the end of its transaction. */
  readonly locks: readonly Lock[];
  /** Tables that were written anew. */
  readonly rewrites: readonly string[];
  /** Tables that were read from end to end. */
  readonly scans: readonly string[];
  readonly indexBuilds: readonly IndexBuild[];
  readonly drops: readonly SchemaObject[];
  readonly rows: readonly RowCount[];
  /** Why it was not executed. */
  readonly unseen: string | null;
}

export interface LintResult {
  readonly statements: readonly LintedStatement[];
  /** Where they were executed. */
  readonly where: string;
  /** Extensions that were not there: what the trace therefore could not show. */
  readonly missing: readonly string[];
  /** Of the target, as a number: hints are for this version. */
  readonly version: number;
  /** What became of each file that has something to fix; with `fix` only. */
  readonly fixes?: readonly FileFix[];
  /** The document that `format` asks for. */
  readonly output?: string;
}

export const lint: JudgingOperation<LintOptions, LintResult> = {
  kind: "judge",
  name: "migrate lint",
  summary: "execute the pending migrations on a scratch database and judge what each statement does",
  risk: "reads",
  rest: "files",
  shadows: ["format"],
  input: async () => {
    const { z } = await import("zod");
    const input = z.strictObject({
      files: z.array(z.string()).optional().describe("names, versions or paths of migrations (default: those that are pending)"),
      all: z.boolean().optional().describe("every migration, each as if it were the only pending one"),
      since: z.string().optional().describe("the migrations after this one, applied or not"),
      live: z
        .boolean()
        .optional()
        .describe("read sizes from the target (default); --no-live leaves it alone, and all files count as pending"),
      fix: z.boolean().optional().describe("write the safe sequences into the pending files, each proved to end where the file ends now"),
      write: z.boolean().optional().describe("with --fix, write the files (default); --no-write only shows what would be written"),
      format: z.enum(["text", "json", "sarif", "github"]).optional().describe("what is printed (default text)"),
      failOn: z.enum(["error", "warning", "info"]).optional().describe("the least severity that makes the answer no (default error)"),
    });
    return input.refine(({ fix, live }) => fix !== true || live !== false, {
      path: ["fix"],
      error: "the target has to say which files it has applied: leave --no-live out",
    });
  },
  examples: [
    "pgsteward migrate lint",
    "pgsteward migrate lint 012_orders --fail-on warning",
    "pgsteward migrate lint --fix --no-write",
    "pgsteward migrate lint --all --no-live --format github",
  ],
  async report(ctx, { format = "text", failOn = "error", ...options }): Promise<Report<LintResult>> {
    const { runLint } = await import("./run.ts");
    const { findings, rules, ...data } = await runLint(ctx, options);
    if (format === "text") return { ok: !reaches(findings, failOn), findings, data };
    const { documentOf } = await import("./formats.ts");
    const output = documentOf(format, { findings, rules, root: ctx.config.root, data });
    return { ok: !reaches(findings, failOn), findings, data: { ...data, output } };
  },
};

const weights: Readonly<Record<Severity, number>> = { error: 2, warning: 1, info: 0 };

function reaches(findings: readonly Finding[], least: Severity): boolean {
  return findings.some(({ severity }) => weights[severity] >= weights[least]);
}
