import { finding } from "../../../core/finding.ts";
import { stopsReads } from "../lock-mode.ts";
import { as, everywhere } from "../parse.ts";
import { at, type Judged, type LintContext, type Rule } from "../rule.ts";
import { apart, script } from "../safe/words.ts";
import { locksInUse, longWork } from "../work.ts";

export const lockHeld: Rule = {
  code: "LINT_LOCK_HELD",
  severity: "error",
  title: "More work is done while an ACCESS EXCLUSIVE lock is held",
  why: "A lock lasts to the end of its transaction, and a migration is one transaction. What reads or writes rows behind an ALTER TABLE keeps the table closed all that time, though the ALTER itself took a millisecond.",
  judge: (context) => {
    const judgedElsewhere = new Set(longWork(context).map(({ judged }) => judged));
    const working = context.judged.filter(
      (judged) => !judgedElsewhere.has(judged) && lockBefore(context, judged) && isWork(context, judged),
    );
    return [...Map.groupBy(working, ({ trace }) => trace.transaction).values()].map((statements) => {
      const [first, ...more] = statements as [Judged, ...Judged[]];
      const { table, line } = lockBefore(context, first) as Held;
      const others = more.length === 0 ? "" : ` and ${more.length} more`;
      const message = `stays closed to reads and writes, since line ${line}, while this statement${others} works on rows`;
      const places = { lines: statements.map(({ trace }) => trace.line), starts: statements.map(({ trace }) => trace.start) };
      const facts = at(first, { safe: apartFrom(context, first), lockedAt: line, ...places });
      return finding("error", "LINT_LOCK_HELD", table, message, "give the statements transactions of their own", facts);
    });
  },
};

interface Held {
  readonly table: string;
  readonly line: number;
}

/** The whole transaction, apart; of a long one it would say no more than the hint. */
function apartFrom(context: LintContext, judged: Judged): string | undefined {
  const all = context.judged.filter((one) => sameTransaction(one, judged));
  return all.length > 6 ? undefined : script(apart, ...all.map(({ trace }) => trace.statement));
}

const sameTransaction = (a: Judged, b: Judged): boolean => a.trace.transaction === b.trace.transaction;

/** The first ACCESS EXCLUSIVE lock on a table in use that an earlier statement of the transaction took. */
function lockBefore(context: LintContext, judged: Judged): Held | undefined {
  for (const earlier of context.judged.slice(0, context.judged.indexOf(judged)).filter((one) => sameTransaction(one, judged))) {
    const lock = locksInUse(context, earlier).find(({ mode, kind }) => stopsReads(mode) && kind !== "view" && kind !== "sequence");
    if (lock) return { table: lock.relation, line: earlier.trace.line };
  }
  return undefined;
}

/** Reads or writes rows of a table in use. A scratch database has no rows: what a statement would do to them, it says. */
function isWork(context: LintContext, judged: Judged): boolean {
  const { trace, nodes } = judged;
  const inUse = (table: string): boolean => !context.isFresh(table);
  if (trace.scans.some(inUse) || trace.rewrites.some(inUse)) return true;
  return nodes.some((node) => {
    const changes = [as(node, "UpdateStmt"), as(node, "DeleteStmt"), ...everywhere(node, "UpdateStmt"), ...everywhere(node, "DeleteStmt")];
    return changes.some((change) => change?.relation !== undefined && inUse(context.nameOf(change.relation)));
  });
}
