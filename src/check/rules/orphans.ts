/**
 * Rows whose parent does not exist. A valid foreign key proves nothing: what was loaded with session_replication_role =
 * replica, or under a disabled trigger, was never looked at, and VALIDATE CONSTRAINT skips what is marked as valid.
 */
import { quoteIdentifier } from "../../core/sql.ts";
import { indexedReference, type Reference } from "../references.ts";
import type { Fix, RowRule } from "../rule.ts";
import { nameOf, primaryKeyOf, type Schema } from "../schema.ts";
import { equal, listOf, nameFor, present, quoteColumns, quoteTable, text } from "../words.ts";

export function orphans(schema: Schema, references: readonly Reference[]): readonly RowRule[] {
  return references.map((reference) => orphanRule(schema, reference));
}

function orphanRule(schema: Schema, reference: Reference): RowRule {
  const { child, columns, parent, parentColumns, constraint } = reference;
  const [one] = columns;
  const subject = columns.length === 1 ? (one?.name ?? "") : `(${listOf(columns)})`;
  const fix = fixOf(schema, reference);
  const indexed = indexedReference(schema, reference);
  return {
    kind: "rows",
    name: `orphans ${nameOf(child)}.${columns.map(({ name }) => name).join("+")}`,
    category: "orphans",
    family: "orphans",
    severity: constraint === undefined ? "warning" : "error",
    level: "quick",
    guessed: constraint === undefined,
    sampled: true,
    ...(indexed && { indexed }),
    table: child,
    where: text(`${present(columns)}not exists (select from ${quoteTable(parent)} as p where ${equal(columns, parentColumns)})`),
    message: `${subject} has no row in ${nameOf(parent)} (${whyItCan(constraint)})`,
    permanent: permanentOf(reference),
    ...(fix && { fix }),
  };
}

function whyItCan(constraint: Reference["constraint"]): string {
  if (constraint === undefined) return "no foreign key";
  if (!constraint.enforced) return `${constraint.name} is not enforced`;
  return constraint.validated ? `under ${constraint.name}, which says it is valid` : `${constraint.name} is not valid`;
}

/** What the foreign key would have done; a guess is not enough to touch anything. */
function fixOf(schema: Schema, { child, columns, constraint }: Reference): Fix | undefined {
  if (constraint === undefined) return undefined;
  const key = primaryKeyOf(schema, child).map(({ number }) => number);
  // Of (tenant_id, order_id) it is the last one that names the parent.
  const clearable = columns.findLast(({ notNull, number }) => !notNull && !key.includes(number));
  if (constraint.onDelete === "c" || clearable === undefined) return { action: "remove" };
  return { action: "set", values: { [clearable.name]: text("null") } };
}

function permanentOf({ child, columns, parent, parentColumns, constraint }: Reference): NonNullable<RowRule["permanent"]> {
  const table = quoteTable(child);
  const name = constraint === undefined ? nameFor(child.table, columns, "fkey") : quoteIdentifier(constraint.name);
  const key = `foreign key (${quoteColumns(columns)}) references ${quoteTable(parent)} (${quoteColumns(parentColumns)})`;
  const deletes = { c: " on delete cascade", n: " on delete set null", d: " on delete set default", r: " on delete restrict" };
  const rule = deletes[constraint?.onDelete as keyof typeof deletes] ?? "";
  const add = `alter table ${table} add constraint ${name} ${key}${rule} not valid;`;
  const validate = `alter table ${table} validate constraint ${name};`;
  const drop = `alter table ${table} drop constraint ${name};`;
  if (constraint === undefined) return { title: "add the foreign key", up: `${add}\n${validate}`, down: drop };
  if (constraint.enforced && !constraint.validated) return { title: "validate the foreign key", up: validate, down: `${drop}\n${add}` };
  const anew = `${drop}\n${add}\n${validate}`;
  return { title: "make the foreign key anew, so that it is checked", up: anew, down: anew };
}
