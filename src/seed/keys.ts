/** Finding rows again by what was recorded of them: keys as text. */
import { quoteIdentifier } from "../core/sql.ts";
import type { Column } from "./table.ts";

/** Condition: the row `row` has the key that is recorded in the array `recorded`, column by column. */
export function keyMatches(row: string, key: readonly Column[], recorded: string): string {
  return key
    .map(({ name, type, notNull }, i) => {
      const [column, value] = [`${row}.${quoteIdentifier(name)}`, `${recorded}[${i + 1}]`];
      return notNull ? `${column} = ${value}::${type}` : `(${column} = ${value}::${type} or (${column} is null and ${value} is null))`;
    })
    .join(" and ");
}

/** Expression: the md5 of the row `row` over these columns. The caller has set the time zone to UTC. */
export function hashOfRow(row: string, columns: readonly string[]): string {
  return `pg_catalog.md5(row(${columns.map((name) => `${row}.${quoteIdentifier(name)}`).join(", ")})::text)`;
}
