/** Rows of one tenant that refer to a row of another. */
import type { Reference } from "../references.ts";
import type { RowRule } from "../rule.ts";
import { type Column, nameOf } from "../schema.ts";
import type { Tenants } from "../tenants.ts";
import { equal, listOf, nameFor, present, qualified, quoteColumns, quoteTable, text } from "../words.ts";

export function crossTenant(references: readonly Reference[], tenants: Tenants): readonly RowRule[] {
  return references.flatMap((reference) => {
    const mine = tenants.get(reference.child.oid);
    const theirs = tenants.get(reference.parent.oid);
    if (!mine || !theirs || reference.columns.some(({ number }) => number === mine.number)) return [];
    return [crossTenantRule(reference, mine, theirs)];
  });
}

/** A parent without a tenant belongs to all of them. */
function crossTenantRule({ child, columns, parent, parentColumns }: Reference, mine: Column, theirs: Column): RowRule {
  return {
    kind: "rows",
    name: `cross-tenant ${nameOf(child)}.${columns.map(({ name }) => name).join("+")}`,
    category: "security",
    family: "cross-tenant",
    severity: "error",
    level: "default",
    table: child,
    where: text(
      `${present(columns)}exists (select from ${quoteTable(parent)} as p where ${equal(columns, parentColumns)} and ${qualified("p", theirs)} <> ${qualified("t", mine)})`,
    ),
    message: `${listOf(columns)} leads to a row of ${nameOf(parent)} with another ${theirs.name}`,
    hint: "find out by whom they were written before you change them: one of the two tenants sees data of the other",
    permanent: {
      title: "let the foreign key hold the tenant too",
      up: [
        `alter table ${quoteTable(parent)} add constraint ${nameFor(parent.table, [theirs, ...parentColumns], "key")} unique (${quoteColumns([theirs, ...parentColumns])});`,
        `alter table ${quoteTable(child)} add constraint ${nameFor(child.table, [mine, ...columns], "fkey")} foreign key (${quoteColumns([mine, ...columns])}) references ${quoteTable(parent)} (${quoteColumns([theirs, ...parentColumns])}) not valid;`,
        `alter table ${quoteTable(child)} validate constraint ${nameFor(child.table, [mine, ...columns], "fkey")};`,
      ].join("\n"),
      down: [
        `alter table ${quoteTable(child)} drop constraint ${nameFor(child.table, [mine, ...columns], "fkey")};`,
        `alter table ${quoteTable(parent)} drop constraint ${nameFor(parent.table, [theirs, ...parentColumns], "key")};`,
      ].join("\n"),
    },
  };
}
