/** Rows that are the same to people: a unique column that tells `Ann@x.org` from `ann@x.org`. */
import { quoteIdentifier, type Sql } from "../../core/sql.ts";
import type { RowRule } from "../rule.ts";
import { type Column, columnsOf, type Index, nameOf, ownTables, primaryKeyOf, type Schema, type Table } from "../schema.ts";
import { listOf, nameFor, qualified, quoteColumns, quoteTable, text } from "../words.ts";

/** Columns whose case nobody means. */
const folded = /(^|_)(e_?mail|email_address|user_?name|login|handle|slug|domain|subdomain|hostname)$/i;
const texts = ["text", "varchar", "bpchar"];

export function duplicates(schema: Schema): readonly RowRule[] {
  return ownTables(schema).flatMap((table) =>
    schema
      .indexesOf(table)
      .filter((index) => isCaseBlind(table, index) && !foldsAlready(schema, table))
      .map((index) => ({ ...duplicateRule(schema, table, columnsOf(table, index.columns), true), severity: "warning" as const })),
  );
}

function isCaseBlind(table: Table, { unique, valid, expressions, predicate, columns }: Index): boolean {
  return (
    unique &&
    valid &&
    expressions === null &&
    predicate === null &&
    columnsOf(table, columns).some((column) => folds(column) && folded.test(column.name))
  );
}

/** A unique index on an expression, most often lower(email), keeps them apart already. */
function foldsAlready(schema: Schema, table: Table): boolean {
  return schema.indexesOf(table).some(({ unique, expressions }) => unique && expressions !== null);
}

const folds = ({ base, deterministic }: Column): boolean => texts.includes(base) && deterministic;

export function duplicateRule(schema: Schema, table: Table, columns: readonly Column[], caseInsensitive: boolean): RowRule {
  const value = (alias: string, column: Column): string =>
    caseInsensitive && folds(column) ? `lower(${qualified(alias, column)})` : qualified(alias, column);
  const key = primaryKeyOf(schema, table);
  const self = (alias: string): string =>
    key.length > 0 ? `(${key.map((column) => qualified(alias, column)).join(", ")})` : `(${alias}.tableoid, ${alias}.ctid)`;
  const same = columns.map((column) => `${value("p", column)} = ${value("t", column)}`).join(" and ");
  const other = (operator: "<>" | "<"): Sql =>
    text(`exists (select from ${quoteTable(table)} as p where ${same} and ${self("p")} ${operator} ${self("t")})`);
  const indexed = columns.map((column) => (caseInsensitive && folds(column) ? `lower(${quoteColumns([column])})` : quoteColumns([column])));
  const index = nameFor(table.table, columns, "same_key");
  return {
    kind: "rows",
    name: `duplicates ${nameOf(table)}.${columns.map(({ name }) => name).join("+")}`,
    category: "rules",
    family: "duplicates",
    severity: "error",
    level: "default",
    table,
    where: other("<>"),
    fixWhere: other("<"),
    message: `${listOf(columns)} is the same as in another row${caseInsensitive ? " but for upper and lower case" : ""}`,
    permanent: {
      title: "add a unique index",
      up: `create unique index${table.kind === "p" ? "" : " concurrently"} ${index} on ${quoteTable(table)} (${indexed.join(", ")});`,
      down: `drop index ${quoteIdentifier(table.schema)}.${index};`,
    },
  };
}
