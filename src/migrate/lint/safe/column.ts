/** ADD COLUMN and ALTER COLUMN … TYPE without writing the table anew under ACCESS EXCLUSIVE. */
import type { ColumnDef, Constraint } from "libpg-query";
import { as, quoted, strings } from "../parse.ts";
import type { LintContext } from "../rule.ts";
import { addConstraint } from "./constraint.ts";
import { notNull } from "./not-null.ts";
import { backfill, madeUp, type Sequence, type Subject } from "./words.ts";
import { type Command, wordsIn } from "./wording.ts";

export interface Adding extends Subject {
  /** The statement wrote the table anew. */
  readonly rewrites: boolean;
}

/** A constraint of a column in the statement's words, with the attributes that follow it. */
interface Written {
  readonly constraint: Constraint;
  readonly text: string;
}

/** The column first, empty; then its default, its old rows, its constraints. Undefined where there is nothing to take apart. */
export function addColumn(subject: Adding, column: ColumnDef, command: Command, statement: string): Sequence | undefined {
  const { plain, constraints } = partsOf(column, command, statement);
  const of = (...types: string[]): Written | undefined => constraints.find(({ constraint }) => types.includes(constraint.contype ?? ""));
  const name = column.colname ?? "";
  const generated = of("CONSTR_GENERATED");
  if (generated) return generatedColumn(subject, plain, generated);
  const keyed = constraints.filter(({ constraint }) =>
    ["CONSTR_CHECK", "CONSTR_FOREIGN", "CONSTR_UNIQUE", "CONSTR_PRIMARY"].includes(constraint.contype ?? ""),
  );
  const [serial, identity] = [serialType(column), of("CONSTR_IDENTITY")];
  if (identity?.constraint.options !== undefined) return undefined;
  const required = of("CONSTR_NOTNULL", "CONSTR_PRIMARY") ?? serial ?? identity;
  const filled = serial
    ? bySequence(subject, name, serial)
    : identity
      ? beforeIdentity(subject, name, typeOf(subject.context, column), plain)
      : byDefault(subject, name, plain, of("CONSTR_DEFAULT"));
  const steps = [
    ...filled,
    ...(required === undefined ? [] : notNull(subject, name)),
    ...(identity ? becomeIdentity(subject, name, identity.text) : []),
    ...keyed.flatMap(({ constraint, text }) => addConstraint(subject, onColumn(constraint, name), text, name) ?? []),
  ];
  return { steps };
}

/** `add column x uuid`, and the constraints behind it. The parser counts bytes. */
function partsOf(
  { constraints = [] }: ColumnDef,
  { text, start, end }: Command,
  statement: string,
): { plain: string; constraints: Written[] } {
  const bytes = Buffer.from(statement);
  const offset = (location = 0): number => bytes.subarray(0, location).toString().length;
  const all = constraints.flatMap((node) => as(node, "Constraint") ?? []).sort((a, b) => (a.location ?? 0) - (b.location ?? 0));
  const own = all.filter(({ contype = "" }) => !contype.startsWith("CONSTR_ATTR_"));
  const cut = (from: number, to: number): string => wordsIn(statement.slice(from, to), from)?.text ?? "";
  const [first] = own;
  return {
    plain: first === undefined ? text : cut(start, offset(first.location)),
    constraints: own.map((constraint, i) => {
      const next = own[i + 1];
      return { constraint, text: cut(offset(constraint.location), next === undefined ? end : offset(next.location)) };
    }),
  };
}

/** A default that is the same for all rows costs nothing; any other is for new rows, and the old ones are filled in chunks. */
function byDefault(subject: Adding, name: string, plain: string, given: Written | undefined): string[] {
  const { head, write, rewrites } = subject;
  if (!given) return [`${head}${plain}`];
  if (!rewrites || as(given.constraint.raw_expr, "A_Const")) return [`${head}${plain} ${given.text}`];
  const value = given.text.replace(/^(?:constraint\s+(?:"(?:[^"]|"")*"|[^\s"]+)\s+)?default\s+/i, "");
  return [
    `${head}${plain}`,
    write`${head}alter column ${quoted(name)} set default ${value}`,
    backfill(subject, `${quoted(name)} = ${value}`, write`${quoted(name)} is null`),
  ];
}

