/** What a migration can change beside the catalog that we compare: versions of extensions, roles, unfilled materialized views. */
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

/** Lines that only one side has: `role reader is missing`. */
export function differencesBeside(before: readonly string[], after: readonly string[]): string[] {
  const [was, is] = [new Set(before), new Set(after)];
  return [
    ...before.filter((line) => !is.has(line)).map((line) => `no longer: ${line}`),
    ...after.filter((line) => !was.has(line)).map((line) => `left behind: ${line}`),
  ];
}
