/** What `migrate lint` found, file by file: one line a statement, then the findings with the safe sequence. */
import type { Finding } from "../core/finding.ts";
import type { FileFix, LintedStatement, LintResult } from "../migrate/index.ts";
import type { Paint } from "./printer.ts";

export function lintView(
  { statements, where, version, output, fixes = [] }: LintResult,
  paint: Paint,
  findings: readonly Finding[],
): string {
  if (output !== undefined) return output;
  const files = Map.groupBy(statements, ({ file }) => file);
  const blocks = [...files].map(([file, own]) => {
    const found = findings.filter(({ facts }) => facts?.["file"] === file);
    return [paint("bold", file), ...statementLines(own, paint), ...found.map((finding) => findingLines(finding, paint))].join("\n");
  });
  const others = findings
    .filter(({ facts }) => !files.has((facts?.["file"] as string | undefined) ?? ""))
    .map((finding) => findingLines(finding, paint));
  return [
    ...fixes.map((fix) => fixLines(fix, paint)),
    ...blocks,
    ...others,
    summary(files.size, statements.length, where, version, findings),
  ].join("\n\n");
}

/** `3  alter table users add column …   users: ACCESS EXCLUSIVE`, aligned. */
function statementLines(statements: readonly LintedStatement[], paint: Paint): string[] {
  const numbers = Math.max(...statements.map(({ line }) => String(line).length));
  const texts = statements.map(({ statement }) => excerpt(statement));
  const width = Math.max(...texts.map((text) => text.length));
  return statements.map(({ line, verdict }, i) =>
    `  ${String(line).padStart(numbers)}  ${(texts[i] ?? "").padEnd(width)}  ${paint("dim", verdict || "–")}`.trimEnd(),
  );
}

function excerpt(statement: string): string {
  const line = statement.replace(/\s+/g, " ");
  return line.length > 56 ? `${line.slice(0, 55)}…` : line;
}

const symbols = { error: ["red", "✗"], warning: ["yellow", "!"], info: ["cyan", "i"] } as const;

function findingLines({ severity, code, object, message, hint, facts }: Finding, paint: Paint): string {
  const [colour, symbol] = symbols[severity];
  const line = facts?.["line"] === undefined ? "" : `${facts["line"] as number}: `;
  const safe = facts?.["safe"] as string | undefined;
  const lines = [`  ${paint(colour, symbol)} ${line}${object === undefined ? "" : `${object} `}${message} ${paint("dim", code)}`];
  if (hint !== undefined) lines.push(paint("dim", `    → ${hint}${safe === undefined ? "" : ":"}`));
  if (safe !== undefined) lines.push(...safe.split("\n").map((text) => `      ${text}`));
  return lines.join("\n");
}

const outcomes = { written: ["green", "fixed"], proved: ["green", "can be fixed"], "not written": ["yellow", "not fixed"] } as const;

/** What went and what came, line by line, and what is left to a person. */
function fixLines({ file, outcome, changes, rows, left }: FileFix, paint: Paint): string {
  const [colour, words] = outcomes[outcome];
  const proved =
    outcome === "not written"
      ? ""
      : `: the same catalog and rows, ${rows === 0 ? "proved without rows" : `proved with ${rows} rows in each table that takes them`}`;
  const numbers = Math.max(0, ...changes.map(({ line }) => String(line).length));
  const hunks = outcome === "not written" ? [] : changes;
  return [
    `${paint(colour, words)} ${paint("bold", file)}${paint("dim", proved)}`,
    ...hunks.flatMap((hunk) => hunkLines(hunk, numbers, paint)),
    ...left.map(({ line, code, why }) => paint("dim", `  ${line}: ${code} stays: ${why}`)),
  ].join("\n");
}

function hunkLines({ line, removed, added }: FileFix["changes"][number], numbers: number, paint: Paint): string[] {
  const lines = [...removed.map((text) => paint("red", `- ${text}`)), ...added.map((text) => paint("green", `+ ${text}`))];
  return lines.map((text, i) => `  ${(i === 0 ? String(line) : "").padStart(numbers)} ${text}`);
}

function summary(files: number, statements: number, where: string, version: number, findings: readonly Finding[]): string {
  if (files === 0) return "nothing is pending";
  const count = (severity: Finding["severity"], noun: string): string => {
    const n = findings.filter((finding) => finding.severity === severity).length;
    return n === 0 ? "" : `${n} ${noun}${n === 1 ? "" : "s"}`;
  };
  const found =
    [count("error", "error"), count("warning", "warning"), count("info", "remark")].filter(Boolean).join(", ") || "nothing found";
  return `${found}: ${statements} statement${statements === 1 ? "" : "s"} of ${files} migration${files === 1 ? "" : "s"} executed on ${where}, judged for PostgreSQL ${Math.floor(version / 10_000)}`;
}
