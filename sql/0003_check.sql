-- Checks: what they found over time, and the rows that fixes took out of their tables.
create table pgsteward.check_result (
  id bigint generated always as identity primary key,
  run_key text not null,
  level text not null,
  rule text not null,
  category text not null,
  severity text not null,
  object text not null,
  violations bigint not null,
  checked_at timestamptz not null
);
comment on table pgsteward.check_result is 'One row for each rule of each recorded run, for the trend';
create index check_result_rule on pgsteward.check_result (rule, checked_at);

create table pgsteward.quarantine (
  id bigint generated always as identity primary key,
  run_id bigint not null references pgsteward.run (id),
  rule text not null,
  schema_name text not null,
  table_name text not null,
  action text not null check (action in ('removed', 'changed')),
  key_columns text[] not null,
  key_values text[] not null,
  column_names text[] not null,
  column_values text[] not null,
  new_values text[],
  restored_by bigint references pgsteward.run (id),
  quarantined_at timestamptz not null default clock_timestamp()
);
comment on table pgsteward.quarantine is 'Rows as they were before a fix removed or changed them, in the order in which it did';
comment on column pgsteward.quarantine.column_values is 'Each column as its type''s output function writes it; null is null';
comment on column pgsteward.quarantine.new_values is 'What the fix made of a changed row, in the order of column_names';
create index quarantine_run on pgsteward.quarantine (run_id, id);
