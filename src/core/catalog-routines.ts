/** The statements that read functions, aggregates, operators and casts. */
import { comment, grants, independent, type Reading, routine, visible } from "./catalog-sql.ts";

export function routineStatements(reading: Reading): string[] {
  return [
    functions(reading),
    aggregates(reading),
    operators(reading),
    operatorClasses(reading),
    operatorFamilies(reading),
    casts(reading),
    transforms(reading),
  ];
}

const signature = "pg_catalog.format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.oidvectortypes(p.proargtypes))";

/** Functions, procedures and window functions; not the constructors that a range type makes for itself. */
function functions(reading: Reading): string {
  return `
    select 'function' as kind, ${signature} as name,
      pg_catalog.quote_ident(n.nspname) as parent,
      pg_catalog.pg_get_functiondef(p.oid) as definition,
      d.description as comment,
      ${grants("f", "p.proacl", "p.proowner")}
    from pg_catalog.pg_proc p
      join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      ${comment("pg_proc", "p.oid")}
    where p.prokind <> 'a' and ${visible(reading, "n")} and ${independent("pg_proc", "p.oid", true)}`;
}

function aggregates(reading: Reading): string {
  return `
    select 'aggregate' as kind, ${signature} as name,
      pg_catalog.quote_ident(n.nspname) as parent,
      pg_catalog.concat_ws('\n',
        case a.aggkind when 'n' then 'normal' when 'o' then 'ordered-set' else 'hypothetical-set' end
          || ' (' || pg_catalog.pg_get_function_arguments(p.oid) || ') returns ' || pg_catalog.pg_get_function_result(p.oid),
        'state function ' || ${routine("a.aggtransfn")},
        'state type ' || pg_catalog.format_type(a.aggtranstype, null),
        'state space ' || nullif(a.aggtransspace, 0),
        'initial state ' || pg_catalog.quote_literal(a.agginitval),
        'final function ' || ${routine("a.aggfinalfn")} || case when a.aggfinalextra then ' extra' else '' end,
        case a.aggfinalmodify when 's' then 'final function shareable' when 'w' then 'final function read write' end,
        'combine function ' || ${routine("a.aggcombinefn")},
        'serial function ' || ${routine("a.aggserialfn")},
        'deserial function ' || ${routine("a.aggdeserialfn")},
        'moving state function ' || ${routine("a.aggmtransfn")},
        'moving inverse function ' || ${routine("a.aggminvtransfn")},
        'moving state type ' || pg_catalog.format_type(nullif(a.aggmtranstype, 0), null),
        'moving state space ' || nullif(a.aggmtransspace, 0),
        'moving initial state ' || pg_catalog.quote_literal(a.aggminitval),
        'moving final function ' || ${routine("a.aggmfinalfn")} || case when a.aggmfinalextra then ' extra' else '' end,
        case a.aggmfinalmodify when 's' then 'moving final function shareable' when 'w' then 'moving final function read write' end,
        'sort operator ' || nullif(a.aggsortop, 0)::pg_catalog.regoperator::pg_catalog.text,
        case p.proparallel when 's' then 'parallel safe' when 'r' then 'parallel restricted' end
      ) as definition,
      d.description as comment,
      ${grants("f", "p.proacl", "p.proowner")}
    from pg_catalog.pg_aggregate a
      join pg_catalog.pg_proc p on p.oid = a.aggfnoid
      join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      ${comment("pg_proc", "p.oid")}
    where ${visible(reading, "n")} and ${independent("pg_proc", "p.oid")}`;
}

function operators(reading: Reading): string {
  return `
    select 'operator' as kind,
      pg_catalog.format('%I.%s(%s, %s)', n.nspname, o.oprname,
        coalesce(pg_catalog.format_type(nullif(o.oprleft, 0), null), 'none'), pg_catalog.format_type(o.oprright, null)) as name,
      pg_catalog.quote_ident(n.nspname) as parent,
      pg_catalog.concat_ws('\n',
        coalesce('function ' || ${routine("o.oprcode")}, 'shell'),
        'commutator ' || nullif(o.oprcom, 0)::pg_catalog.regoperator::pg_catalog.text,
        'negator ' || nullif(o.oprnegate, 0)::pg_catalog.regoperator::pg_catalog.text,
        'restrict ' || ${routine("o.oprrest")},
        'join ' || ${routine("o.oprjoin")},
        case when o.oprcanhash then 'hashes' end,
        case when o.oprcanmerge then 'merges' end
      ) as definition,
      d.description as comment, pg_catalog.pg_get_userbyid(o.oprowner) as owner
    from pg_catalog.pg_operator o
      join pg_catalog.pg_namespace n on n.oid = o.oprnamespace
      ${comment("pg_operator", "o.oid")}
    where ${visible(reading, "n")} and ${independent("pg_operator", "o.oid")}`;
}

