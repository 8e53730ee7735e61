/** The statements that read functions, aggregates, operators and casts. */
import { flag, independent, procedure, type Reading, statement, visible } from "./read-sql.ts";

export function routineStatements(reading: Reading): string[] {
  const parts = [functions, aggregates, operators, operatorClasses, operatorFamilies, casts, transforms];
  return parts.map((part) => part(reading));
}

const signature = "format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes))";

/** Functions, procedures and window functions; not the constructors that a range type makes for itself. */
function functions(reading: Reading): string {
  return statement({
    kind: "'function'",
    name: signature,
    facts: { definition: "pg_get_functiondef(p.oid)" },
    extra: {
      ref: signature,
      word: "case p.prokind when 'p' then 'PROCEDURE' else 'FUNCTION' end",
      // What CREATE OR REPLACE cannot change.
      shape: `json_build_array(p.prokind, format_type(p.prorettype, null), p.proretset, p.proargmodes::text[], p.proargnames,
        (select array_agg(format_type(o, null) order by i) from unnest(p.proallargtypes) with ordinality x (o, i)), p.provariadic::int8)`,
      defaults: "p.pronargdefaults",
      language: "(select quote_ident(l.lanname) from pg_language l where l.oid = p.prolang)",
      // A body that the server did not keep apart: it says what it needs to nobody.
      body: `case when p.prosqlbody is null then p.prosrc end`,
    },
    target: `case p.prokind when 'p' then 'PROCEDURE ' else 'FUNCTION ' end || ${signature}`,
    address: ["pg_proc", "p.oid"],
    acl: ["f", "p.proacl", "p.proowner"],
    from: "from pg_proc p join pg_namespace n on n.oid = p.pronamespace",
    where: `p.prokind <> 'a' and ${visible(reading, "n")} and ${independent("pg_proc", "p.oid", true)}`,
  });
}

function aggregates(reading: Reading): string {
  return statement({
    kind: "'aggregate'",
    name: signature,
    facts: {
      kind: "case a.aggkind when 'h' then 'hypothetical' when 'o' then 'ordered' end",
      arguments: "pg_get_function_arguments(p.oid)",
      result: "pg_get_function_result(p.oid)",
      SFUNC: procedure("a.aggtransfn"),
      STYPE: "format_type(a.aggtranstype, null)",
      SSPACE: "nullif(a.aggtransspace, 0)",
      INITCOND: "quote_literal(a.agginitval)",
      FINALFUNC: procedure("a.aggfinalfn"),
      FINALFUNC_EXTRA: flag("a.aggfinalextra"),
      // The default is another one for ordered-set aggregates, and says nothing without a final function.
      FINALFUNC_MODIFY: modify("a.aggfinalmodify"),
      COMBINEFUNC: procedure("a.aggcombinefn"),
      SERIALFUNC: procedure("a.aggserialfn"),
      DESERIALFUNC: procedure("a.aggdeserialfn"),
      MSFUNC: procedure("a.aggmtransfn"),
      MINVFUNC: procedure("a.aggminvtransfn"),
      MSTYPE: "format_type(nullif(a.aggmtranstype, 0), null)",
      MSSPACE: "nullif(a.aggmtransspace, 0)",
      MINITCOND: "quote_literal(a.aggminitval)",
      MFINALFUNC: procedure("a.aggmfinalfn"),
      MFINALFUNC_EXTRA: flag("a.aggmfinalextra"),
      MFINALFUNC_MODIFY: modify("a.aggmfinalmodify"),
      SORTOP: operatorName("a.aggsortop"),
      PARALLEL: "case p.proparallel when 's' then 'SAFE' when 'r' then 'RESTRICTED' end",
    },
    extra: { ref: signature, name: "format('%I.%I', n.nspname, p.proname)" },
    target: `'AGGREGATE ' || format('%I.%I(%s)', n.nspname, p.proname, coalesce(nullif(pg_get_function_arguments(p.oid), ''), '*'))`,
    address: ["pg_proc", "p.oid"],
    acl: ["f", "p.proacl", "p.proowner"],
    from: "from pg_aggregate a join pg_proc p on p.oid = a.aggfnoid join pg_namespace n on n.oid = p.pronamespace",
    where: `${visible(reading, "n")} and ${independent("pg_proc", "p.oid")}`,
  });
}

