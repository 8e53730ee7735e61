/** Which column says whose a row is. */
import { type Column, ownTables, type Schema, type Table } from "./schema.ts";

/** Table → its tenant column. */
export type Tenants = ReadonlyMap<number, Column>;

/** Looked for where `check.tenantColumns` names none; those after the first only where they refer to a table of tenants. */
const usual = ["tenant_id", "organization_id", "organisation_id", "org_id", "workspace_id", "company_id"] as const;
const tables = /^(tenants?|organi[sz]ations?|orgs?|workspaces?|companies|company)$/i;

/** A database has one kind of tenant: of the names that it uses, the one that most tables have. */
export function tenantsOf(schema: Schema, configured: readonly string[]): Tenants {
  const names = configured.length > 0 ? configured : usual;
  const candidates = names.map((name) => columnsNamed(schema, name, configured.length > 0 || name === usual[0]));
  const [best] = candidates.toSorted((a, b) => b.size - a.size);
  return best ?? new Map();
}

function columnsNamed(schema: Schema, name: string, certain: boolean): Tenants {
  const found = new Map<number, Column>();
  for (const table of ownTables(schema)) {
    const column = table.columns.find((one) => one.name === name);
    if (column && (certain || refersToTenants(schema, table, column))) found.set(table.oid, column);
  }
  return found;
}

function refersToTenants(schema: Schema, table: Table, column: Column): boolean {
  return schema
    .constraintsOf(table, "f")
    .some(({ columns, parent }) => columns.includes(column.number) && tables.test(schema.table(parent)?.table ?? ""));
}
