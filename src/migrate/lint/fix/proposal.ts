/** What the findings of a file ask to be written otherwise, and what they leave to a person. Pure. */
import type { Finding } from "../../../core/finding.ts";
import { apart } from "../safe/words.ts";

export interface Change {
  /** Where the statement stands in the up section. */
  readonly start: number;
  /** What takes its place; undefined for a statement that only gets a transaction of its own. */
  readonly sequence?: string;
}

/** A finding that is not fixed. */
export interface Left {
  readonly line: number;
  readonly code: string;
  readonly why: string;
}

export interface Proposal {
  readonly changes: readonly Change[];
  readonly left: readonly Left[];
}

/** Those about how a statement gets where it goes: the others are about where it goes. */
const aboutTheWay = new Set([
  "LINT_REWRITE",
  "LINT_INDEX_BUILD",
  "LINT_FOREIGN_KEY",
  "LINT_SCAN_UNDER_LOCK",
  "LINT_LOCK_HELD",
  "LINT_UNBATCHED_ROWS",
  "LINT_NOT_NULL_WITHOUT_DEFAULT",
]);

/** True for a finding that a file without it could take the place of. A remark is none: what is short may stay. */
export function isFixable({ code, severity, facts }: Finding): boolean {
  const way = code === "LINT_LOCK_HELD" || facts?.["safe"] !== undefined;
  return aboutTheWay.has(code) && severity !== "info" && way && facts?.["byHand"] === undefined;
}

/** Of the findings of one file. */
export function proposalOf(findings: readonly Finding[]): Proposal {
  const fixable = findings.filter(isFixable);
  const replaced = fixable.filter(({ code }) => code !== "LINT_LOCK_HELD").map(replacement);
  const alone = fixable
    .filter(({ code }) => code === "LINT_LOCK_HELD")
    .flatMap(({ facts }) => ((facts?.["starts"] ?? []) as readonly number[]).map((start): Change => ({ start })));
  // Of two sequences for one statement the first is that of the worse finding.
  const changes = new Map([...alone, ...replaced.toReversed()].map((change) => [change.start, change]));
  const left = findings.filter((one) => aboutTheWay.has(one.code) && one.severity !== "info" && !isFixable(one)).map(leftOf);
  return { changes: [...changes.values()].sort((a, b) => a.start - b.start), left };
}

function replacement({ facts }: Finding): Change {
  const safe = facts?.["safe"] as string;
  return { start: facts?.["start"] as number, sequence: safe.replace(`${apart}\n`, "").replace(/;\s*$/, "") };
}

function leftOf({ code, facts }: Finding): Left {
  const why = (facts?.["byHand"] as string | undefined) ?? "there is no sequence that ends the same";
  return { line: (facts?.["line"] as number | undefined) ?? 1, code, why };
}
