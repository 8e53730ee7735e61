/** What hangs on the tables of a schema at random, or between them: each part has one name, whatever it hangs on. */
import fc from "fast-check";
import type { Model, Table } from "./schemas.ts";

/** Where it hangs, and how it is made. */
interface Part {
  readonly table: number;
  readonly column: number;
  readonly other: number;
  readonly form: number;
}

const names = [
  "routine",
  "statistics",
  "rule",
  "identity",
  "counter",
  "grant",
  "check",
  "call",
  "unique",
  "partition",
  "below",
  "child",
  "shown",
  "policy",
  "published",
  "reference",
  "moved",
] as const;

export type Parts = Readonly<Record<(typeof names)[number], Part | null>>;

const part: fc.Arbitrary<Part | null> = fc.option(fc.record({ table: fc.nat(2), column: fc.nat(3), other: fc.nat(2), form: fc.nat(3) }), {
  nil: null,
  freq: 1,
});

export const parts: fc.Arbitrary<Parts> = fc.record(
  Object.fromEntries(names.map((name) => [name, part])) as Record<(typeof names)[number], typeof part>,
);

interface Place extends Part {
  readonly model: Model;
  readonly role: string;
  /** The table, and its name. */
  readonly here: Table;
  readonly name: string;
  /** The type of its column; undefined where it has none there, or one that is counted or generated. */
  readonly type: string | undefined;
  /** The name of another table. */
  readonly there: string | undefined;
}

/** The statements of all parts that have something to hang on. */
export function partsOf(model: Model, role: string, typeOf: (table: Table, column: number) => string | undefined): string[] {
  return names.flatMap((name) => {
    const part = model.parts[name];
    const here = model.tables[part?.table ?? 0];
    if (!part || !here) return [];
    const there = model.tables[part.other] ? `t${part.other}` : undefined;
    return writers[name]({ ...part, model, role, here, name: `t${part.table}`, type: typeOf(here, part.column), there });
  });
}

