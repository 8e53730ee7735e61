-- Seeds: which environment this database is, what each seeder did, and which rows it made.
create table pgsteward.database_environment (
  only_row boolean primary key default true check (only_row),
  environment text not null check (environment in ('development', 'testing', 'staging', 'demo', 'production')),
  system_identifier text not null,
  database_name text not null,
  marked_by text not null,
  marked_at timestamptz not null default clock_timestamp()
);
comment on table pgsteward.database_environment is 'The environment that this database itself says it is; it counts only on the server and in the database that it was written for';

create table pgsteward.seed_run (
  id bigint generated always as identity primary key,
  run_id bigint references pgsteward.run (id),
  seeder text not null,
  category text,
  profile text not null,
  hash text not null,
  shape jsonb not null,
  generator_version integer,
  spec jsonb,
  inserted bigint not null default 0,
  updated bigint not null default 0,
  unrecorded jsonb,
  state text not null check (state in ('applied', 'undone')),
  applied_at timestamptz not null default clock_timestamp(),
  undone_at timestamptz
);
comment on table pgsteward.seed_run is 'One row for each time a seeder ran; the newest of a seeder tells its state';
comment on column pgsteward.seed_run.hash is 'sha256 of the seeder''s file';
comment on column pgsteward.seed_run.shape is 'The tables that it wrote to, with their columns, as they were then';
comment on column pgsteward.seed_run.unrecorded is 'What it changed beside the rows in seed_row, by table: undo leaves it as it is';
comment on column pgsteward.seed_run.spec is 'What generated rows can be computed from again: seed and number of rows by table';
create index seed_run_seeder on pgsteward.seed_run (seeder, id);

create table pgsteward.seed_row (
  id bigint generated always as identity primary key,
  seed_run_id bigint not null references pgsteward.seed_run (id) on delete cascade,
  schema_name text not null,
  table_name text not null,
  action text not null check (action in ('inserted', 'updated')),
  key_columns text[] not null,
  key_values text[] not null,
  column_names text[],
  column_values text[],
  row_hash text
);
comment on table pgsteward.seed_row is 'The rows that a seeder made or changed; of a changed row the values before';
comment on column pgsteward.seed_row.row_hash is 'md5 of the row as the run left it, over the columns of the run''s shape';
create index seed_row_run on pgsteward.seed_row (seed_run_id);

-- While a seeder runs SQL of its own, statement triggers on the tables that it writes to call this. Arguments: the columns of the key.
create function pgsteward.record_seed_rows() returns trigger
  language plpgsql security definer
  set search_path = ''
as $$
declare
  run constant bigint := pg_catalog.current_setting('pgsteward.seed_run')::bigint;
  keys constant text[] := array(select k from pg_catalog.unnest(tg_argv) with ordinality u(k, n) order by n);
  same constant text := (select pg_catalog.string_agg(pg_catalog.format('o.%1$I = r.%1$I', k), ' and ') from pg_catalog.unnest(keys) k);
  key_values constant text := (
    select pg_catalog.string_agg(pg_catalog.format('r.%I::text', k), ', ' order by n) from pg_catalog.unnest(keys) with ordinality u(k, n));
  names text[];
  was text;
  becomes text;
begin
  if tg_op = 'INSERT' then
    execute pg_catalog.format(
      'insert into pgsteward.seed_row (seed_run_id, schema_name, table_name, action, key_columns, key_values)
       select $1, $2, $3, ''inserted'', $4, array[%s] from seed_new r', key_values)
      using run, tg_table_schema::text, tg_table_name::text, keys;
    return null;
  end if;
  select pg_catalog.array_agg(a.attname::text order by a.attnum),
    pg_catalog.string_agg(pg_catalog.format('o.%I::text', a.attname), ', ' order by a.attnum),
    pg_catalog.string_agg(pg_catalog.format('r.%I::text', a.attname), ', ' order by a.attnum)
  into names, was, becomes
  from pg_catalog.pg_attribute a
  where a.attrelid = tg_relid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
  execute pg_catalog.format(
    'insert into pgsteward.seed_row (seed_run_id, schema_name, table_name, action, key_columns, key_values, column_names, column_values)
     select $1, $2, $3, ''updated'', $4, array[%s], d.names, d.was
     from seed_old o join seed_new r on %s
     cross join lateral (
       select pg_catalog.array_agg(c.name) as names, pg_catalog.array_agg(c.was) as was
       from rows from (pg_catalog.unnest($5), pg_catalog.unnest(array[%s]), pg_catalog.unnest(array[%s])) c(name, was, becomes) where c.was is distinct from c.becomes) d', key_values, same, was, becomes)
    using run, tg_table_schema::text, tg_table_name::text, keys, names;
  return null;
end;
$$;
comment on function pgsteward.record_seed_rows() is 'Trigger: writes the rows of a statement to seed_row';
revoke execute on function pgsteward.record_seed_rows() from public;
