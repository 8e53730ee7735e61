/**
 * Findings that somebody has looked at: `-- pgsteward: allow LINT_X because <reason>` right above the statement. Who allows
 * without a reason, or what does not occur any more, is said too.
 */
import { type Finding, finding } from "../../core/finding.ts";
import { lineOf } from "../../core/sql-text.ts";
import type { MigrationFile } from "../file.ts";
import type { Rule } from "./rule.ts";
import type { Trace } from "./trace.ts";

export interface Allowance {
  readonly file: string;
  readonly path: string;
  readonly line: number;
  readonly code: string;
  readonly reason: string | undefined;
  /** Where the statement below it begins; undefined where none follows. */
  readonly start: number | undefined;
}

const comment = /^[ \t]*--[ \t]*pgsteward:[ \t]*allow[ \t]+(\w+)(?:[ \t]+because[ \t]+(\S.*?))?[ \t]*$/gim;

/** The comments between the statement before and the statement that they belong to. */
export function allowancesOf(file: MigrationFile, traces: readonly Trace[]): Allowance[] {
  const own = traces.filter((trace) => trace.file === file.name);
  return [...file.up.text.matchAll(comment)].flatMap((match) => {
    const inside = own.some(({ start, end }) => match.index > start && match.index < end);
    if (inside) return [];
    const start = own.find((trace) => trace.start > match.index)?.start;
    const line = file.up.line + lineOf(file.up.text, match.index).line - 1;
    return [{ file: file.name, path: file.path, line, code: match[1]?.toUpperCase() ?? "", reason: match[2], start }];
  });
}

/** The findings that are left, and those about the allowances themselves. */
export function withoutAllowed(findings: readonly Finding[], allowances: readonly Allowance[]): Finding[] {
  const covers = (allowance: Allowance, { code, facts }: Finding): boolean =>
    allowance.code === code && allowance.file === facts?.["file"] && allowance.start === facts["start"];
  const left = findings.filter((one) => !allowances.some((allowance) => allowance.reason !== undefined && covers(allowance, one)));
  const unused = allowances.filter((allowance) => !findings.some((one) => covers(allowance, one)));
  const unreasoned = allowances.filter((allowance) => allowance.reason === undefined && !unused.includes(allowance));
  return [...left, ...unreasoned.map(withoutReason), ...unused.map(withoutUse)];
}

function withoutReason(allowance: Allowance): Finding {
  const hint = `-- pgsteward: allow ${allowance.code} because <reason>`;
  return finding(
    "warning",
    "LINT_ALLOW_REASON",
    allowance.file,
    `allows ${allowance.code} without a reason, so it is not allowed`,
    hint,
    placeOf(allowance),
  );
}

function withoutUse(allowance: Allowance): Finding {
  const message = `allows ${allowance.code}, which the statement below does not have`;
  return finding("info", "LINT_ALLOW_UNUSED", allowance.file, message, "take the comment out", placeOf(allowance));
}

function placeOf({ file, path, line, code }: Allowance): NonNullable<Finding["facts"]> {
  return { file, path, line, allows: code };
}

/** Judged where findings meet allowances, after every other rule. */
export const allowReason: Rule = {
  code: "LINT_ALLOW_REASON",
  severity: "warning",
  title: "A finding is allowed without a reason",
  why: "Whoever reads the migration in a year has to know why it was safe. Without a reason the finding stays.",
  judge: () => [],
};

export const allowUnused: Rule = {
  code: "LINT_ALLOW_UNUSED",
  severity: "info",
  title: "A finding is allowed that does not occur",
  why: "The statement was changed, or the code is misspelt. The comment would one day hide a finding that nobody has looked at.",
  judge: () => [],
};
