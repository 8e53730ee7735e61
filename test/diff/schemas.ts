/** Schemas at random, as the statements that make them. Names come from small pools, so that two schemas have much in common. */
import fc from "fast-check";
import type { Roles } from "../core/catalog-corpus.ts";
import { type Parts, parts, partsOf } from "./schemas-parts.ts";

interface Column {
  readonly type: string;
  readonly notNull: boolean;
  readonly filled: boolean;
  readonly special: "none" | "identity" | "serial" | "generated";
  readonly comment: boolean;
}

export interface Table {
  readonly id: "integer" | "bigint" | "text";
  readonly key: "primary" | "unique" | "none";
  readonly columns: readonly (Column | null)[];
  readonly check: number | null;
  readonly unique: number | null;
  readonly index: { readonly column: number; readonly form: number } | null;
  readonly reference: { readonly to: number; readonly action: string } | null;
  readonly partitions: number | null;
  readonly unlogged: boolean;
  readonly fillfactor: number | null;
  readonly policy: { readonly command: string; readonly limit: number; readonly role: number } | null;
  readonly grant: { readonly privileges: string; readonly role: number } | null;
  readonly trigger: number | null;
  readonly comment: string | null;
  /** A table that inherits from it. */
  readonly child: { readonly more: boolean; readonly value: boolean; readonly indexed: boolean } | null;
}

interface View {
  readonly of: number;
  readonly columns: number;
  readonly where: boolean;
  readonly above: boolean;
  readonly materialized: boolean;
  readonly options: boolean;
}

export interface Model {
  readonly enums: readonly (readonly string[] | null)[];
  readonly domain: { readonly base: string; readonly check: number | null; readonly filled: boolean } | null;
  readonly sequence: { readonly increment: number; readonly cycle: boolean; readonly comment: boolean } | null;
  readonly functions: readonly ({ readonly form: number; readonly body: number; readonly closed: boolean } | null)[];
  readonly tables: readonly (Table | null)[];
  readonly views: readonly (View | null)[];
  readonly defaults: number | null;
  /** Fields of a composite type. */
  readonly composite: number | null;
  readonly parts: Parts;
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>, freq = 2): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null, freq });

const types = [
  "integer",
  "bigint",
  "text",
  "varchar(10)",
  "numeric(8,2)",
  "boolean",
  "date",
  "timestamptz",
  "uuid",
  "jsonb",
  "text[]",
  "double precision",
  "e0",
  "e1",
  "d0",
  "k0",
] as const;

const column: fc.Arbitrary<Column> = fc.record({
  type: fc.constantFrom(...types),
  notNull: fc.boolean(),
  filled: fc.boolean(),
  special: fc.constantFrom("none", "none", "none", "identity", "serial", "generated"),
  comment: fc.boolean(),
});

const table: fc.Arbitrary<Table> = fc.record({
  id: fc.constantFrom("integer", "bigint", "text"),
  key: fc.constantFrom("primary", "primary", "unique", "none"),
  columns: fc.array(maybe(column, 4), { minLength: 4, maxLength: 4 }),
  check: maybe(fc.nat(3), 2),
  unique: maybe(fc.nat(3), 2),
  index: maybe(fc.record({ column: fc.nat(3), form: fc.nat(3) })),
  reference: maybe(fc.record({ to: fc.nat(2), action: fc.constantFrom("", " on delete cascade", " deferrable") })),
  partitions: maybe(fc.nat(2), 2),
  unlogged: fc.boolean(),
  fillfactor: maybe(fc.constantFrom(50, 70), 2),
  policy: maybe(fc.record({ command: fc.constantFrom("all", "select", "update"), limit: fc.nat(2), role: fc.nat(2) }), 2),
  grant: maybe(fc.record({ privileges: fc.constantFrom("select", "select, insert", "all"), role: fc.nat(2) })),
  trigger: maybe(fc.nat(2), 2),
  comment: maybe(fc.constantFrom("one", "it's", "two\nlines"), 2),
  child: maybe(fc.record({ more: fc.boolean(), value: fc.boolean(), indexed: fc.boolean() }), 2),
});

const view: fc.Arbitrary<View> = fc.record({
  of: fc.nat(2),
  columns: fc.nat(15),
  where: fc.boolean(),
  above: fc.boolean(),
  materialized: fc.boolean(),
  options: fc.boolean(),
});

export const model: fc.Arbitrary<Model> = fc.record({
  enums: fc.array(maybe(fc.uniqueArray(fc.constantFrom("a", "b", "c", "it's"), { minLength: 1 }), 6), { minLength: 2, maxLength: 2 }),
  domain: maybe(fc.record({ base: fc.constantFrom("integer", "text", "bigint"), check: maybe(fc.nat(2)), filled: fc.boolean() }), 4),
  sequence: maybe(fc.record({ increment: fc.constantFrom(1, 2, 5), cycle: fc.boolean(), comment: fc.boolean() })),
  functions: fc.array(maybe(fc.record({ form: fc.nat(2), body: fc.nat(1), closed: fc.boolean() })), { minLength: 2, maxLength: 2 }),
  tables: fc.array(maybe(table, 5), { minLength: 3, maxLength: 3 }),
  views: fc.array(maybe(view, 3), { minLength: 2, maxLength: 2 }),
  defaults: maybe(fc.nat(2), 2),
  composite: maybe(fc.nat(2), 2),
  parts,
});

