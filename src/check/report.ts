/** `check report`: a run as a document. */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { failure } from "../core/errors.ts";
import type { JudgingOperation } from "../core/operation.ts";
import { checkErrors } from "./errors.ts";
import type { ReportFormat } from "./formats/formats.ts";
import { checkInput, type CheckOptions, type CheckResult, judge } from "./run.ts";

export interface ReportOptions extends CheckOptions {
  /** Default: from the ending of `out`, else `md`. */
  format?: ReportFormat | undefined;
  /** Written instead of printed; relative to the project. */
  out?: string | undefined;
}

export interface ReportResult extends CheckResult {
  readonly format: ReportFormat;
  /** Where it was written; null where it is `output`. */
  readonly path: string | null;
}

export const report: JudgingOperation<ReportOptions, ReportResult> = {
  kind: "judge",
  name: "check report",
  summary: "run the checks and write a report: HTML, Markdown, JSON, JUnit, SARIF",
  risk: "reads",
  shadows: ["format"],
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      ...(await checkInput()),
      format: z
        .enum(["html", "md", "json", "junit", "sarif"])
        .optional()
        .describe("what is written (default: by the ending of --out, else md)"),
      out: z.string().optional().describe("the file to write (default: print it)"),
    });
  },
  examples: [
    "pgsteward check report --out integrity.html",
    "pgsteward check report --format junit --out check.xml",
    "pgsteward check report --format sarif",
  ],
  async report(ctx, { format, out, ...options }) {
    const form = format ?? formatOf(out);
    const { ok, findings, data } = await judge(ctx, options);
    const { documentOf } = await import("./formats/formats.ts");
    const output = await documentOf(form, { ok, findings, data, target: ctx.target, root: ctx.config.root });
    if (out === undefined) return { ok, findings, data: { ...data, format: form, path: null, output } };
    const path = resolve(ctx.config.root, out);
    await write(path, output);
    return { ok, findings, data: { ...data, format: form, path } };
  },
};

const endings: Readonly<Record<string, ReportFormat>> = { html: "html", htm: "html", md: "md", json: "json", xml: "junit", sarif: "sarif" };

function formatOf(out = ""): ReportFormat {
  return endings[out.split(".").at(-1)?.toLowerCase() ?? ""] ?? "md";
}

/** Errors: CHECK_UNWRITABLE. */
export async function write(file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((cause: Error) => {
    throw failure(checkErrors, "CHECK_UNWRITABLE", { file, problem: cause.message }, { cause });
  });
}
