/** Rule: one question to the data or the catalog, whose answer is the rows that are wrong. Built-in ones and a project's own are the same. */
import type { Severity } from "../core/finding.ts";
import type { Sql } from "../core/sql.ts";

/** AV-Daily's four, and two of our own. */
export const categories = ["orphans", "rules", "consistency", "performance", "security", "corruption"] as const;
export type Category = (typeof categories)[number];

/** `quick` runs in every run, `default` in all but quick ones, `deep` only in deep ones. */
export type Level = "quick" | "default" | "deep";

export interface TableName {
  readonly schema: string;
  readonly table: string;
}

/** Rows of one table that break a rule. */
export interface RowRule {
  readonly kind: "rows";
  /** Stable: `orphans public.orders.user_id`, `wallets.negative_balance`. */
  readonly name: string;
  readonly category: Category;
  readonly severity: Severity;
  readonly level: Level;
  readonly table: TableName;
  /** True for a bad row. The row's columns are qualified by the alias `t`; subqueries may look elsewhere. */
  readonly where: Sql;
  /** One sentence about the bad rows. */
  readonly message: string;
  readonly hint?: string;
  /** What `check fix` does with them; without one they are only told. */
  readonly fix?: Fix;
  /** SQL that keeps it from happening again, as a migration: a foreign key, a CHECK. */
  readonly permanent?: { readonly title: string; readonly up: string; readonly down: string };
  /** Largest share of the table that a fix may touch, 0 to 1. Default 0.01. */
  readonly maxShare?: number;
}

/** `remove`: into quarantine, with what refers to it. `set`: new values by column, as SQL over the alias `t`. */
export type Fix = { readonly action: "remove" } | { readonly action: "set"; readonly values: Readonly<Record<string, Sql>> };

/** What a project writes: `export default defineCheck({ … })`, or a list of them, in `checks/*.ts`. */
export interface CheckDefinition {
  readonly name: string;
  /** Default `rules`. */
  readonly category?: Category;
  /** Default `error`. */
  readonly severity?: Severity;
  /** Default `default`. */
  readonly level?: Level;
  /** May be qualified; without a schema, the search path decides. */
  readonly table: string;
  /** SQL that is true for a bad row; columns may be qualified by `t`. */
  readonly where: string;
  readonly message?: string;
  readonly hint?: string;
  /** New values by column, as SQL over `t`. */
  readonly fix?: "remove" | { readonly set: Readonly<Record<string, string>> };
  readonly maxShare?: number;
}

/** Types a check; returns what it is given. */
export function defineCheck<T extends CheckDefinition | readonly CheckDefinition[]>(check: T): T {
  return check;
}
