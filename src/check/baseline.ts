/** Baseline: findings that are known and acknowledged, each with a reason and an expiry, so that CI fails on new ones only. */
import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import type { Config } from "../core/config.ts";
import { failure } from "../core/errors.ts";
import { type Finding, finding } from "../core/finding.ts";
import { checkErrors } from "./errors.ts";

/** One acknowledged finding, as the file has it. */
export interface Acknowledged {
  /** The rule's name. */
  readonly rule: string;
  readonly object: string;
  readonly reason: string;
  /** The last day on which it holds: `2027-01-31`. */
  readonly until: string;
  /** More bad rows than this are new again. Default: any number. */
  readonly max?: number;
}

/** Reads the file; none acknowledges nothing. Errors: CHECK_BASELINE_INVALID. */
export async function readBaseline({ root, check }: Pick<Config, "root" | "check">): Promise<readonly Acknowledged[]> {
  const text = await readFile(check.baseline, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return [];
  const refuse = (problem: string): Error =>
    failure(checkErrors, "CHECK_BASELINE_INVALID", { file: relative(root, check.baseline), problem });
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch (error) {
    throw refuse((error as Error).message);
  }
  if (!Array.isArray(entries)) throw refuse("it is no list");
  entries.forEach((entry: Partial<Acknowledged>, i) => {
    const problem = problemOf(entry);
    if (problem !== undefined) throw refuse(`entry ${i + 1} ${problem}`);
  });
  return entries as Acknowledged[];
}

function problemOf({ rule, object, reason, until, max }: Partial<Acknowledged>): string | undefined {
  if (typeof rule !== "string" || typeof object !== "string") return "names no rule and object";
  if (typeof reason !== "string" || reason.trim() === "") return `(${rule}) gives no reason`;
  if (typeof until !== "string" || !isDay(until)) return `(${rule}) has until ${JSON.stringify(until)}, which is no day`;
  return max === undefined || (Number.isInteger(max) && max >= 0)
    ? undefined
    : `(${rule}) has max ${JSON.stringify(max)}, which is no number`;
}

export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** What a baseline is held against. */
export interface Judged {
  readonly rule: string;
  readonly findings: readonly Finding[];
}

/** Acknowledged findings become remarks; expired and outgrown entries say so; an entry whose rule found nothing is told. */
export function applyBaseline(judged: readonly Judged[], baseline: readonly Acknowledged[], today: string): readonly Finding[] {
  const findings = judged.flatMap(({ rule, findings }) =>
    findings.map((found) => {
      const entry = baseline.find((one) => one.rule === rule && one.object === found.object);
      return entry === undefined ? found : acknowledged(found, entry, today);
    }),
  );
  const stale = baseline.filter(({ rule, object }) =>
    judged.some((one) => one.rule === rule && !one.findings.some((found) => found.object === object)),
  );
  return [...findings, ...stale.map(({ rule, object }) => isGone(rule, object))];
}

function acknowledged(found: Finding, { reason, until, max }: Acknowledged, today: string): Finding {
  const count = Number(found.facts?.["count"] ?? 0);
  if (until < today) return { ...found, message: `${found.message} (acknowledged until ${until}: that is over)` };
  if (max !== undefined && count > max) return { ...found, message: `${found.message} (only ${max} are acknowledged)` };
  return {
    ...found,
    severity: "info",
    message: `${found.message} (acknowledged until ${until}: ${reason})`,
    facts: { ...found.facts, acknowledged: { reason, until, severity: found.severity } },
  };
}

function isGone(rule: string, object: string): Finding {
  return finding(
    "info",
    "CHECK_BASELINE_GONE",
    object,
    `is acknowledged for ${rule}, which no longer finds it`,
    "remove the entry from the baseline",
  );
}

/** The baseline with what was found now: known entries keep their words unless they are over. */
export function extendBaseline(
  judged: readonly Judged[],
  known: readonly Acknowledged[],
  words: { readonly reason: string; readonly until: string; readonly today: string },
): readonly Acknowledged[] {
  const { reason, until, today } = words;
  const wanted = judged.flatMap(({ rule, findings }) =>
    findings
      .filter(({ severity }) => severity !== "info")
      .map(({ object = "", facts }) => {
        const count = facts?.["count"];
        const max = typeof count === "number" ? { max: count } : {};
        return { rule, object, reason, until, ...max };
      }),
  );
  const isOld = (entry: Acknowledged): boolean =>
    entry.until >= today && !wanted.some(({ rule, object }) => rule === entry.rule && object === entry.object);
  const held = (entry: Acknowledged): Acknowledged => {
    const before = known.find(({ rule, object, until: day }) => rule === entry.rule && object === entry.object && day >= today);
    const holds = before !== undefined && (before.max === undefined || entry.max === undefined || entry.max <= before.max);
    return holds ? before : entry;
  };
  const unseen = known.filter((entry) => isOld(entry) && !judged.some(({ rule }) => rule === entry.rule));
  return [...unseen, ...wanted.map(held)].toSorted((a, b) => (`${a.rule}\0${a.object}` < `${b.rule}\0${b.object}` ? -1 : 1));
}
