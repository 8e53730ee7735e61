/**
 * What a migration can change beside the catalog that we compare: versions of extensions and what they own, privileges on the
 * system's objects, roles, tablespaces, unfilled materialized views, large objects.
 */
import type { Session } from "../../core/engine.ts";
import { sql } from "../../core/sql.ts";

/**
 * One line a fact. Roles live beside databases, where others may be at work: only those count whose names stand in `text`.
 */
export async function readBeside(session: Session, text: string): Promise<readonly string[]> {
  const { rows } = await session.query<{ line: string }>(sql`
    with named as (
      select oid, rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit
      from pg_catalog.pg_roles where pg_catalog.strpos(pg_catalog.lower(${text}), pg_catalog.lower(rolname)) > 0 and rolname !~ '^pg_')
    select pg_catalog.format('extension %I version %s', extname, extversion) as line from pg_catalog.pg_extension
    union all
    select pg_catalog.format('materialized view %I.%I is not populated', schemaname, matviewname)
    from pg_catalog.pg_matviews where not ispopulated
    union all
    select pg_catalog.format('user mapping of %I on server %I %s', usename, srvname, umoptions) from pg_catalog.pg_user_mappings
    union all
    select pg_catalog.format('%s in tablespace %I', c.oid::pg_catalog.regclass, t.spcname)
    from pg_catalog.pg_class c join pg_catalog.pg_tablespace t on t.oid = c.reltablespace where c.oid >= 16384 and c.relkind <> 't'
    union all
    select pg_catalog.format('%s depends on %s', pg_catalog.pg_describe_object(classid, objid, objsubid),
      pg_catalog.pg_describe_object(refclassid, refobjid, refobjsubid))
    from pg_catalog.pg_depend where deptype = 'x'
    union all
    select pg_catalog.format('%s labelled %s by %s', objname, label, provider) from pg_catalog.pg_seclabels
    union all
    select pg_catalog.format('%s large objects', pg_catalog.count(*)) from pg_catalog.pg_largeobject_metadata
    union all
    select pg_catalog.format('privileges on %s: %s', p.oid::pg_catalog.regprocedure, p.proacl) from pg_catalog.pg_proc p
    where p.proacl is not null and (p.oid < 16384 or exists (
      select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e'))
    union all
    select pg_catalog.format('privileges on %s: %s', c.oid::pg_catalog.regclass, c.relacl) from pg_catalog.pg_class c
    where c.relacl is not null and (c.oid < 16384 or exists (
      select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'))
    union all
    select pg_catalog.format('comment on role %I: %s', rolname, pg_catalog.shobj_description(oid, 'pg_authid')) from named
    where pg_catalog.shobj_description(oid, 'pg_authid') is not null
    union all
    select pg_catalog.format('role %I %s', rolname, pg_catalog.concat_ws(' ',
      case when rolsuper then 'superuser' end, case when not rolinherit then 'noinherit' end, case when rolcreaterole then 'createrole' end,
      case when rolcreatedb then 'createdb' end, case when rolcanlogin then 'login' end, case when rolreplication then 'replication' end,
      case when rolbypassrls then 'bypassrls' end, 'connection limit ' || nullif(rolconnlimit, -1))) from named
    union all
    select pg_catalog.format('role %I is a member of %I%s', m.rolname, g.rolname, case when a.admin_option then ' with admin option' else '' end)
    from pg_catalog.pg_auth_members a join pg_catalog.pg_roles m on m.oid = a.member join pg_catalog.pg_roles g on g.oid = a.roleid
    where a.member in (select oid from named) or a.roleid in (select oid from named)
    union all
    select pg_catalog.format('role %I set %s', n.rolname, c) from pg_catalog.pg_db_role_setting s
      join named n on n.oid = s.setrole, pg_catalog.unnest(s.setconfig) c
    order by 1`);
  return rows.map(({ line }) => line);
}

/** Lines that only one side has. */
export function differencesBeside(before: readonly string[], after: readonly string[]): string[] {
  const [was, is] = [new Set(before), new Set(after)];
  return [
    ...before.filter((line) => !is.has(line)).map((line) => `no longer: ${line}`),
    ...after.filter((line) => !was.has(line)).map((line) => `left behind: ${line}`),
  ];
}
