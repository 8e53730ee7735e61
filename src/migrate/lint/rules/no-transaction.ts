import { finding } from "../../../core/finding.ts";
import { at, type Judged, type Rule } from "../rule.ts";

export const noTransaction: Rule = {
  code: "LINT_NO_TRANSACTION",
  severity: "warning",
  title: "A statement that no transaction takes stands beside others",
  why: "CREATE INDEX CONCURRENTLY, VACUUM and their like run outside a transaction. A file that holds one of them and something else is several steps: when a later one fails, the earlier ones stay done.",
  judge: ({ judged }) =>
    [...Map.groupBy(judged, ({ trace }) => trace.file).values()].flatMap((statements) => {
      const outside = statements.find(isOutside);
      // A file that asks for it has every statement in a transaction of its own.
      const beside = statements.some((one) => !isOutside(one)) && sharesTransaction(statements);
      if (!outside || !beside) return [];
      const message = "cannot run in a transaction, so the file is not done whole or not at all";
      return [
        finding(
          "warning",
          "LINT_NO_TRANSACTION",
          outside.trace.file,
          `${firstWords(outside)} ${message}`,
          "give it a file of its own",
          at(outside),
        ),
      ];
    }),
};

/** Backfills and enum values are taken apart on purpose. */
function isOutside({ trace: { bare } }: Judged): boolean {
  return bare !== null && !["add enum value", "unknown", "backfill"].includes(bare);
}

function sharesTransaction(statements: readonly Judged[]): boolean {
  return !statements.every(({ trace }) => trace.alone);
}

function firstWords({ trace }: Judged): string {
  return trace.statement.split(/\s+/).slice(0, 3).join(" ").toUpperCase();
}
