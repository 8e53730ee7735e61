/**
 * What the statements that read a schema share. They run with `search_path = pg_catalog, pg_temp`, so that names of the
 * system need no schema, and those of users always have one.
 */
import { comment, type Reading } from "../../core/catalog-sql.ts";

export type { Reading };
export { independent, visible } from "../../core/catalog-sql.ts";

/** One row of any of the statements. */
export interface SchemaRow {
  readonly kind: string;
  readonly name: string;
  /** Null for what is no object of its own but can have a comment or grants: a view's column. */
  readonly facts: Readonly<Record<string, unknown>> | null;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly target: string | null;
  /** System catalog and oid: what pg_depend calls it. */
  readonly class: string | null;
  readonly oid: number | null;
  readonly sub: number;
  /** Dependencies that pg_depend does not have; the first one that takes the object along is its host. */
  readonly refs: readonly Ref[] | null;
  readonly comment: string | null;
  readonly acl: readonly string[] | null;
  readonly acltype: string | null;
  readonly owner: string | null;
}

/** Class, oid, column, and `a` where the object goes with it, `n` where not. */
export type Ref = readonly [className: string, oid: number, sub: number, type: "a" | "n"];

type Fields = Readonly<Record<string, string>>;

export interface Source {
  /** SQL expressions, all of them. */
  readonly kind: string;
  readonly name: string;
  readonly facts?: Fields;
  readonly extra?: Fields;
  readonly target?: string;
  /** System catalog, oid and column of the object itself; left out for what pg_depend does not know. */
  readonly address?: readonly [className: string, oid: string, sub?: string];
  readonly refs?: readonly string[];
  /** Where the comment stands; default: with the address. */
  readonly comment?: readonly [className: string, oid: string, sub?: string] | false;
  /** What the comment is, where that is not simply what stands there. */
  readonly commentText?: string;
  readonly acl?: readonly [type: string, acl: string, owner: string];
  /** FROM with everything after it. */
  readonly from: string;
  readonly where: string;
}

/** A statement that gives `SchemaRow`s. */
export function statement(source: Source): string {
  const { kind, name, facts, extra = {}, target, address, refs = [], acl, from, where } = source;
  const at = source.comment ?? address ?? false;
  const list = acl && `coalesce(${acl[1]}, acldefault('${acl[0]}', ${acl[2]}))`;
  return `
    select ${kind} as kind, ${name} as name, ${facts ? json(facts) : "null::json"} as facts, ${json(extra)} as extra,
      ${target ?? "null"} as target,
      ${address ? `'${address[0]}'` : "null"} as class, ${address ? `(${address[1]})::oid` : "null::oid"} as oid, ${address?.[2] ?? "0"}::int4 as sub,
      ${refs.length === 0 ? "null::json" : `json_build_array(${refs.join(", ")})`} as refs,
      ${source.commentText ?? (at === false ? "null" : "d.description")} as comment,
      ${list ? `${list}::text[]` : "null::text[]"} as acl, ${acl ? `'${acl[0]}'` : "null"} as acltype,
      ${acl ? `pg_get_userbyid(${acl[2]})` : "null"} as owner
    ${from}
      ${at === false ? "" : comment(at[0], at[1], at[2])}
    where ${where}`;
}

function json(fields: Fields): string {
  const pairs = Object.entries(fields).map(([name, value]) => `'${name}', ${value}`);
  return `json_strip_nulls(json_build_object(${pairs.join(", ")}))`;
}

/** A reference to an object that takes this one along, or to one that does not. */
export function ref(className: string, oid: string, type: "a" | "n", sub = "0"): string {
  return `json_build_array('${className}', ${oid}, ${sub}, '${type}')`;
}

/**
 * An array of `name=value` as pairs in a fixed order; what looks like a secret keeps its name only, exactly as in the
 * catalog (core/catalog-sql.ts).
 */
export function options(array: string): string {
  return `(select json_agg(json_build_array(split_part(o, '=', 1), case
      when o ~* '^[^=]*(passw|passc|secret|token|credential|api_?key|_key)[^=]*=' then '***' else substr(o, strpos(o, '=') + 1) end)
      order by o collate "C") from unnest(${array}) o where o !~ '^pg_attver=')`;
}

/** Qualified name of a function without its arguments, as CREATE TYPE and CREATE OPERATOR take it, or null for none. */
export function procedure(oid: string): string {
  return `(select format('%I.%I', pn.nspname, pp.proname) from pg_proc pp join pg_namespace pn on pn.oid = pp.pronamespace
      where pp.oid = ${oid}::oid)`;
}

/** True, or null for false: what is not so is left out. */
export function flag(condition: string): string {
  return `case when ${condition} then true end`;
}

export const relation = "format('%I.%I', n.nspname, c.relname)";
export const relationKeyword = `case c.relkind when 'v' then 'VIEW' when 'm' then 'MATERIALIZED VIEW' when 'f' then 'FOREIGN TABLE' else 'TABLE' end`;
export const schemaName = "n.nspname";
export const fromRelation = `from pg_class c join pg_namespace n on n.oid = c.relnamespace`;

/** Schema and name of a collation other than that of the type. */
export function collation(oid: string, typeOid: string): string {
  return `(select format('%I.%I', ln.nspname, l.collname)
      from pg_collation l join pg_namespace ln on ln.oid = l.collnamespace join pg_type lt on lt.oid = ${typeOid}
      where l.oid = ${oid} and l.oid <> lt.typcollation)`;
}
