/** Statements of every kind that has a safe sequence, as pending files of one project, with what `--fix` makes of them. */

export interface FixCase {
  readonly name: string;
  readonly sql: string;
  /** On PostgreSQL 18; undefined where it is left as it is. */
  readonly fixed?: string;
  /** Why it is left. */
  readonly left?: RegExp;
}

export const cases: readonly FixCase[] = [
  { name: "set_not_null", sql: "alter table t alter column i set not null" },
  { name: "two_commands", sql: "alter table t\n  alter column f set not null,\n  -- and this\n  alter column u set not null" },
  { name: "check", sql: "ALTER TABLE t ADD CONSTRAINT small CHECK (i < 1000)" },
  { name: "unnamed_check", sql: "alter table t add check (i <= big + 1)" },
  { name: "foreign_key", sql: "alter table only t add constraint fk foreign key (big)\n  references parent (id)" },
  { name: "unnamed_foreign_key", sql: "alter table public.t add foreign key (sm) references parent (id) on delete cascade deferrable initially deferred" },
  { name: "unique", sql: "alter table t add unique (i, nn)" },
  { name: "unique_include", sql: "alter table t add constraint one unique (txt) include (i)" },
  { name: "primary_key", sql: "alter table keyless add primary key (a, b)" },
  { name: "index", sql: "create index on t (txt)" },
  { name: "partial_index", sql: "CREATE UNIQUE INDEX lower_text ON t USING btree (lower(txt) DESC) INCLUDE (i) WHERE i > 0" },
  { name: "partitioned_index", sql: "create index on events (id desc)" },
  { name: "reindex", sql: "reindex table t" },
  { name: "refresh", sql: "refresh materialized view totals" },
  { name: "refresh_without_key", sql: "refresh materialized view keyless_totals" },
  { name: "volatile_default", sql: "alter table t add column token uuid not null default gen_random_uuid()" },
  { name: "serial", sql: "alter table t add column number bigserial" },
  { name: "identity", sql: "alter table t add column running bigint generated always as identity" },
  { name: "column_check", sql: "alter table t add column c1 int check (c1 > 0)" },
  { name: "column_unique", sql: "alter table t add column c2 text unique" },
  { name: "column_key", sql: "alter table t add column c3 bigint default 1 references parent" },
  { name: "several_columns", sql: "alter table t add column c4 int, add column c5 timestamptz default clock_timestamp()" },
  { name: "attach_list", sql: "alter table lists attach partition lists_c for values in ('c')" },
  { name: "attach_range", sql: "alter table events attach partition events_2026 for values from ('2026-01-01') to ('2027-01-01')" },
  { name: "new_partition", sql: "create table events_2028 partition of events for values from ('2028-01-01') to ('2029-01-01')" },
  { name: "update", sql: "update t set spare = 'x'" },
  { name: "stored", sql: "alter table t add column twice int generated always as (i * 2) stored" },
  { name: "type", sql: "alter table t alter column sm type int" },
  { name: "lock_held", sql: "alter table parent alter column name set default 'x';\nupdate parent set name = 'y' where id = 1" },
];
