/** How safe sequences are put together. */
import type { AlterTableCmd, Node, RangeVar } from "libpg-query";
import { quoted } from "../parse.ts";
import type { LintContext } from "../rule.ts";

/** Each statement is a transaction of its own: a lock is given back before the next one begins. */
export const apart = "-- pgsteward: no-transaction";

export function script(...statements: readonly (string | undefined)[]): string {
  return statements
    .filter((statement) => statement !== undefined)
    .map((statement) => (statement.startsWith("--") && !statement.includes("\n") ? statement : `${statement.replace(/;?\s*$/, "")};`))
    .join("\n");
}

/** Fills a column in chunks by primary key; see `migrate up`. */
export function backfill(table: string, assignment: string, condition: string): string {
  return `-- pgsteward: backfill table=${table} batch=1000\nupdate ${table} set ${assignment} where ${condition}`;
}

/** The deparser breaks lines where a person would not. */
export function oneLine(sql: string): string {
  return sql.replace(/\s*\n\s*/g, " ");
}

/** ALTER TABLE of one command. The table is deparsed under a plain name, which the qualified one then replaces. */
export function alterTable({ deparse }: LintContext, table: string, command: AlterTableCmd): string {
  const relation: RangeVar = { relname: "pgsteward_table", inh: true, relpersistence: "p" };
  const AlterTableStmt = {
    relation,
    cmds: [{ AlterTableCmd: { ...command, behavior: command.behavior ?? "DROP_RESTRICT" } }],
    objtype: "OBJECT_TABLE",
  } as const;
  return oneLine(deparse({ AlterTableStmt } as unknown as Node)).replace("pgsteward_table", () => table);
}

/** The part of a qualified name behind the schema, unquoted. */
export function bareName(name: string): string {
  const last = /(?:"((?:[^"]|"")*)"|([^."]+))$/.exec(name);
  return last?.[1]?.replaceAll('""', '"') ?? last?.[2] ?? name;
}

/** `orders_customer_fkey`, as PostgreSQL makes it up, within its 63 characters. */
export function madeUp(table: string, columns: readonly string[], suffix: string): string {
  return quoted([bareName(table), ...columns, suffix].join("_").slice(0, 63));
}
