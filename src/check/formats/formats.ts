/** A run as a document. */
import type { Report } from "../../core/finding.ts";
import type { Target } from "../../core/guard.ts";
import type { CheckResult } from "../run.ts";

export type ReportFormat = "html" | "md" | "json" | "junit" | "sarif";

export interface Document extends Report<CheckResult> {
  readonly target: Target;
  /** Paths are relative to it. */
  readonly root: string;
}

const writers: Readonly<Record<ReportFormat, () => Promise<(document: Document) => string>>> = {
  html: async () => (await import("./html.ts")).html,
  md: async () => (await import("./markdown.ts")).markdown,
  json: async () => (await import("./json.ts")).json,
  junit: async () => (await import("./junit.ts")).junit,
  sarif: async () => (await import("./sarif.ts")).sarif,
};

export async function documentOf(format: ReportFormat, document: Document): Promise<string> {
  return (await writers[format]())(document);
}
