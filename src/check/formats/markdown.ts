/** The run as Markdown: for a pull request, a wiki, a terminal. */
import type { Finding } from "../../core/finding.ts";
import { count } from "../words.ts";
import type { Document } from "./formats.ts";
import { chaptersOf, examplesOf, tenantsOf, verdictOf } from "./parts.ts";

export function markdown(document: Document): string {
  const { data, findings, target } = document;
  const head = [
    `# Integrity of ${target.database}`,
    `${sentence(verdictOf(findings))} ${count(data.rules.length, "rule")}, level ${data.level}${data.tenant === null ? "" : `, tenant ${data.tenant}`}, at ${data.at} (${target.location}, ${target.environment}).`,
  ];
  const chapters = chaptersOf(document).map(({ title, rules, findings: own }) =>
    [`## ${title}`, own.length === 0 ? `${count(rules, "rule")}, nothing found.` : own.map(entry).join("\n\n")].join("\n\n"),
  );
  const skipped =
    data.skipped.length === 0 ? [] : ["## Not looked at", data.skipped.map(({ rule, reason }) => `- ${rule}: ${reason}`).join("\n")];
  return `${[...head, ...chapters, ...skipped].join("\n\n")}\n`;
}

const marks = { error: "**error**", warning: "warning", info: "remark" } as const;

function entry(finding: Finding): string {
  const { severity, code, object = "", message, hint, facts } = finding;
  const examples = examplesOf(finding);
  const tenants = tenantsOf(finding);
  const permanent = facts?.["permanent"] as string | undefined;
  return [
    `- ${marks[severity]} \`${object}\` ${message} (${code})`,
    examples.length > 0 ? `  - such as: ${examples.map((example) => `\`${example}\``).join(", ")}` : "",
    tenants.length > 0 ? `  - by tenant: ${tenants.map(([tenant, count]) => `${tenant}: ${count}`).join(", ")}` : "",
    hint === undefined ? "" : `  - ${hint}${permanent === undefined ? "" : ":"}`,
    permanent === undefined ? "" : `\n    \`\`\`sql\n${permanent.replace(/^/gm, "    ")}\n    \`\`\``,
  ]
    .filter(Boolean)
    .join("\n");
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