const writers: Readonly<Record<(typeof names)[number], (place: Place) => readonly string[]>> = {
  routine: ({ name, form, there }) => [
    [
      `create function g0(${name}) returns integer language sql as 'select 1'`,
      `create function g0() returns setof ${name} language sql begin atomic select * from ${name}; end`,
      `create function g0() returns bigint language sql begin atomic select count(id) from ${name}; end`,
      `create function g0(a ${there ?? name}[] default null) returns ${name} language sql as 'select null::public.${name}'`,
    ][form] as string,
    ...(form === 1 || form === 2 ? ["create view g1 as select * from g0()"] : []),
  ],
  statistics: ({ name, type, column }) =>
    type === undefined || type === "jsonb" ? [] : [`create statistics x0 on id, c${column} from ${name}`],
  rule: ({ name, form }) => [
    `create rule r0 as on ${form < 2 ? "delete" : "update"} to ${name} do also notify changed`,
    ...(form % 2 === 0 ? [] : [`alter table ${name} disable rule r0`]),
  ],
  identity: ({ here, name, form }) => {
    if (form > 1 || here.key === "none") return [`alter table ${name} replica identity full`];
    return [`alter table ${name} replica identity using index ${name}_${here.key === "primary" ? "pkey" : "id_key"}`];
  },
  counter: ({ model, name, type, column, form }) => {
    if (!model.sequence || (type !== "integer" && type !== "bigint")) return [];
    const value = `alter table ${name} alter c${column} set default nextval('s0')`;
    const owned = `alter sequence s0 owned by ${name}.c${column}`;
    return [[value], [owned], [value, owned], [value]][form] as string[];
  },
  grant: ({ name, role, type, column, form }) =>
    type === undefined ? [] : [`grant ${form < 2 ? "select" : "update"} (id, c${column}) on ${name} to ${role}`],
  check: ({ model, name, form }) => {
    const [one] = model.functions;
    const condition = one && form < 2 ? "f0(1) > 0" : "id is not null";
    return [`alter table ${name} add constraint ${name}_by check (${condition})${form % 2 === 0 ? "" : " not valid"}`];
  },
  call: ({ model, name, type, column }) =>
    type === "integer" && model.functions[1] ? [`create index ${name}_call on ${name} (f1(c${column}))`] : [],
  unique: ({ name, type, column, form }) =>
    type === undefined
      ? []
      : [`create unique index ${name}_more on ${name} (id) include (c${column})${form < 2 ? "" : " nulls not distinct"}`],
  partition: ({ here, name, column, type, form }) => {
    if (!here.partitions) return [];
    return [
      [`create index ${name}_p0_own on ${name}_p0 (id)`],
      [`alter table ${name}_p0 add constraint ${name}_p0_own check (id is not null)`],
      type === undefined
        ? []
        : [`alter table ${name}_p0 alter c${column} drop default`, `alter table ${name}_p0 alter c${column} set not null`],
      [`create trigger ${name}_own before update on ${name}_p0 for each row execute function touch()`],
    ][form] as string[];
  },
  below: ({ here, name, form }) => {
    if (here.partitions !== 1) return [];
    return [
      `create table ${name}_p1 partition of ${name} default partition by list (id)`,
      `create table ${name}_p1_a partition of ${name}_p1 ${form < 2 ? "default" : `for values in ${here.id === "text" ? "('7')" : "(7)"}`}`,
    ];
  },
  child: ({ here, name, form, there }) => {
    if (!here.child || here.partitions !== null) return [];
    return [
      [`create table ${name}_grandchild (further integer) inherits (${name}_child)`],
      [`alter table ${name}_child add constraint ${name}_child_own check (id is not null)`],
      [`create trigger ${name}_own before update on ${name}_child for each row execute function touch()`],
      [
        `create table ${name}_other (like ${name})`,
        `alter table ${name}_other inherit ${name}`,
        `create view g2 as select * from ${there ?? name}`,
      ],
    ][form] as string[];
  },
  shown: ({ model, role, form, other }) => {
    const view = model.views[other % 2];
    if (!view || !model.tables[view.of]) return [];
    const name = `v${other % 2}`;
    if (view.materialized) return [`create unique index ${name}_index on ${name} (id)`, `comment on column ${name}.id is 'key'`];
    return [
      [`grant select on ${name} to ${role}`],
      [`create trigger ${name}_touch instead of update on ${name} for each row execute function touch()`],
      [`alter view ${name} alter id set default ${model.tables[view.of]?.id === "text" ? "'1'" : "1"}`],
      [`create view g3 as select ${name} from ${name}`],
    ][form] as string[];
  },
  policy: ({ name, there, role, form }) => [
    `create policy p0 on ${name} to ${role} using (exists (select 1 from ${there ?? name} as o where o.id is not null))`,
    ...(form === 0 ? [`alter table ${name} enable row level security, force row level security`] : []),
  ],
  published: ({ name, type, column, form }) => [
    `create publication p0 for table ${name}${form === 0 ? " (id)" : form === 1 && type !== undefined ? ` (id, c${column})` : ""}`,
  ],
  reference: ({ model, here, name, other, type, column, there, form }) => {
    const target = model.tables[other];
    if (!target || target.key === "none" || target.id !== type) return [];
    if ((here.unlogged && here.partitions === null) !== (target.unlogged && target.partitions === null)) return [];
    const action =
      ["", " on delete set null", " on update cascade not valid", " on delete cascade deferrable initially deferred"][form] ?? "";
    const fits = here.partitions === null ? action : action.replace(" not valid", "");
    return [`alter table ${name} add constraint ${name}_too foreign key (c${column}) references ${there} (id)${fits}`];
  },
  moved: ({ name }) => ["create schema app", `alter table ${name} set schema app`],
};
