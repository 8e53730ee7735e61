/** ADD COLUMN and ALTER COLUMN … TYPE without writing the table anew under ACCESS EXCLUSIVE. */
import type { ColumnDef, Constraint } from "libpg-query";
import { as, quoted, strings } from "../parse.ts";
import type { LintContext } from "../rule.ts";
import { addConstraint } from "./constraint.ts";
import { notNull } from "./not-null.ts";
import { backfill, madeUp } from "./words.ts";

const constraintsOf = (column: ColumnDef): Constraint[] => (column.constraints ?? []).flatMap((node) => as(node, "Constraint") ?? []);

/** The column first, empty; then its default, its old rows, its constraints. Undefined where there is nothing to take apart. */
export function addColumn(context: LintContext, table: string, column: ColumnDef): string[] | undefined {
  const constraints = constraintsOf(column);
  const of = (...types: string[]): Constraint | undefined => constraints.find(({ contype }) => types.includes(contype ?? ""));
  const [name, type] = [column.colname ?? "", typeOf(context, column)];
  const numbered = serialType(column) ?? (of("CONSTR_IDENTITY") ? type : undefined);
  const generated = of("CONSTR_GENERATED");
  if (generated) return generatedColumn(context, table, name, type, generated);
  const keyed = constraints.filter(({ contype }) =>
    ["CONSTR_CHECK", "CONSTR_FOREIGN", "CONSTR_UNIQUE", "CONSTR_PRIMARY"].includes(contype ?? ""),
  );
  const filled = numbered === undefined ? byDefault(context, table, name, type, of("CONSTR_DEFAULT")) : bySequence(table, name, numbered);
  const needed = numbered !== undefined || of("CONSTR_NOTNULL", "CONSTR_PRIMARY") !== undefined;
  return [
    ...filled,
    ...(needed ? notNull(table, name, context.version) : []),
    ...keyed.flatMap((constraint) => addConstraint(context, table, onColumn(constraint, name)) ?? []),
  ];
}

/** A default that is the same for all rows costs nothing; any other is for new rows, and the old ones are filled in chunks. */
function byDefault({ deparse }: LintContext, table: string, name: string, type: string, given: Constraint | undefined): string[] {
  if (!given?.raw_expr) return [`alter table ${table} add column ${quoted(name)} ${type}`];
  const value = deparse(given.raw_expr);
  return [
    `alter table ${table} add column ${quoted(name)} ${type}`,
    `alter table ${table} alter column ${quoted(name)} set default ${value}`,
    backfill(table, `${quoted(name)} = ${value}`, `${quoted(name)} is null`),
  ];
}

function bySequence(table: string, name: string, type: string): string[] {
  const sequence = madeUp(table, [name], "seq");
  const schema = table.slice(0, table.lastIndexOf(".") + 1);
  const next = `nextval('${`${schema}${sequence}`.replaceAll("'", "''")}')`;
  return [
    `alter table ${table} add column ${quoted(name)} ${type}`,
    `create sequence ${schema}${sequence} as ${type} owned by ${table}.${quoted(name)}`,
    `alter table ${table} alter column ${quoted(name)} set default ${next}`,
    backfill(table, `${quoted(name)} = ${next}`, `${quoted(name)} is null`),
  ];
}

/** Before 18 a generated column is always stored, and there is no other way to get one. */
function generatedColumn(
  { deparse, version }: LintContext,
  table: string,
  name: string,
  type: string,
  generated: Constraint,
): string[] | undefined {
  if (version < 180_000 || !generated.raw_expr) return undefined;
  return [`alter table ${table} add column ${quoted(name)} ${type} generated always as (${deparse(generated.raw_expr)}) virtual`];
}

/** A constraint of a column as one of the table. */
function onColumn(constraint: Constraint, column: string): Constraint {
  const key = [{ String: { sval: column } }];
  if (constraint.contype === "CONSTR_FOREIGN") return { ...constraint, fk_attrs: key };
  return constraint.contype === "CONSTR_CHECK" ? constraint : { ...constraint, keys: key };
}

/** The integer type of a serial. */
export function serialType({ typeName }: ColumnDef): string | undefined {
  const serials: Readonly<Record<string, string>> = {
    serial: "integer",
    serial4: "integer",
    bigserial: "bigint",
    serial8: "bigint",
    smallserial: "smallint",
    serial2: "smallint",
  };
  return serials[strings(typeName?.names).at(-1) ?? ""];
}

export function typeOf({ deparse }: LintContext, { typeName }: ColumnDef): string {
  return typeName === undefined ? "text" : deparse({ TypeName: typeName });
}

/** A second column, kept equal by a trigger, filled in chunks, and put in place of the first by a rename. */
export function changeType(context: LintContext, table: string, column: string, to: ColumnDef): string[] {
  const [old, fresh] = [quoted(column), quoted(`${column}_new`)];
  const value = to.raw_default ? context.deparse(to.raw_default) : `${old}::${typeOf(context, to)}`;
  const fromNew = to.raw_default ? `(select ${value} from (select new.*) as of_row)` : `new.${old}::${typeOf(context, to)}`;
  const sync = `${table.slice(0, table.lastIndexOf(".") + 1)}${madeUp(table, [column], "sync")}`;
  const trigger = madeUp(table, [column], "sync");
  return [
    `alter table ${table} add column ${fresh} ${typeOf(context, to)}`,
    `create function ${sync}() returns trigger language plpgsql as $$ begin new.${fresh} := ${fromNew}; return new; end $$`,
    `create trigger ${trigger} before insert or update on ${table} for each row execute function ${sync}()`,
    backfill(table, `${fresh} = ${value}`, `${fresh} is distinct from ${value}`),
    "-- then indexes and constraints of the new column; and when nothing reads the old type any more, in one transaction:",
    `begin;\nalter table ${table} rename column ${old} to ${quoted(`${column}_old`)};\nalter table ${table} rename column ${fresh} to ${old};\ndrop trigger ${trigger} on ${table};\ndrop function ${sync}();\ncommit`,
  ];
}