/** The statements of a model. */
export function statementsOf(model: Model, roles: Roles): string[] {
  return new Writing(model, roles).statements;
}

const constants: Readonly<Record<string, string>> = {
  integer: "7",
  bigint: "8",
  text: "'x'",
  "varchar(10)": "'y'",
  "numeric(8,2)": "1.5",
  boolean: "true",
  date: "'2020-01-31'",
  timestamptz: "now()",
  uuid: "gen_random_uuid()",
  jsonb: "'{}'",
  "text[]": "'{}'",
  "double precision": "0.5",
};

class Writing {
  readonly statements: string[] = [];
  readonly #model: Model;
  readonly #roles: readonly string[];

  constructor(model: Model, { reader, writer }: Roles) {
    this.#model = model;
    this.#roles = ["public", reader, writer];
    const { defaults, sequence } = model;
    if (defaults !== null)
      this.#say(`alter default privileges in schema public grant ${["select", "insert", "all"][defaults]} on tables to ${reader}`);
    model.enums.forEach((labels, i) => labels && this.#say(`create type e${i} as enum (${labels.map(quote).join(", ")})`));
    this.#domain();
    this.#composite();
    if (sequence) {
      this.#say(`create sequence s0 increment by ${sequence.increment}${sequence.cycle ? " cycle" : ""}`);
      if (sequence.comment) this.#say("comment on sequence s0 is 'counts'");
    }
    model.functions.forEach((each, i) => each && this.#function(i, each));
    this.#say("create function touch() returns trigger language plpgsql as $$ begin return new; end $$");
    model.tables.forEach((each, i) => each && this.#table(i, each));
    model.tables.forEach((each, i) => each && this.#reference(i, each));
    model.views.forEach((each, i) => each && this.#view(i, each));
    for (const each of partsOf(model, reader, (table, column) => this.#plainType(table.columns[column]))) this.#say(each);
  }

  #say(text: string): void {
    this.statements.push(text);
  }

  #domain(): void {
    const { domain } = this.#model;
    if (!domain) return;
    const value = domain.base === "text" ? "'x'" : "5";
    const check = domain.check === null ? "" : ` check (value > ${domain.base === "text" ? `'${domain.check}'` : domain.check})`;
    this.#say(`create domain d0 as ${domain.base}${domain.filled ? ` default ${value}` : ""}${check}`);
  }

  #composite(): void {
    const { composite, enums, domain } = this.#model;
    const last = ["", enums[0] ? ", b e0" : ", b text", domain ? ", b d0" : ", b integer"];
    if (composite !== null) this.#say(`create type k0 as (a integer${last[composite]})`);
  }

  #function(i: number, { form, body, closed }: NonNullable<Model["functions"][number]>): void {
    const head = ["(a integer) returns integer", "(b integer) returns integer", "(a integer) returns bigint"][form];
    this.#say(`create function f${i}${head} language sql immutable as 'select $1 + ${body}'`);
    if (closed) this.#say(`revoke execute on function f${i}(integer) from public`);
  }

  #typeOf({ type }: Column): string {
    if (type === "d0") return this.#model.domain ? type : "integer";
    if (type === "k0") return this.#model.composite === null ? "text" : type;
    const wanted = /^e(\d)$/.exec(type);
    return wanted === null || this.#model.enums[Number(wanted[1])] ? type : "text";
  }

  /** Of a column that is neither counted nor generated. */
  #plainType(column: Column | null | undefined): string | undefined {
    return column?.special === "none" ? this.#typeOf(column) : undefined;
  }

  #table(i: number, table: Table): void {
    const name = `t${i}`;
    const partitioned = table.partitions !== null;
    const lines = [`id ${table.id} not null`, ...this.#columns(table, partitioned), ...this.#constraints(name, table, partitioned)];
    const unlogged = table.unlogged && !partitioned ? "unlogged " : "";
    const tail = partitioned ? " partition by list (id)" : table.fillfactor === null ? "" : ` with (fillfactor = ${table.fillfactor})`;
    this.#say(`create ${unlogged}table ${name} (${lines.join(", ")})${tail}`);
    if (table.partitions !== null) {
      const values = table.id === "text" ? "('1', '2')" : "(1, 2)";
      if (table.partitions > 0) this.#say(`create table ${name}_p0 partition of ${name} for values in ${values}`);
      if (table.partitions > 1) this.#say(`create table ${name}_p1 partition of ${name} default`);
    }
    this.#parts(name, table);
    if (table.child && !partitioned) this.#child(name, table.child);
  }

  #child(name: string, { more, value, indexed }: NonNullable<Table["child"]>): void {
    this.#say(`create table ${name}_child (${more ? "more text default 'm'" : ""}) inherits (${name})`);
    if (value) this.#say(`alter table ${name}_child alter id set default '5'`);
    if (indexed) this.#say(`create index ${name}_child_id on ${name}_child (id)`);
  }

