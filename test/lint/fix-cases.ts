/** A statement of every kind that has a safe sequence, and what `--fix` makes of it on PostgreSQL 18. */
import { apart } from "../../src/migrate/lint/safe/words.ts";

/** Beside the corpus's tables. */
export const more = `
create materialized view keyless_totals as select 1 as n;
create table a_table_with_a_name_of_forty_characters__ (id bigint primary key, a_column_with_a_name_of_forty_one_characters int);
insert into a_table_with_a_name_of_forty_characters__ values (1, 1);`;

export interface FixCase {
  readonly name: string;
  /** Runs on the corpus's tables with their rows. */
  readonly sql: string;
  /** The whole section; undefined where it is left to a person. */
  readonly fixed?: string;
}

/** Statements that are transactions of their own. */
const each = (...statements: readonly string[]): string => [apart, ...statements].join("\n");

export const cases: readonly FixCase[] = [
  {
    name: "set_not_null",
    sql: "alter table t alter column i set not null",
    fixed: each("alter table t add constraint t_i_not_null not null i not valid;", "alter table t validate constraint t_i_not_null;"),
  },
  {
    name: "two_commands",
    sql: `alter table t
  alter column f set not null,
  -- and this
  alter column u set not null`,
    fixed: each(
      `alter table t
  add constraint t_f_not_null not null f not valid;`,
      `alter table t
  validate constraint t_f_not_null;`,
      `-- and this
alter table t
  add constraint t_u_not_null not null u not valid;`,
      `alter table t
  validate constraint t_u_not_null;`,
    ),
  },
  {
    name: "check",
    sql: "ALTER TABLE t ADD CONSTRAINT small CHECK (i < 1000)",
    fixed: each("ALTER TABLE t ADD CONSTRAINT small CHECK (i < 1000) NOT VALID;", "ALTER TABLE t VALIDATE CONSTRAINT small;"),
  },
  {
    name: "unnamed_check",
    sql: "alter table t add check (i <= big + 1)",
    fixed: each("alter table t add constraint t_check check (i <= big + 1) not valid;", "alter table t validate constraint t_check;"),
  },
  {
    name: "foreign_key",
    sql: `alter table only t add constraint fk foreign key (big)
  references parent (id)`,
    fixed: each(
      `alter table only t add constraint fk foreign key (big)
  references parent (id) not valid;`,
      "alter table only t validate constraint fk;",
    ),
  },
  {
    name: "unnamed_foreign_key",
    sql: "alter table public.t add foreign key (sm) references parent (id) on delete cascade deferrable initially deferred",
    fixed: each(
      "alter table public.t add constraint t_sm_fkey foreign key (sm) references parent (id) on delete cascade deferrable initially deferred not valid;",
      "alter table public.t validate constraint t_sm_fkey;",
    ),
  },
  {
    name: "unique",
    sql: "alter table t add unique (i, nn)",
    fixed: each(
      "create unique index concurrently t_i_nn_key on t (i, nn);",
      "alter table t add constraint t_i_nn_key unique using index t_i_nn_key;",
    ),
  },
  {
    name: "unique_include",
    sql: "alter table t add constraint one unique (txt) include (i)",
    fixed: each("create unique index concurrently one on t (txt) include (i);", "alter table t add constraint one unique using index one;"),
  },
  {
    name: "primary_key",
    sql: "alter table keyless add primary key (a, b)",
    fixed: each(
      "alter table keyless add constraint keyless_a_not_null not null a not valid;",
      "alter table keyless validate constraint keyless_a_not_null;",
      "alter table keyless add constraint keyless_b_not_null not null b not valid;",
      "alter table keyless validate constraint keyless_b_not_null;",
      "create unique index concurrently keyless_pkey on keyless (a, b);",
      "alter table keyless add constraint keyless_pkey primary key using index keyless_pkey;",
    ),
  },
  {
    name: "index",
    sql: "create index on t (txt)",
    fixed: "create index concurrently on t (txt);",
  },
  {
    name: "partial_index",
    sql: "CREATE UNIQUE INDEX lower_text ON t USING btree (lower(txt) DESC) INCLUDE (i) WHERE i > 0",
    fixed: "CREATE UNIQUE INDEX CONCURRENTLY lower_text ON t USING btree (lower(txt) DESC) INCLUDE (i) WHERE i > 0;",
  },
  {
    name: "partitioned_index",
    sql: "create index on events (id desc)",
    fixed: each(
      "create index events_id_idx on only events (id desc);",
      "create index concurrently events_2025_id_idx on public.events_2025 (id desc);",
      "alter index events_id_idx attach partition public.events_2025_id_idx;",
      "create index concurrently events_rest_id_idx on public.events_rest (id desc);",
      "alter index events_id_idx attach partition public.events_rest_id_idx;",
    ),
  },
  {
    name: "reindex",
    sql: "reindex table t",
    fixed: "reindex table concurrently t;",
  },
  {
    name: "refresh",
    sql: "refresh materialized view totals",
    fixed: "refresh materialized view concurrently totals;",
  },
  {
    name: "refresh_without_key",
    sql: "refresh materialized view keyless_totals",
  },
  {
    name: "volatile_default",
    sql: "alter table t add column token uuid not null default gen_random_uuid()",
    fixed: each(
      "alter table t add column token uuid;",
      "alter table t alter column token set default gen_random_uuid();",
      `-- pgsteward: backfill table=public.t batch=1000
update t set token = gen_random_uuid() where token is null;`,
      "alter table t add constraint t_token_not_null not null token not valid;",
      "alter table t validate constraint t_token_not_null;",
    ),
  },
  {
    name: "serial",
    sql: "alter table t add column number bigserial",
    fixed: each(
      "alter table t add column number bigint;",
      "create sequence t_number_seq as bigint owned by t.number;",
      "alter table t alter column number set default nextval('t_number_seq');",
      `-- pgsteward: backfill table=public.t batch=1000
update t set number = nextval('t_number_seq') where number is null;`,
      "alter table t add constraint t_number_not_null not null number not valid;",
      "alter table t validate constraint t_number_not_null;",
    ),
  },
  {
    name: "identity",
    sql: "alter table t add column running bigint generated always as identity",
    fixed: each(
      "alter table t add column running bigint;",
      "create sequence t_running_fill as bigint;",
      "alter table t alter column running set default nextval('t_running_fill');",
      `-- pgsteward: backfill table=public.t batch=1000
update t set running = nextval('t_running_fill') where running is null;`,
      "alter table t add constraint t_running_not_null not null running not valid;",
      "alter table t validate constraint t_running_not_null;",
      "begin;",
      "alter table t alter column running drop default;",
      "alter table t alter column running add generated always as identity;",
      "select pg_catalog.setval(pg_catalog.pg_get_serial_sequence('t', 'running'), nextval('t_running_fill'), false);",
      "drop sequence t_running_fill;",
      "commit;",
    ),
  },
  {
    name: "column_check",
    sql: "alter table t add column c1 int check (c1 > 0)",
    fixed: each(
      "alter table t add column c1 int;",
      "alter table t add constraint t_c1_check check (c1 > 0) not valid;",
      "alter table t validate constraint t_c1_check;",
    ),
  },
  {
    name: "column_unique",
    sql: "alter table t add column c2 text unique",
    fixed: each(
      "alter table t add column c2 text;",
      "create unique index concurrently t_c2_key on t (c2);",
      "alter table t add constraint t_c2_key unique using index t_c2_key;",
    ),
  },
  {
    name: "column_key",
    sql: "alter table t add column c3 bigint default 1 references parent",
    fixed: each(
      "alter table t add column c3 bigint default 1;",
      "alter table t add constraint t_c3_fkey foreign key (c3) references parent not valid;",
      "alter table t validate constraint t_c3_fkey;",
    ),
  },
  {
    name: "several_columns",
    sql: "alter table t add column c4 int, add column c5 timestamptz default clock_timestamp()",
    fixed: each(
      "alter table t add column c4 int;",
      "alter table t add column c5 timestamptz;",
      "alter table t alter column c5 set default clock_timestamp();",
      `-- pgsteward: backfill table=public.t batch=1000
update t set c5 = clock_timestamp() where c5 is null;`,
    ),
  },
  {
    name: "attach_list",
    sql: "alter table lists attach partition lists_c for values in ('c')",
    fixed: each(
      "alter table lists_c add constraint lists_c_bounds check (kind is not null and kind in ('c')) not valid;",
      "alter table lists_c validate constraint lists_c_bounds;",
      "alter table lists attach partition lists_c for values in ('c');",
      "alter table lists_c drop constraint lists_c_bounds;",
    ),
  },
  {
    name: "attach_range",
    sql: "alter table events attach partition events_2026 for values from ('2026-01-01') to ('2027-01-01')",
    fixed: each(
      "create index concurrently events_2026_kind_idx on events_2026 using btree (kind);",
      "create index concurrently events_2026_id_idx on events_2026 using btree (id DESC);",
      "alter table events_2026 add constraint events_2026_bounds check (at is not null and at >= '2026-01-01' and at < '2027-01-01') not valid;",
      "alter table events_2026 validate constraint events_2026_bounds;",
      "alter table public.events_rest add constraint events_rest_not_events_2026 check (at is not null and not (at >= '2026-01-01' and at < '2027-01-01')) not valid;",
      "alter table public.events_rest validate constraint events_rest_not_events_2026;",
      "alter table events attach partition events_2026 for values from ('2026-01-01') to ('2027-01-01');",
      "alter table events_2026 drop constraint events_2026_bounds;",
      "alter table public.events_rest drop constraint events_rest_not_events_2026;",
    ),
  },
  {
    name: "new_partition",
    sql: "create table events_2028 partition of events for values from ('2028-01-01') to ('2029-01-01')",
    fixed: each(
      "create table events_2028 (like events including all);",
      "alter table events_2028 add constraint events_2028_bounds check (at is not null and at >= '2028-01-01' and at < '2029-01-01') not valid;",
      "alter table events_2028 validate constraint events_2028_bounds;",
      "alter table public.events_rest add constraint events_rest_not_events_2028 check (at is not null and not (at >= '2028-01-01' and at < '2029-01-01')) not valid;",
      "alter table public.events_rest validate constraint events_rest_not_events_2028;",
      "alter table events attach partition events_2028 for values from ('2028-01-01') to ('2029-01-01');",
      "alter table events_2028 drop constraint events_2028_bounds;",
      "alter table public.events_rest drop constraint events_rest_not_events_2028;",
    ),
  },
  {
    name: "update",
    sql: "update t set spare = 'x'",
    fixed: `-- pgsteward: backfill table=public.t batch=1000
update t set spare = 'x';`,
  },
  {
    name: "stored",
    sql: "alter table t add column twice int generated always as (i * 2) stored",
  },
  {
    name: "type",
    sql: "alter table t alter column sm type int",
  },
  {
    name: "lock_held",
    sql: `alter table parent alter column name set default 'x';
update parent set name = 'y' where id = 1`,
    fixed: each("alter table parent alter column name set default 'x';", "update parent set name = 'y' where id = 1;"),
  },
  {
    name: "long_names",
    sql: "alter table a_table_with_a_name_of_forty_characters__ add unique (a_column_with_a_name_of_forty_one_characters)",
    fixed: each(
      "create unique index concurrently a_table_with_a_name_of_forty__a_column_with_a_name_of_forty_key on a_table_with_a_name_of_forty_characters__ (a_column_with_a_name_of_forty_one_characters);",
      "alter table a_table_with_a_name_of_forty_characters__ add constraint a_table_with_a_name_of_forty__a_column_with_a_name_of_forty_key unique using index a_table_with_a_name_of_forty__a_column_with_a_name_of_forty_key;",
    ),
  },
];
