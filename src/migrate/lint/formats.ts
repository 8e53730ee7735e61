/** What was found, as a document for a program: JSON, SARIF 2.1.0, GitHub's annotations. */
import { relative } from "node:path";
import type { Finding } from "../../core/finding.ts";
import { toolVersion } from "../../core/version.ts";
import type { LintFormat, LintResult } from "./lint.ts";
import type { Rule } from "./rule.ts";

export interface Document {
  readonly findings: readonly Finding[];
  readonly rules: readonly Pick<Rule, "code" | "severity" | "title" | "why">[];
  /** Paths are relative to it. */
  readonly root: string;
  readonly data: Omit<LintResult, "output">;
}

export function documentOf(format: Exclude<LintFormat, "text">, document: Document): string {
  if (format === "json") return JSON.stringify({ findings: document.findings, ...document.data }, plain, 2);
  return format === "sarif" ? JSON.stringify(sarif(document), plain, 2) : github(document);
}

function plain(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}

const levels = { error: "error", warning: "warning", info: "note" } as const;

export function sarif({ findings, rules, root }: Document): Record<string, unknown> {
  const driver = {
    name: "pgsteward",
    semanticVersion: toolVersion,
    rules: rules.map(({ code, severity, title, why }) => ({
      id: code,
      name: nameOf(code),
      shortDescription: { text: title },
      fullDescription: { text: why },
      help: { text: why },
      defaultConfiguration: { level: levels[severity] },
    })),
  };
  const results = findings.map((finding) => ({
    ruleId: finding.code,
    ruleIndex: rules.findIndex(({ code }) => code === finding.code),
    level: levels[finding.severity],
    message: { text: textOf(finding) },
    locations: [locationOf(finding, root)],
  }));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [{ tool: { driver }, results, columnKind: "unicodeCodePoints" }],
  };
}

/** `LINT_INDEX_BUILD` → `IndexBuild` */
function nameOf(code: string): string {
  const words = code.toLowerCase().split("_").slice(1);
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

function locationOf({ facts }: Finding, root: string): Record<string, unknown> {
  const [from, to] = linesOf(facts);
  const region = from === undefined ? {} : { region: { startLine: from, endLine: to } };
  return { physicalLocation: { artifactLocation: { uri: encodeURI(pathOf(facts, root)) }, ...region } };
}

function pathOf(facts: Finding["facts"], root: string): string {
  return relative(root, (facts?.["path"] as string | undefined) ?? root).replaceAll("\\", "/") || ".";
}

function linesOf(facts: Finding["facts"]): [from: number, to: number] | [from: undefined, to: undefined] {
  const from = facts?.["line"];
  if (typeof from !== "number") return [undefined, undefined];
  return [from, from + ((facts?.["statement"] as string | undefined) ?? "").split("\n").length - 1];
}

function textOf({ object, message, hint, facts }: Finding): string {
  const safe = facts?.["safe"];
  return [`${object === undefined ? "" : `${object} `}${message}.`, hint && `${hint}.`, safe].filter(Boolean).join("\n");
}

const commands = { error: "error", warning: "warning", info: "notice" } as const;

/** Workflow commands: one line a finding. */
export function github({ findings, root }: Document): string {
  return findings
    .map((finding) => {
      const [from, to] = linesOf(finding.facts);
      const place = { file: pathOf(finding.facts, root), ...(from === undefined ? {} : { line: from, endLine: to }), title: finding.code };
      const properties = Object.entries(place).map(([key, value]) => `${key}=${escaped(String(value), true)}`);
      return `::${commands[finding.severity]} ${properties.join(",")}::${escaped(textOf(finding), false)}`;
    })
    .join("\n");
}

function escaped(text: string, property: boolean): string {
  const data = text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  return property ? data.replaceAll(":", "%3A").replaceAll(",", "%2C") : data;
}