function operatorClasses(reading: Reading): string {
  return `
    select 'operator class' as kind,
      pg_catalog.format('%I.%I using %I', n.nspname, o.opcname, m.amname) as name,
      pg_catalog.quote_ident(n.nspname) as parent,
      pg_catalog.concat_ws('\n',
        'for type ' || pg_catalog.format_type(o.opcintype, null) || case when o.opcdefault then ' default' else '' end,
        'family ' || pg_catalog.format('%I.%I', fn.nspname, f.opfname),
        'storage ' || pg_catalog.format_type(nullif(o.opckeytype, 0), null)
      ) as definition,
      d.description as comment, pg_catalog.pg_get_userbyid(o.opcowner) as owner
    from pg_catalog.pg_opclass o
      join pg_catalog.pg_namespace n on n.oid = o.opcnamespace
      join pg_catalog.pg_am m on m.oid = o.opcmethod
      join pg_catalog.pg_opfamily f on f.oid = o.opcfamily
      join pg_catalog.pg_namespace fn on fn.oid = f.opfnamespace
      ${comment("pg_opclass", "o.oid")}
    where ${visible(reading, "n")} and ${independent("pg_opclass", "o.oid")}`;
}

function operatorFamilies(reading: Reading): string {
  return `
    select 'operator family' as kind,
      pg_catalog.format('%I.%I using %I', n.nspname, f.opfname, m.amname) as name,
      pg_catalog.quote_ident(n.nspname) as parent,
      pg_catalog.concat_ws('\n', 'operator family',
        (select pg_catalog.string_agg('operator ' || o.amopstrategy || ' ' || o.amopopr::pg_catalog.regoperator::pg_catalog.text
            || coalesce(' for order by ' || (
              select pg_catalog.format('%I.%I', sn.nspname, s.opfname)
              from pg_catalog.pg_opfamily s join pg_catalog.pg_namespace sn on sn.oid = s.opfnamespace where s.oid = o.amopsortfamily), ''),
            '\n' order by o.amopstrategy, o.amopopr::pg_catalog.regoperator::pg_catalog.text collate "C")
          from pg_catalog.pg_amop o where o.amopfamily = f.oid),
        (select pg_catalog.string_agg(pg_catalog.format('function %s (%s, %s) %s', s.amprocnum, pg_catalog.format_type(s.amproclefttype, null),
            pg_catalog.format_type(s.amprocrighttype, null), s.amproc::pg_catalog.oid::pg_catalog.regprocedure),
            '\n' order by s.amprocnum, s.amproc::pg_catalog.oid::pg_catalog.regprocedure::pg_catalog.text collate "C")
          from pg_catalog.pg_amproc s where s.amprocfamily = f.oid)
      ) as definition,
      d.description as comment, pg_catalog.pg_get_userbyid(f.opfowner) as owner
    from pg_catalog.pg_opfamily f
      join pg_catalog.pg_namespace n on n.oid = f.opfnamespace
      join pg_catalog.pg_am m on m.oid = f.opfmethod
      ${comment("pg_opfamily", "f.oid")}
    where ${visible(reading, "n")} and ${independent("pg_opfamily", "f.oid")}`;
}

/** Casts have no schema: those of the system have an oid below 16384. A range makes one to its multirange for itself. */
function casts(reading: Reading): string {
  return `
    select 'cast' as kind,
      pg_catalog.format('(%s as %s)', pg_catalog.format_type(k.castsource, null), pg_catalog.format_type(k.casttarget, null)) as name,
      pg_catalog.concat_ws('\n',
        case k.castmethod when 'f' then 'with function ' || ${routine("k.castfunc")} when 'i' then 'with inout' else 'without function' end,
        case k.castcontext when 'a' then 'as assignment' when 'i' then 'as implicit' end
      ) as definition,
      d.description as comment
    from pg_catalog.pg_cast k
      join pg_catalog.pg_type s on s.oid = k.castsource
      join pg_catalog.pg_namespace sn on sn.oid = s.typnamespace
      join pg_catalog.pg_type t on t.oid = k.casttarget
      join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
      ${comment("pg_cast", "k.oid")}
    where k.oid >= 16384 and ${independent("pg_cast", "k.oid", true)}
      and (sn.nspname = 'pg_catalog' or ${visible(reading, "sn")}) and (tn.nspname = 'pg_catalog' or ${visible(reading, "tn")})`;
}

function transforms(reading: Reading): string {
  return `
    select 'transform' as kind,
      pg_catalog.format('for %s language %I', pg_catalog.format_type(f.trftype, null), l.lanname) as name,
      pg_catalog.concat_ws('\n', 'transform', 'from sql ' || ${routine("f.trffromsql")}, 'to sql ' || ${routine("f.trftosql")}) as definition,
      d.description as comment
    from pg_catalog.pg_transform f
      join pg_catalog.pg_language l on l.oid = f.trflang
      join pg_catalog.pg_type t on t.oid = f.trftype
      join pg_catalog.pg_namespace n on n.oid = t.typnamespace
      ${comment("pg_transform", "f.oid")}
    where (n.nspname = 'pg_catalog' or ${visible(reading, "n")}) and ${independent("pg_transform", "f.oid")}`;
}
