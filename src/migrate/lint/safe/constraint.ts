/** ADD CONSTRAINT in steps, none of which keeps others waiting while it reads. */
import type { Constraint } from "libpg-query";
import { everywhere, quoted, strings } from "../parse.ts";
import { notNull } from "./not-null.ts";
import { madeUp, type Subject } from "./words.ts";

/**
 * `text` is the constraint in the statement's words, with or without its name; `column` of a constraint that stands at a
 * column. Undefined where there is no way around: EXCLUDE, what is not valid anyway, an index with options.
 */
export function addConstraint(subject: Subject, constraint: Constraint, text: string, column?: string): string[] | undefined {
  const { contype, skip_validation, indexname, options = [], indexspace, without_overlaps } = constraint;
  if (skip_validation || indexname !== undefined) return undefined;
  if (contype === "CONSTR_FOREIGN" || contype === "CONSTR_CHECK") return validatedLater(subject, constraint, text, column);
  const plain = options.length === 0 && indexspace === undefined && !without_overlaps;
  if (contype === "CONSTR_UNIQUE" || contype === "CONSTR_PRIMARY") return plain ? byIndex(subject, constraint) : undefined;
  return contype === "CONSTR_NOTNULL" ? notNull(subject, strings(constraint.keys)[0] ?? "") : undefined;
}

/** NOT VALID holds for new rows from now on; VALIDATE reads the old ones beside reads and writes. */
function validatedLater({ table, head, write }: Subject, constraint: Constraint, text: string, column?: string): string[] {
  const name = constraint.conname === undefined ? nameFor(table, constraint) : quoted(constraint.conname);
  const keyed = constraint.contype === "CONSTR_FOREIGN" && column !== undefined ? write`foreign key (${quoted(column)}) ` : "";
  const body = text.replace(/^constraint\s+(?:"(?:[^"]|"")*"|[^\s"]+)\s+/i, "");
  return [write`${head}add constraint ${name} ${keyed}${body} not valid`, write`${head}validate constraint ${name}`];
}

function nameFor(table: string, constraint: Constraint): string {
  if (constraint.contype === "CONSTR_FOREIGN") return madeUp(table, strings(constraint.fk_attrs), "fkey");
  const columns = new Set(everywhere(constraint.raw_expr, "ColumnRef").flatMap(({ fields }) => strings(fields).slice(-1)));
  return madeUp(table, columns.size === 1 ? [...columns] : [], "check");
}

/** The index is built beside reads and writes; the constraint then only takes it over. */
function byIndex(subject: Subject, constraint: Constraint): string[] {
  const { context, table, name: relation, head, write } = subject;
  const columns = strings(constraint.keys);
  const primary = constraint.contype === "CONSTR_PRIMARY";
  const made = madeUp(table, primary ? [] : [...columns, ...strings(constraint.including)], primary ? "pkey" : "key");
  const name = constraint.conname === undefined ? made : quoted(constraint.conname);
  const include = strings(constraint.including);
  const list = (names: readonly string[]): string => names.map(quoted).join(", ");
  const known = context.before.tables.get(table)?.columns ?? [];
  const nullable = primary ? columns.filter((column) => known.some((one) => one.name === column && !one.notNull)) : [];
  const options = `${include.length > 0 ? write` include (${list(include)})` : ""}${constraint.nulls_not_distinct ? write` nulls not distinct` : ""}`;
  const deferrable = constraint.deferrable ? `${write` deferrable`}${constraint.initdeferred ? write` initially deferred` : ""}` : "";
  const kind = primary ? write`primary key` : write`unique`;
  return [
    ...nullable.flatMap((column) => notNull(subject, column)),
    write`create unique index concurrently ${name} on ${relation} (${list(columns)})${options}`,
    write`${head}add constraint ${name} ${kind} using index ${name}${deferrable}`,
  ];
}
