/** The run as SARIF 2.1.0, for code scanning: a result has the object, and the file of the check where the project wrote it. */
import type { Finding } from "../../core/finding.ts";
import { toolVersion } from "../../core/version.ts";
import type { Document } from "./formats.ts";
import { examplesOf, ruleOf } from "./parts.ts";

const levels = { error: "error", warning: "warning", info: "note" } as const;

export function sarif({ findings }: Document): string {
  const codes = [...new Set(findings.map(({ code }) => code))].sort();
  const rules = codes.map((id) => ({ id, name: nameOf(id), shortDescription: { text: nameOf(id) } }));
  const results = findings.map((finding) => ({
    ruleId: finding.code,
    ruleIndex: codes.indexOf(finding.code),
    level: levels[finding.severity],
    message: { text: textOf(finding) },
    locations: [locationOf(finding)],
    // What is the same finding in the next run, with other counts.
    partialFingerprints: { "pgsteward/v1": `${ruleOf(finding)} ${finding.object}` },
    ...suppressionOf(finding),
  }));
  const driver = { name: "pgsteward", semanticVersion: toolVersion, rules };
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [{ tool: { driver }, results, columnKind: "unicodeCodePoints" }],
  };
  return JSON.stringify(log, null, 2);
}

/** `CHECK_INDEX_MISSING` → `IndexMissing` */
function nameOf(code: string): string {
  const words = code.toLowerCase().split("_").slice(1);
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

function locationOf({ object = "", facts }: Finding): Record<string, unknown> {
  const { file = ".", line } = (facts ?? {}) as { file?: string; line?: number };
  const region = line === undefined ? {} : { region: { startLine: line } };
  return {
    physicalLocation: { artifactLocation: { uri: encodeURI(file) }, ...region },
    logicalLocations: [{ fullyQualifiedName: object }],
  };
}

function textOf(finding: Finding): string {
  const { object, message, hint } = finding;
  const examples = examplesOf(finding);
  return [`${object} ${message}.`, examples.length > 0 && `Such as ${examples.join("; ")}.`, hint].filter(Boolean).join("\n");
}

function suppressionOf({ facts }: Finding): Record<string, unknown> {
  const known = facts?.["acknowledged"] as { readonly reason: string } | undefined;
  return known === undefined ? {} : { suppressions: [{ kind: "external", justification: known.reason }] };
}