function bySequence(subject: Subject, name: string, type: string): string[] {
  const { head, write, name: table } = subject;
  const sequence = madeUp(subject.table, [name], "seq");
  return [
    write`${head}add column ${quoted(name)} ${type}`,
    write`create sequence ${beside(subject, sequence)} as ${type} owned by ${table}.${quoted(name)}`,
    ...filledFrom(subject, name, sequence),
  ];
}

/** An identity column has to be NOT NULL before it is one: a sequence that goes again numbers the rows until then. */
function beforeIdentity(subject: Subject, name: string, type: string, plain: string): string[] {
  const { head, write } = subject;
  const sequence = madeUp(subject.table, [name], "fill");
  return [`${head}${plain}`, write`create sequence ${beside(subject, sequence)} as ${type}`, ...filledFrom(subject, name, sequence)];
}

function filledFrom(subject: Subject, name: string, sequence: string): string[] {
  const { head, write } = subject;
  const next = nextOf(subject, sequence);
  return [
    write`${head}alter column ${quoted(name)} set default ${next}`,
    backfill(subject, `${quoted(name)} = ${next}`, write`${quoted(name)} is null`),
  ];
}

/** In one transaction, so that no row comes between; the numbers go on where the rows are. */
function becomeIdentity(subject: Subject, name: string, identity: string): string[] {
  const { head, write, name: table } = subject;
  const sequence = madeUp(subject.table, [name], "fill");
  const own = `pg_catalog.pg_get_serial_sequence('${table.replaceAll("'", "''")}', '${name.replaceAll("'", "''")}')`;
  const statements = [
    write`begin`,
    write`${head}alter column ${quoted(name)} drop default`,
    write`${head}alter column ${quoted(name)} add ${identity}`,
    write`select ${`pg_catalog.setval(${own}, ${nextOf(subject, sequence)}, false)`}`,
    write`drop sequence ${beside(subject, sequence)}`,
    write`commit`,
  ];
  return [statements.join(";\n")];
}

/** In the table's schema, as the statement names it. */
function beside({ name }: Subject, object: string): string {
  return `${name.slice(0, name.lastIndexOf(".") + 1)}${object}`;
}

function nextOf(subject: Subject, sequence: string): string {
  return `nextval('${beside(subject, sequence).replaceAll("'", "''")}')`;
}

/** Before 18 a generated column is always stored, and there is no other way to get one. */
function generatedColumn({ context: { version }, head, write }: Subject, plain: string, { text }: Written): Sequence | undefined {
  if (version < 180_000) return undefined;
  const virtual = text.replace(/\s+stored$/i, "");
  return { steps: [write`${head}${plain} ${virtual} virtual`], byHand: "a VIRTUAL column is another one: it is computed when it is read" };
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
export function changeType(subject: Subject, column: string, to: ColumnDef): Sequence {
  const { context, table, name } = subject;
  const [old, fresh] = [quoted(column), quoted(`${column}_new`)];
  const value = to.raw_default ? context.deparse(to.raw_default) : `${old}::${typeOf(context, to)}`;
  const fromNew = to.raw_default ? `(select ${value} from (select new.*) as of_row)` : `new.${old}::${typeOf(context, to)}`;
  const trigger = madeUp(table, [column], "sync");
  const sync = beside(subject, trigger);
  const steps = [
    `alter table ${name} add column ${fresh} ${typeOf(context, to)}`,
    `create function ${sync}() returns trigger language plpgsql as $$ begin new.${fresh} := ${fromNew}; return new; end $$`,
    `create trigger ${trigger} before insert or update on ${name} for each row execute function ${sync}()`,
    backfill(subject, `${fresh} = ${value}`, `${fresh} is distinct from ${value}`),
    "-- then indexes and constraints of the new column; and when nothing reads the old type any more, in one transaction:",
    `begin;\nalter table ${name} rename column ${old} to ${quoted(`${column}_old`)};\nalter table ${name} rename column ${fresh} to ${old};\ndrop trigger ${trigger} on ${name};\ndrop function ${sync}();\ncommit`,
  ];
  return { steps, byHand: "it takes two deploys: the old column stays until nothing reads it" };
}
