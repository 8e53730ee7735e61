/** Rows that are alive while their parent is marked as deleted. Only where the child can be marked too. */
import type { Reference } from "../references.ts";
import type { RowRule } from "../rule.ts";
import { type Column, nameOf, type Table } from "../schema.ts";
import { equal, listOf, present, qualified, quoteTable, text } from "../words.ts";

export function softDeleted(references: readonly Reference[], names: readonly string[]): readonly RowRule[] {
  return references.flatMap((reference) => {
    const mine = markOf(reference.child, names);
    const theirs = markOf(reference.parent, names);
    return mine && theirs ? [softDeletedRule(reference, mine, theirs)] : [];
  });
}

function markOf({ columns }: Table, names: readonly string[]): Column | undefined {
  return columns.find(({ name, base }) => names.includes(name) && ["timestamptz", "timestamp", "date", "bool"].includes(base));
}

const marked = (alias: string, mark: Column): string =>
  mark.base === "bool" ? `${qualified(alias, mark)} is true` : `${qualified(alias, mark)} is not null`;

function softDeletedRule({ child, columns, parent, parentColumns }: Reference, mine: Column, theirs: Column): RowRule {
  const parents = `${quoteTable(parent)} as p where ${equal(columns, parentColumns)}`;
  const rule: RowRule = {
    kind: "rows",
    name: `soft-deleted ${nameOf(child)}.${columns.map(({ name }) => name).join("+")}`,
    category: "consistency",
    family: "soft-deleted",
    severity: "warning",
    level: "default",
    table: child,
    where: text(`not (${marked("t", mine)}) and ${present(columns)}exists (select from ${parents} and ${marked("p", theirs)})`),
    message: `${listOf(columns)} leads to a row of ${nameOf(parent)} whose ${theirs.name} is set`,
  };
  if (mine.base !== theirs.base) return rule;
  return { ...rule, fix: { action: "set", values: { [mine.name]: text(`(select ${qualified("p", theirs)} from ${parents})`) } } };
}