const modify = (letter: string): string =>
  `case ${letter} when 's' then 'SHAREABLE' when 'w' then 'READ_WRITE' when 'r' then case a.aggkind when 'n' then null else 'READ_ONLY' end end`;

function operatorName(oid: string): string {
  return `(select format('OPERATOR(%I.%s)', sn.nspname, so.oprname) from pg_operator so join pg_namespace sn on sn.oid = so.oprnamespace
      where so.oid = nullif(${oid}, 0))`;
}

const operatorSignature = `format('%I.%s(%s, %s)', n.nspname, o.oprname,
  coalesce(format_type(nullif(o.oprleft, 0), null), 'none'), format_type(o.oprright, null))`;

function operators(reading: Reading): string {
  return statement({
    kind: "'operator'",
    name: operatorSignature,
    facts: {
      FUNCTION: procedure("o.oprcode"),
      LEFTARG: "format_type(nullif(o.oprleft, 0), null)",
      RIGHTARG: "format_type(o.oprright, null)",
      COMMUTATOR: operatorName("o.oprcom"),
      NEGATOR: operatorName("o.oprnegate"),
      RESTRICT: procedure("o.oprrest"),
      JOIN: procedure("o.oprjoin"),
      HASHES: flag("o.oprcanhash"),
      MERGES: flag("o.oprcanmerge"),
    },
    extra: { ref: operatorSignature, name: "format('%I.%s', n.nspname, o.oprname)" },
    target: `'OPERATOR ' || ${operatorSignature}`,
    address: ["pg_operator", "o.oid"],
    from: "from pg_operator o join pg_namespace n on n.oid = o.oprnamespace",
    where: `${visible(reading, "n")} and ${independent("pg_operator", "o.oid")}`,
  });
}

/** Operators and functions of a family: as CREATE OPERATOR CLASS writes them, and as ALTER OPERATOR FAMILY drops them. */
function members(condition: (catalog: string, oid: string) => string): string {
  return `(select json_agg(json_build_array(make, unmake) order by make collate "C") from (
      select format('OPERATOR %s %s', o.amopstrategy, o.amopopr::regoperator) || coalesce(' FOR ORDER BY ' || (
          select format('%I.%I', sn.nspname, s.opfname) from pg_opfamily s join pg_namespace sn on sn.oid = s.opfnamespace where s.oid = o.amopsortfamily), '') as make,
        format('OPERATOR %s (%s, %s)', o.amopstrategy, format_type(o.amoplefttype, null), format_type(o.amoprighttype, null)) as unmake
      from pg_amop o where ${condition("pg_amop", "o")}
      union all
      select format('FUNCTION %s (%s, %s) %s', s.amprocnum, format_type(s.amproclefttype, null), format_type(s.amprocrighttype, null), s.amproc::oid::regprocedure),
        format('FUNCTION %s (%s, %s)', s.amprocnum, format_type(s.amproclefttype, null), format_type(s.amprocrighttype, null))
      from pg_amproc s where ${condition("pg_amproc", "s")}) x)`;
}

/** What goes with an operator class depends on it; the rest of a family is loose. */
const ofClass = (catalog: string, row: string): string => `exists (
        select from pg_depend e where e.classid = '${catalog}'::regclass and e.objid = ${row}.oid
          and e.refclassid = 'pg_opclass'::regclass and e.refobjid = c.oid and e.deptype = 'i')`;
const family = (catalog: string, row: string): string => `${row}.${catalog === "pg_amop" ? "amopfamily" : "amprocfamily"} = f.oid`;

