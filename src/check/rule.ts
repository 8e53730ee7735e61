/** Rule: one question to the data or the catalog, whose answer is what is wrong. Built-in ones and a project's own are the same. */
import type { Session } from "../core/engine.ts";
import type { Finding, Severity } from "../core/finding.ts";
import type { Sql } from "../core/sql.ts";
import type { Column, Schema } from "./schema.ts";

/** AV-Daily's four, and two of our own. */
export const categories = ["orphans", "rules", "consistency", "performance", "security", "corruption"] as const;
export type Category = (typeof categories)[number];

/** `quick` runs in every run, `default` in all but quick ones, `deep` only in deep ones. */
export type Level = "quick" | "default" | "deep";

/** What kind of wrong a row is: decides the code of the finding. */
export type Family = "rule" | "orphans" | "cross-tenant" | "soft-deleted" | "date-range" | "duplicates" | "aggregate";

export interface TableName {
  readonly schema: string;
  readonly table: string;
}

/** A reference whose both sides have an index in its order. */
export interface IndexedReference {
  readonly columns: readonly Column[];
  readonly parent: TableName;
  readonly parentColumns: readonly Column[];
  /** The index of the child alone tells its rows: almost all of its pages are visible to everybody. */
  readonly covering: boolean;
}

interface RuleHead {
  /** Stable: `orphans public.orders.user_id`, `wallets.negative_balance`. */
  readonly name: string;
  readonly category: Category;
  readonly severity: Severity;
  readonly level: Level;
}

/** Rows of one table that break a rule. */
export interface RowRule extends RuleHead {
  readonly kind: "rows";
  readonly table: TableName;
  /** True for a bad row. The row's columns are qualified by the alias `t`; subqueries may look elsewhere. */
  readonly where: Sql;
  /** One sentence about the bad rows. */
  readonly message: string;
  readonly hint?: string;
  /** What `check fix` does with them; without one they are only told. */
  readonly fix?: Fix;
  /** The rows that a fix takes, where it is not all that break the rule: of equal rows the first stays. Default: `where`. */
  readonly fixWhere?: Sql;
  /** SQL that keeps it from happening again, as a migration: a foreign key, a CHECK. */
  readonly permanent?: { readonly title: string; readonly up: string; readonly down: string };
  /** Largest share of the table that a fix may touch, 0 to 1. Default 0.01. */
  readonly maxShare?: number;
  /** Default `rule`. */
  readonly family?: Family;
  /** The reference that dangles, where indexes can answer for it. Default: the rows are asked. */
  readonly indexed?: IndexedReference;
  /** Nobody declared it, names suggest it: where most of the table breaks it, it is told as a remark. Default false. */
  readonly guessed?: boolean;
  /** `--quick` looks at a part of a large table. Default false: all of it. */
  readonly sampled?: boolean;
  /** The file that it comes from, where it is the project's own. */
  readonly source?: Source;
}

/** A query that returns what is wrong. */
export interface QueryRule extends RuleHead {
  readonly kind: "query";
  readonly query: Sql;
  readonly message: string;
  readonly hint?: string;
  readonly source: Source;
}

/** A judgement about the catalog and the statistics, as they were read once. */
export interface CatalogRule extends RuleHead {
  readonly kind: "catalog";
  judge(schema: Schema): readonly Finding[];
}

/** A judgement that asks the server something of its own; a text instead of findings is why it could not look. */
export interface ProbeRule extends RuleHead {
  readonly kind: "probe";
  look(session: Session, schema: Schema): Promise<readonly Finding[] | string>;
}

export type Rule = RowRule | QueryRule | CatalogRule | ProbeRule;

/** `remove`: into quarantine, with what refers to it. `set`: new values by column, as SQL over the alias `t`. */
export type Fix = { readonly action: "remove" } | { readonly action: "set"; readonly values: Readonly<Record<string, Sql>> };

/** Where a project's own check is written. */
export interface Source {
  /** Relative to the project. */
  readonly file: string;
  /** Where `text` begins, else where the name of the check stands. */
  readonly line: number;
  /** What of the file the server is given as it is; empty where nothing is. */
  readonly text: string;
}

interface CheckHead {
  readonly name: string;
  /** Default `rules`; of an aggregate `consistency`, of an index `performance`. */
  readonly category?: Category;
  /** Default `error`; of an index `warning`. */
  readonly severity?: Severity;
  /** Default `default`. */
  readonly level?: Level;
  readonly message?: string;
  readonly hint?: string;
}

interface Fixable {
  /** New values by column, as SQL over `t`. */
  readonly fix?: "remove" | { readonly set: Readonly<Record<string, string>> };
  /** Largest share of the table that a fix may touch, 0 to 1. Default 0.01. */
  readonly maxShare?: number;
}

/** A condition that is true for a bad row. Tables may be qualified; without a schema, the search path decides. */
export interface RowCheck extends CheckHead, Fixable {
  readonly table: string;
  /** SQL; columns may be qualified by `t`. */
  readonly where: string;
}

/** A stored figure against its computation. */
export interface AggregateCheck extends CheckHead, Fixable {
  readonly aggregate: {
    readonly table: string;
    readonly column: string;
    /** A scalar query over the row `t`: `select coalesce(sum(i.amount), 0) from items i where i.order_id = t.id`. */
    readonly equals: string;
    /** Only rows for which this SQL is true. Default: all. */
    readonly on?: string;
  };
}

/** Rows that agree in these columns; NULL agrees with nothing. A fix takes all but the first by primary key. */
export interface DuplicatesCheck extends CheckHead, Fixable {
  readonly duplicates: { readonly table: string; readonly columns: readonly string[]; readonly caseInsensitive?: boolean };
}

/** Ranges that end before they begin. */
export interface DateRangeCheck extends CheckHead, Fixable {
  readonly dateRange: { readonly table: string; readonly from: string; readonly to: string };
}

/** An index that shall be there: these columns first, in this order. */
export interface IndexCheck extends CheckHead {
  readonly index: { readonly table: string; readonly columns: readonly string[] };
}

/** A query that returns what is wrong, as a `.sql` file does. */
export interface SqlCheck extends CheckHead {
  readonly sql: string;
}

/** What a project writes: `export default defineCheck({ … })`, or a list of them, in `checks/*.ts`. */
export type CheckDefinition = RowCheck | AggregateCheck | DuplicatesCheck | DateRangeCheck | IndexCheck | SqlCheck;

/** Types a check; returns what it is given. */
export function defineCheck<T extends CheckDefinition | readonly CheckDefinition[]>(check: T): T {
  return check;
}
