/** What the statements that read a catalog share: the shape of their rows and the conditions that all of them have. */

/** What the statements are made for: the server's version, and the hidden schemas as an SQL array. */
export interface Reading {
  readonly version: number;
  readonly hidden: string;
}

/** One row of any of the statements; columns that a statement has no use for are absent. */
export interface CatalogRow {
  readonly kind: string;
  readonly name: string;
  readonly parent?: string | null;
  readonly definition?: string | null;
  /** The query of a view, which needs more care than other definitions. */
  readonly query?: string | null;
  readonly comment?: string | null;
  readonly acl?: readonly string[] | null;
  /** PostgreSQL's letter for the kind of object, as in acldefault(). */
  readonly acltype?: string | null;
  readonly owner?: string | null;
  readonly columns?: readonly string[] | null;
}

/** Condition: the schema `alias` is one that users see. */
export function visible({ hidden }: Reading, alias: string): string {
  return `${alias}.nspname !~ '^pg_' and ${alias}.nspname <> all (${hidden})`;
}

/** Condition: no extension owns the object; with `internal`, neither does another object that made it for itself. */
export function independent(catalog: string, oid: string, internal = false): string {
  return `not exists (
    select from pg_catalog.pg_depend e
    where e.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass and e.objid = ${oid} and e.deptype in ('e'${internal ? ", 'i'" : ""}))`;
}

/** Join: the comment of the object, as `d.description`. */
export function comment(catalog: string, oid: string, column = "0"): string {
  return `left join pg_catalog.pg_description d
    on d.objoid = ${oid} and d.classoid = 'pg_catalog.${catalog}'::pg_catalog.regclass and d.objsubid = ${column}`;
}

/** Columns: the grants of an object, the default where none were ever given, and who owns it. */
export function grants(acltype: string, acl: string, owner: string): string {
  return `coalesce(${acl}, pg_catalog.acldefault('${acltype}', ${owner}))::pg_catalog.text[] as acl, '${acltype}' as acltype,
    pg_catalog.pg_get_userbyid(${owner}) as owner`;
}

/**
 * Text of an array of `name=value` in a fixed order; what looks like a secret shows as set, never with its value.
 * `pg_attver` is left out: servers from November 2026 on (15.20) keep there, for themselves, when a column was made.
 */
export function optionList(options: string): string {
  return `(select pg_catalog.string_agg(
      case when o ~* '^[^=]*(passw|passc|secret|token|credential|api_?key|_key)[^=]*=' then pg_catalog.split_part(o, '=', 1) || '=***' else o end,
      ', ' order by o collate "C")
    from pg_catalog.unnest(${options}) o where o !~ '^pg_attver=')`;
}

/** Qualified name of a function with its arguments, or null for none. */
export function routine(oid: string): string {
  return `nullif(${oid}::pg_catalog.oid, 0)::pg_catalog.regprocedure::pg_catalog.text`;
}
