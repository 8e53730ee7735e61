import { finding } from "../../../core/finding.ts";
import { defaultLockSlots } from "../live.ts";
import { at, type Rule } from "../rule.ts";

export const lockTable: Rule = {
  code: "LINT_LOCK_TABLE",
  severity: "error",
  title: "One transaction locks more relations than the lock table holds",
  why: "The lock table has max_locks_per_transaction × (max_connections + max_prepared_transactions) slots for everybody. With the defaults, 6,400, a transaction died of “out of shared memory” at its 7,306th CREATE TABLE with a key.",
  judge: (context) => {
    const slots = context.live?.lockSlots ?? defaultLockSlots;
    const last = new Map(context.judged.map((judged) => [judged.trace.transaction, judged]));
    return [...last.values()].flatMap((judged) => {
      const { lockCount, file } = judged.trace;
      // Half of it: the others need slots too.
      if (lockCount <= slots / 2) return [];
      const message = `holds ${lockCount.toLocaleString("en")} locks at its end; the server has ${slots.toLocaleString("en")} for everybody`;
      return [
        finding("error", "LINT_LOCK_TABLE", file, message, "divide it into several migrations", at(judged, { locks: lockCount, slots })),
      ];
    });
  },
};