  #columns(table: Table, partitioned: boolean): string[] {
    return table.columns.flatMap((column, i) => {
      if (!column) return [];
      const type = this.#typeOf(column);
      const whole = type === "integer" || type === "bigint";
      if (column.special === "serial" && whole && !partitioned) return [`c${i} ${type === "integer" ? "serial" : "bigserial"}`];
      if (column.special === "identity" && whole && !partitioned) return [`c${i} ${type} generated by default as identity`];
      const number = table.id === "text" ? "length(id)" : "id";
      if (column.special === "generated" && whole) return [`c${i} ${type} generated always as (${number} + ${i}) stored`];
      const value = column.filled ? this.#constant(type) : undefined;
      return [`c${i} ${type}${value === undefined ? "" : ` default ${value}`}${column.notNull ? " not null" : ""}`];
    });
  }

  #constant(type: string): string | undefined {
    const labels = /^e(\d)$/.exec(type);
    if (labels) return quote(this.#model.enums[Number(labels[1])]?.[0] ?? "");
    if (type === "d0") return undefined;
    return type === "integer" && this.#model.functions[0] && this.#model.functions[0].form !== 2 ? "f0(3)" : constants[type];
  }

  #constraints(name: string, { key, check, unique, columns, id }: Table, partitioned: boolean): string[] {
    const kept = columns[unique ?? -1];
    const comparable = kept && this.#typeOf(kept) !== "jsonb";
    return [
      ...(key === "primary" ? ["primary key (id)"] : key === "unique" ? ["unique (id)"] : []),
      ...(check === null ? [] : [`constraint ${name}_check check (id > ${id === "text" ? `'${check}'` : check})`]),
      ...(comparable ? [`constraint ${name}_once unique (${partitioned ? "id, " : ""}c${unique})`] : []),
    ];
  }

  #parts(name: string, { columns, index, policy, grant, trigger, comment, id }: Table): void {
    const column = columns[index?.column ?? -1];
    if (index && column) this.#say(this.#index(name, this.#typeOf(column), index));
    if (policy) {
      const limit = id === "text" ? `'${policy.limit}'` : policy.limit;
      this.#say(`alter table ${name} enable row level security`);
      this.#say(`create policy ${name}_policy on ${name} for ${policy.command} to ${this.#roles[policy.role]} using (id > ${limit})`);
    }
    if (grant) this.#say(`grant ${grant.privileges} on ${name} to ${this.#roles[grant.role]}`);
    const event = ["before insert", "after update", "after insert or delete"][trigger ?? 0];
    if (trigger !== null) this.#say(`create trigger ${name}_touch ${event} on ${name} for each row execute function touch()`);
    if (comment !== null) this.#say(`comment on table ${name} is ${quote(comment)}`);
    columns.forEach((each, i) => each?.comment && this.#say(`comment on column ${name}.c${i} is 'column ${i}'`));
  }

  #index(name: string, type: string, { column, form }: NonNullable<Table["index"]>): string {
    const plain = ["jsonb", "text[]"].includes(type) ? `using gin (c${column})` : `(c${column}${form === 1 ? " desc" : ""})`;
    return `create index ${name}_index on ${name} ${form === 2 ? `(id, c${column}) where id is not null` : form === 3 ? `(lower(id::text))` : plain}`;
  }

  #reference(i: number, { reference, unlogged, id, partitions }: Table): void {
    const target = this.#model.tables[reference?.to ?? -1];
    if (!reference || !target || target.key === "none" || target.id !== id) return;
    const [here, there] = [unlogged && partitions === null, target.unlogged && target.partitions === null];
    if (here !== there) return;
    this.#say(`alter table t${i} add constraint t${i}_to foreign key (id) references t${reference.to} (id)${reference.action}`);
  }

  #view(i: number, { of, columns, where, above, materialized, options }: View): void {
    const table = this.#model.tables[of];
    if (!table) return;
    const shown = table.columns.flatMap((column, j) => (column && (columns >> j) % 2 === 1 ? [`c${j}`] : []));
    const list = ["id", ...shown].join(", ");
    const kind = materialized ? "materialized view" : options ? "view" : "view";
    const tail = options && !materialized ? " with (security_barrier)" : "";
    this.#say(`create ${kind} v${i}${tail} as select ${list} from t${of}${where ? " where id is not null" : ""}`);
    if (above) this.#say(`create view w${i} as select * from v${i}`);
    if (options) this.#say(`comment on ${kind} v${i} is 'seen'`);
  }
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
