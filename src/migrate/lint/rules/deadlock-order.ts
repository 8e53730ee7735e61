import { type Finding, finding } from "../../../core/finding.ts";
import { stopsReads } from "../lock-mode.ts";
import { at, type Judged, type LintContext, type Rule } from "../rule.ts";
import { locksInUse } from "../work.ts";

export const deadlockOrder: Rule = {
  code: "LINT_DEADLOCK_ORDER",
  severity: "warning",
  title: "Two migrations lock the same tables in opposite order",
  why: "Each migration is one transaction. Where two of them, or one of them and the application, take the same two locks in opposite order, each can end up waiting for the other, and PostgreSQL ends one with 40P01.",
  judge: (context) => {
    const orders = transactionsOf(context);
    return orders.flatMap((later, i) => orders.slice(0, i).flatMap((earlier) => crossing(earlier, later)));
  },
};

interface Order {
  readonly taken: readonly { readonly table: string; readonly judged: Judged }[];
}

/** The ACCESS EXCLUSIVE locks on tables in use, by transaction, in the order in which they are taken. */
function transactionsOf(context: LintContext): Order[] {
  const orders = new Map<number, { table: string; judged: Judged }[]>();
  for (const judged of context.judged) {
    const locks = locksInUse(context, judged).filter(
      ({ mode, kind }) => stopsReads(mode) && (kind === "table" || kind === "partitioned table"),
    );
    orders.set(judged.trace.transaction, [
      ...(orders.get(judged.trace.transaction) ?? []),
      ...locks.map(({ relation }) => ({ table: relation, judged })),
    ]);
  }
  return [...orders.values()].map((taken) => ({ taken }));
}

/** One statement that locks both takes them in an order that it alone decides. */
function crossing({ taken: first }: Order, { taken: second }: Order): Finding[] {
  const place = (order: Order["taken"], table: string): number => order.findIndex((one) => one.table === table);
  for (const [i, a] of second.entries()) {
    for (const b of second.slice(i + 1).filter(({ judged }) => judged !== a.judged)) {
      const [atB, atA] = [place(first, b.table), place(first, a.table)];
      if (atB < 0 || atA <= atB || first[atA]?.judged === first[atB]?.judged) continue;
      const message = `and ${b.table} are locked in the opposite order by ${first[atA]?.judged.trace.file}`;
      return [
        finding("warning", "LINT_DEADLOCK_ORDER", a.table, message, "lock them in one order everywhere, or one a migration", at(b.judged)),
      ];
    }
  }
  return [];
}
