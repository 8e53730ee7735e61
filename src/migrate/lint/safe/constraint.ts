/** ADD CONSTRAINT in steps, none of which keeps others waiting while it reads. */
import type { Constraint } from "libpg-query";
import type { LintContext } from "../rule.ts";
import { everywhere, quoted, strings } from "../parse.ts";
import { notNull } from "./not-null.ts";
import { alterTable, madeUp } from "./words.ts";

/** Undefined where there is no way around: EXCLUDE, and what is not valid anyway. */
export function addConstraint(context: LintContext, table: string, constraint: Constraint): string[] | undefined {
  const { contype, skip_validation, indexname } = constraint;
  if (skip_validation || indexname !== undefined) return undefined;
  if (contype === "CONSTR_FOREIGN" || contype === "CONSTR_CHECK") return validatedLater(context, table, constraint);
  if (contype === "CONSTR_UNIQUE" || contype === "CONSTR_PRIMARY") return byIndex(context, table, constraint);
  return contype === "CONSTR_NOTNULL" ? notNull(table, strings(constraint.keys)[0] ?? "", context.version) : undefined;
}

/** NOT VALID holds for new rows from now on; VALIDATE reads the old ones beside reads and writes. */
function validatedLater(context: LintContext, table: string, constraint: Constraint): string[] {
  const name = constraint.conname ?? nameFor(table, constraint);
  const { initially_valid: _, ...rest } = constraint;
  const later = { ...rest, conname: name, skip_validation: true } as Constraint;
  return [
    alterTable(context, table, { subtype: "AT_AddConstraint", def: { Constraint: later } }),
    `alter table ${table} validate constraint ${quoted(name)}`,
  ];
}

function nameFor(table: string, constraint: Constraint): string {
  const unquoted = (text: string): string => text.replace(/^"|"$/g, "");
  if (constraint.contype === "CONSTR_FOREIGN") return unquoted(madeUp(table, strings(constraint.fk_attrs), "fkey"));
  const columns = new Set(everywhere(constraint.raw_expr, "ColumnRef").flatMap(({ fields }) => strings(fields).slice(-1)));
  return unquoted(madeUp(table, columns.size === 1 ? [...columns] : [], "check"));
}

/** The index is built beside reads and writes; the constraint then only takes it over. */
function byIndex(context: LintContext, table: string, constraint: Constraint): string[] {
  const columns = strings(constraint.keys);
  const primary = constraint.contype === "CONSTR_PRIMARY";
  const name =
    constraint.conname === undefined ? madeUp(table, primary ? [] : columns, primary ? "pkey" : "key") : quoted(constraint.conname);
  const include = strings(constraint.including);
  const list = (names: readonly string[]): string => names.map(quoted).join(", ");
  const known = context.before.tables.get(table)?.columns ?? [];
  const nullable = primary ? columns.filter((column) => known.some((one) => one.name === column && !one.notNull)) : [];
  const options = `${include.length > 0 ? ` include (${list(include)})` : ""}${constraint.nulls_not_distinct ? " nulls not distinct" : ""}`;
  const deferrable = constraint.deferrable ? ` deferrable${constraint.initdeferred ? " initially deferred" : ""}` : "";
  return [
    ...nullable.flatMap((column) => notNull(table, column, context.version)),
    `create unique index concurrently ${name} on ${table} (${list(columns)})${options}`,
    `alter table ${table} add constraint ${name} ${primary ? "primary key" : "unique"} using index ${name}${deferrable}`,
  ];
}