function operatorClasses(reading: Reading): string {
  return statement({
    kind: "'operator class'",
    name: "format('%I.%I using %I', n.nspname, c.opcname, m.amname)",
    facts: {
      type: "format_type(c.opcintype, null)",
      default: flag("c.opcdefault"),
      family: "format('%I.%I', fn.nspname, f.opfname)",
      storage: "format_type(nullif(c.opckeytype, 0), null)",
    },
    extra: { name: "format('%I.%I', n.nspname, c.opcname)", method: "quote_ident(m.amname)", members: members(ofClass) },
    target: "format('OPERATOR CLASS %I.%I USING %I', n.nspname, c.opcname, m.amname)",
    address: ["pg_opclass", "c.oid"],
    from: `from pg_opclass c join pg_namespace n on n.oid = c.opcnamespace join pg_am m on m.oid = c.opcmethod
      join pg_opfamily f on f.oid = c.opcfamily join pg_namespace fn on fn.oid = f.opfnamespace`,
    where: `${visible(reading, "n")} and ${independent("pg_opclass", "c.oid")}`,
  });
}

function operatorFamilies(reading: Reading): string {
  return statement({
    kind: "'operator family'",
    name: "format('%I.%I using %I', n.nspname, f.opfname, m.amname)",
    facts: { members: members(family) },
    extra: { name: "format('%I.%I', n.nspname, f.opfname)", method: "quote_ident(m.amname)" },
    target: "format('OPERATOR FAMILY %I.%I USING %I', n.nspname, f.opfname, m.amname)",
    address: ["pg_opfamily", "f.oid"],
    from: "from pg_opfamily f join pg_namespace n on n.oid = f.opfnamespace join pg_am m on m.oid = f.opfmethod",
    where: `${visible(reading, "n")} and ${independent("pg_opfamily", "f.oid")}`,
  });
}

const castName = "format('(%s as %s)', format_type(k.castsource, null), format_type(k.casttarget, null))";

/** Casts have no schema: those of the system have an oid below 16384. A range makes one to its multirange for itself. */
function casts(reading: Reading): string {
  return statement({
    kind: "'cast'",
    name: castName,
    facts: {
      how: "case k.castmethod when 'f' then 'WITH FUNCTION ' || k.castfunc::regprocedure when 'i' then 'WITH INOUT' else 'WITHOUT FUNCTION' end",
      when: "case k.castcontext when 'a' then 'AS ASSIGNMENT' when 'i' then 'AS IMPLICIT' end",
    },
    target: `'CAST ' || ${castName}`,
    address: ["pg_cast", "k.oid"],
    from: `from pg_cast k join pg_type s on s.oid = k.castsource join pg_namespace sn on sn.oid = s.typnamespace
      join pg_type t on t.oid = k.casttarget join pg_namespace tn on tn.oid = t.typnamespace`,
    where: `k.oid >= 16384 and ${independent("pg_cast", "k.oid", true)}
      and (sn.nspname = 'pg_catalog' or ${visible(reading, "sn")}) and (tn.nspname = 'pg_catalog' or ${visible(reading, "tn")})`,
  });
}

const transformName = "format('for %s language %I', format_type(f.trftype, null), l.lanname)";

function transforms(reading: Reading): string {
  return statement({
    kind: "'transform'",
    name: transformName,
    facts: { from: "nullif(f.trffromsql::oid, 0)::regprocedure::text", to: "nullif(f.trftosql::oid, 0)::regprocedure::text" },
    target: `'TRANSFORM ' || ${transformName}`,
    address: ["pg_transform", "f.oid"],
    from: `from pg_transform f join pg_language l on l.oid = f.trflang join pg_type t on t.oid = f.trftype
      join pg_namespace n on n.oid = t.typnamespace`,
    where: `(n.nspname = 'pg_catalog' or ${visible(reading, "n")}) and ${independent("pg_transform", "f.oid")}`,
  });
}
