-- The ledger: what pgsteward did to this database, when, by whom, on which plan, with what result, and how to undo it.
create schema if not exists pgsteward;
comment on schema pgsteward is 'Ledger of pgsteward: what ran, when, by whom, with what result, and how to undo it';

create table pgsteward.ledger_version (
  version integer primary key,
  tool_version text not null,
  installed_at timestamptz not null default clock_timestamp()
);
comment on table pgsteward.ledger_version is 'Which of the numbered files of the ledger''s own schema are installed';

create table pgsteward.run (
  id bigint generated always as identity primary key,
  operation text not null,
  input jsonb not null,
  plan_hash text not null,
  environment text not null,
  actor text not null,
  host text not null,
  backend_pid integer not null default pg_catalog.pg_backend_pid(),
  tool_version text not null,
  result text not null default 'running' check (result in ('running', 'done', 'failed')),
  database_state text check (database_state in ('unchanged', 'rolled back', 'partly changed')),
  steps_total integer not null,
  steps_done integer not null default 0,
  error jsonb,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz
);
comment on table pgsteward.run is 'One row for each time an operation applied a plan; a row that stays running was killed';

create table pgsteward.migration (
  name text primary key,
  version text not null,
  hash text not null,
  up_hash text not null,
  title text,
  description text,
  down_sql text,
  down_transaction boolean not null default true,
  state text not null check (state in ('applied', 'applying', 'reverting')),
  step_hashes text[] not null default '{}',
  step_open integer,
  step_state text[],
  origin text not null default 'up',
  position bigint generated always as identity,
  run_id bigint references pgsteward.run (id),
  duration_ms integer,
  applied_at timestamptz not null default clock_timestamp()
);
comment on table pgsteward.migration is 'The migrations that are in force: a set of names and content hashes, in the order of application';
comment on column pgsteward.migration.up_hash is 'sha256 of what up executed, without comments above it and without the down section';
comment on column pgsteward.migration.step_hashes is 'sha256 of each step that is done, while state is applying or reverting';
comment on column pgsteward.migration.step_state is 'How far the open step came: a backfill''s last key';
comment on column pgsteward.migration.step_open is 'The step outside a transaction that was begun and not yet recorded as done';

create table pgsteward.migration_event (
  id bigint generated always as identity primary key,
  name text not null,
  action text not null check (action in ('up', 'down', 'failed', 'baseline', 'adopt', 'rebaseline', 'rename', 'forget', 'resolve', 'absorb')),
  hash text,
  run_id bigint references pgsteward.run (id),
  detail jsonb,
  duration_ms integer,
  occurred_at timestamptz not null default clock_timestamp()
);
comment on table pgsteward.migration_event is 'Everything that ever happened to a migration, failures included; rows are only added';
create index migration_event_name on pgsteward.migration_event (name, id);
