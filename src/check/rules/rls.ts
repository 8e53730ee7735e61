/** Row level security: policies that do nothing, tables of tenants without one, tables that nobody can read. */
import { type Finding, finding } from "../../core/finding.ts";
import type { CatalogRule } from "../rule.ts";
import { nameOf, ownTables, type Schema } from "../schema.ts";
import type { Tenants } from "../tenants.ts";
import { quoteTable } from "../words.ts";

export function rlsCoverage(tenants: Tenants): CatalogRule {
  return {
    kind: "catalog",
    name: "rls coverage",
    category: "security",
    severity: "error",
    level: "quick",
    judge: (schema) => [...switchedOff(schema), ...withoutPolicy(schema), ...uncovered(schema, tenants)],
  };
}

function switchedOff(schema: Schema): readonly Finding[] {
  return ownTables(schema)
    .filter(({ rls, policies }) => !rls && policies > 0)
    .map((table) =>
      finding(
        "error",
        "CHECK_RLS_OFF",
        nameOf(table),
        "has policies, but row level security is off: they do nothing",
        `alter table ${quoteTable(table)} enable row level security`,
      ),
    );
}

function withoutPolicy(schema: Schema): readonly Finding[] {
  return ownTables(schema)
    .filter(({ rls, policies }) => rls && policies === 0)
    .map((table) =>
      finding(
        "info",
        "CHECK_RLS_NO_POLICY",
        nameOf(table),
        "has row level security without a policy: only its owner and roles that bypass it see rows",
        `if that is not meant, add one: create policy … on ${quoteTable(table)} …`,
      ),
    );
}

/** Where no table of tenants has it, the application keeps them apart by itself. */
function uncovered(schema: Schema, tenants: Tenants): readonly Finding[] {
  const theirs = ownTables(schema).filter(({ oid }) => tenants.has(oid));
  if (!theirs.some(({ rls }) => rls)) return [];
  return theirs
    .filter(({ rls, policies }) => !rls && policies === 0)
    .map((table) =>
      finding(
        "error",
        "CHECK_RLS_MISSING",
        nameOf(table),
        `holds rows of tenants (${tenants.get(table.oid)?.name}) without row level security, which other such tables have`,
        `alter table ${quoteTable(table)} enable row level security, with a policy on ${tenants.get(table.oid)?.name}`,
      ),
    );
}
