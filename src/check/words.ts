/** SQL and English that rules have in common. */
import { id, quoteIdentifier, Raw, type Sql, sql } from "../core/sql.ts";
import type { TableName } from "./rule.ts";
import type { Column } from "./schema.ts";

export function quoteTable({ schema, table }: TableName): string {
  return id(schema, table).text;
}

export function quoteColumns(columns: readonly Pick<Column, "name">[]): string {
  return columns.map(({ name }) => quoteIdentifier(name)).join(", ");
}

/** `t."a"` */
export function qualified(alias: string, { name }: Pick<Column, "name">): string {
  return `${alias}.${quoteIdentifier(name)}`;
}

/** SQL without parameters. */
export function text(statement: string): Sql {
  return sql`${new Raw(statement)}`;
}

/** `t."a" = p."x" and t."b" = p."y"` */
export function equal(columns: readonly Column[], parents: readonly Column[]): string {
  return columns.map((column, i) => `${qualified("t", column)} = ${qualified("p", parents[i] as Column)}`).join(" and ");
}

/** A reference counts where all of its columns are set. */
export function present(columns: readonly Column[]): string {
  return columns
    .filter(({ notNull }) => !notNull)
    .map((column) => `${qualified("t", column)} is not null and `)
    .join("");
}

export function listOf(columns: readonly Pick<Column, "name">[]): string {
  return columns.map(({ name }) => name).join(", ");
}

/** `1 row`, `12,345 rows` */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}

const units = ["bytes", "kB", "MB", "GB", "TB"];

/** `1.5 GB` */
export function bytes(size: number): string {
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(size, 1)) / 10)));
  const value = size / 1024 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}

/** A name for a constraint or an index, short enough that PostgreSQL does not cut it. */
export function nameFor(table: string, columns: readonly Pick<Column, "name">[], suffix: string): string {
  return quoteIdentifier(`${[table, ...columns.map(({ name }) => name)].join("_").slice(0, 62 - suffix.length)}_${suffix}`);
}
