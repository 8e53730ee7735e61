/** The run as JUnit XML, which every CI shows: a suite for each category, a case for each rule. */
import type { Finding } from "../../core/finding.ts";
import type { Document } from "./formats.ts";
import { examplesOf, ruleOf, titles } from "./parts.ts";
import { categories } from "../rule.ts";
import type { RuleSummary } from "../run.ts";

export function junit({ data, findings, target }: Document): string {
  const suites = categories.flatMap((category) => {
    const rules = data.rules.filter((one) => one.category === category);
    return rules.length === 0 ? [] : [suite(titles[category], rules, findings)];
  });
  const failed = findings.filter(({ severity }) => severity === "error").length;
  const head = `<testsuites name="${escaped(`pgsteward check ${target.database}`)}" tests="${data.rules.length}" failures="${failed}" time="${seconds(data.durationMs)}">`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${head}\n${suites.join("\n")}\n</testsuites>\n`;
}

function suite(title: string, rules: readonly RuleSummary[], findings: readonly Finding[]): string {
  const cases = rules.map((rule) =>
    testCase(
      title,
      rule,
      findings.filter((finding) => ruleOf(finding) === rule.rule),
    ),
  );
  const failed = findings.filter((finding) => finding.severity === "error" && rules.some(({ rule }) => rule === ruleOf(finding))).length;
  return [`  <testsuite name="${escaped(title)}" tests="${rules.length}" failures="${failed}">`, ...cases, "  </testsuite>"].join("\n");
}

/** Only errors fail; what else was found stands in the case's output. */
function testCase(title: string, { rule, durationMs }: RuleSummary, findings: readonly Finding[]): string {
  const head = `    <testcase classname="${escaped(title)}" name="${escaped(rule)}" time="${seconds(durationMs)}"`;
  if (findings.length === 0) return `${head}/>`;
  const failures = findings
    .filter(({ severity }) => severity === "error")
    .map(
      (finding) =>
        `      <failure type="${finding.code}" message="${escaped(`${finding.object} ${finding.message}`)}">${escaped(body(finding))}</failure>`,
    );
  const others = findings.filter(({ severity }) => severity !== "error");
  const output =
    others.length === 0
      ? []
      : [
          `      <system-out>${escaped(others.map((one) => `${one.severity}: ${one.object} ${one.message}\n${body(one)}`).join("\n"))}</system-out>`,
        ];
  return [`${head}>`, ...failures, ...output, "    </testcase>"].join("\n");
}

function body(finding: Finding): string {
  return [...examplesOf(finding), finding.hint].filter(Boolean).join("\n");
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;" };

/** XML 1.0 has no place for most control characters, not even escaped. */
export function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is about
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>"\n]/g, (char) => entities[char] ?? char);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
