/** What a call asks for, as roots: conditions, a tenant, or the first rows of whatever has no parents. */
import { failure } from "../../core/errors.ts";
import { literal, quoteIdentifier } from "../../core/sql.ts";
import { seedErrors } from "../errors.ts";
import { tableNamed } from "./rules.ts";
import type { Root, Wanted } from "./select.ts";
import { shortName, type SnapshotTable } from "./shape.ts";
import type { SnapshotSpec } from "./spec.ts";

export interface SnapshotOptions {
  /** Conditions by table, `users=created_at > now() - interval '30 days'`: rows that meet them, and what belongs to these. */
  where?: string[] | undefined;
  /** The most rows that are chosen of a table; those that they refer to come on top. Default: 100, of `where` and `tenant` all. */
  rows?: number | undefined;
  /** Only what belongs to this tenant. */
  tenant?: string | undefined;
  /** The column that says whose a row is. Default: found by its name. */
  tenantColumn?: string | undefined;
  /** The file of the rules. Default: snapshot.ts in the folder of seeders. */
  rules?: string | undefined;
  /** The folder for the files. Default: the folder of seeders. */
  out?: string | undefined;
}

const usualRows = 100;

/** Errors: SEED_SNAPSHOT_ROOT_INVALID. */
export function wantedOf(tables: readonly SnapshotTable[], spec: SnapshotSpec, options: SnapshotOptions): Wanted {
  const { where = [], tenant } = options;
  const within =
    tenant === undefined ? new Map<number, string>() : conditionsOfTenant(tables, tenant, options.tenantColumn ?? spec.tenantColumn);
  const given = where.map((text) => rootOf(tables, text));
  const limit = options.rows ?? spec.rows ?? (given.length === 0 && tenant === undefined ? usualRows : undefined);
  const roots = given.length > 0 ? given : tenant === undefined ? topOf(tables) : ofTenant(tables, within);
  const narrowed = roots.map(({ table, where: own }): Root => {
    const both = [own, within.get(table.oid)].filter((one) => one !== undefined && one !== own);
    return { table, where: [own, ...both].filter((one) => one !== undefined).join(" and ") || undefined };
  });
  return { tables, roots: narrowed, limit, within };
}

function rootOf(tables: readonly SnapshotTable[], text: string): Root {
  const [, name, condition] = /^\s*([^=\s]+)\s*=([\s\S]+)$/.exec(text) ?? [];
  if (name === undefined || condition === undefined) {
    throw failure(seedErrors, "SEED_SNAPSHOT_ROOT_INVALID", { problem: `--where ${text} is not like users=active` });
  }
  return { table: tableNamed(tables, name, "--where"), where: `(${condition.trim()})` };
}

const tenantNames = ["tenant", "organization", "organisation", "org", "workspace", "account", "company", "team", "shop", "store"];

/** Which rows are the tenant's, by the table's oid: by the column, and the tenant's own row. */
function conditionsOfTenant(tables: readonly SnapshotTable[], tenant: string, given: string | undefined): Map<number, string> {
  const column = given ?? usualTenantColumn(tables);
  const owned = tables.filter(({ columns }) => columns.some(({ name }) => name === column));
  if (column === undefined || owned.length === 0) {
    const problem = column === undefined ? "no table has a column that is called like a tenant" : `no table has a column ${column}`;
    throw failure(seedErrors, "SEED_SNAPSHOT_ROOT_INVALID", { problem }, { hint: "name it with --tenant-column" });
  }
  const within = new Map<number, string>();
  for (const table of owned) {
    within.set(table.oid, sameTenant(table, column, tenant));
    for (const { columns, refers, target } of table.keys) {
      const at = columns.indexOf(column);
      const owner = tables.find(({ oid }) => oid === target);
      const own = owner?.columns.some(({ name }) => name === column) ?? true;
      if (columns.length === 1 && at === 0 && owner && !own) within.set(owner.oid, sameTenant(owner, refers[at] ?? "", tenant));
    }
  }
  return within;
}

function sameTenant({ columns }: SnapshotTable, name: string, tenant: string): string {
  const type = columns.find((column) => column.name === name)?.type ?? "text";
  return `t.${quoteIdentifier(name)} = ${literal(tenant)}::${type}`;
}

/** The name that most tables have; of equals the one that says it plainest. */
function usualTenantColumn(tables: readonly SnapshotTable[]): string | undefined {
  const found = tenantNames.map((name) => {
    const pattern = new RegExp(`^${name}_?id$`, "i");
    const names = tables.flatMap(({ columns }) => columns.map((column) => column.name).filter((column) => pattern.test(column)));
    return { name: names[0], count: names.length };
  });
  return found.toSorted((a, b) => b.count - a.count)[0]?.name;
}

const ofTenant = (tables: readonly SnapshotTable[], within: ReadonlyMap<number, string>): readonly Root[] =>
  tables.filter(({ oid }) => within.has(oid)).map((table) => ({ table, where: within.get(table.oid) }));

/** Tables without parents, and of those that only refer around in a circle the first. */
function topOf(tables: readonly SnapshotTable[]): readonly Root[] {
  const parentsOf = (table: SnapshotTable): readonly number[] =>
    table.keys.map(({ target }) => target).filter((target) => target !== table.oid && tables.some(({ oid }) => oid === target));
  const roots: Root[] = [];
  const reached = new Set<number>();
  const reach = (table: SnapshotTable): void => {
    roots.push({ table, where: undefined });
    const open = [table.oid];
    for (let oid = open.pop(); oid !== undefined; oid = open.pop()) {
      if (reached.has(oid)) continue;
      reached.add(oid);
      open.push(...tables.filter((one) => parentsOf(one).includes(oid)).map((one) => one.oid));
    }
  };
  for (const table of tables) if (parentsOf(table).length === 0) reach(table);
  for (const table of tables) if (!reached.has(table.oid)) reach(table);
  return roots;
}

/** What was asked for, in words, for the one who gets nothing. */
export function wordsOf({ roots }: Wanted, { tenant }: SnapshotOptions): string {
  const names = roots.map(({ table }) => shortName(table)).join(", ");
  return tenant === undefined ? `no row of ${names} is wanted` : `no row of ${names} belongs to the tenant ${tenant}`;
}
