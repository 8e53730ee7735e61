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
  state text not null check (state in ('applied', 'undone')),
  applied_at timestamptz not null default clock_timestamp(),
  undone_at timestamptz
);
comment on table pgsteward.seed_run is 'One row for each time a seeder ran; the newest of a seeder tells its state';
comment on column pgsteward.seed_run.hash is 'sha256 of the seeder''s file';
comment on column pgsteward.seed_run.shape is 'The tables that it wrote to, with their columns, as they were then';
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
  column_values text[]
);
comment on table pgsteward.seed_row is 'The rows that a seeder made or changed; of a changed row the values before';
create index seed_row_run on pgsteward.seed_row (seed_run_id);
