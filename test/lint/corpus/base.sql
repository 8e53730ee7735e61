-- What the statements of the corpus find. Without rows for the lint that is under test; with the rows of rows.sql for the truth.
create type mood as enum ('sad', 'ok', 'happy');
create domain plain_text as text;
create domain positive as int check (value > 0);
create table parent (id bigint primary key, code text not null, name text, constraint parent_code_key unique (code));
create table t (
  id int primary key,
  v varchar(20),
  txt text,
  ch char(3),
  n numeric(10, 2),
  i int,
  nn int not null default 0,
  checked int constraint checked_given check (checked is not null),
  sm smallint,
  big bigint,
  f real,
  b boolean not null default false,
  j json,
  jb jsonb,
  ts timestamp,
  tz timestamptz,
  d date,
  tm time(0),
  iv interval(0),
  bits varbit(8),
  cd cidr,
  u uuid,
  m mood,
  dom plain_text,
  pos positive,
  arr int[],
  parent_id bigint,
  owner_id bigint,
  spare text,
  constraint owner_exists foreign key (owner_id) references parent (id)
);
alter table t add constraint i_positive check (i > 0) not valid;
alter table t add constraint parent_exists foreign key (parent_id) references parent (id) not valid;
create index t_i_idx on t (i);
create index t_v_idx on t (v);
create unique index t_nn_key on t (nn);
create unique index t_big_key on t (big);
create statistics t_stats on i, nn from t;
create table child (id bigint primary key, t_id int references t (id), note text);
create table plain (a int, b text);
create unlogged table fleeting (a int primary key);
create table keyless (a int, b int);
create table secured (id bigint primary key, tenant_id uuid not null, body text);
alter table secured enable row level security;
create policy own on secured using (tenant_id is not null);
create table events (id bigint not null, at date not null, kind text) partition by range (at);
create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01');
create table events_rest partition of events default;
create index events_kind_idx on events (kind);
create table lists (id bigint not null, kind text not null) partition by list (kind);
create table lists_a partition of lists for values in ('a');
create table lists_b partition of lists for values in ('b');
create table events_2026 (id bigint not null, at date not null, kind text);
create table events_2027 (id bigint not null, at date not null, kind text,
  constraint in_2027 check (at >= '2027-01-01' and at < '2028-01-01'));
create table lists_c (id bigint not null, kind text not null);
create table lists_d (id bigint not null, kind text not null, constraint is_d check (kind = 'd'));
create table animal (id int primary key, name text);
create table dog (breed text) inherits (animal);
create table cat (id int primary key, name text);
create view active as select id, v, txt from t where b;
create materialized view totals as select i, count(*) as n from t group by i;
create unique index totals_i_key on totals (i);
create sequence counter;
create table ticket (id serial primary key, title text);
create table invoice (id bigint generated always as identity primary key, amount numeric, note text default 'none');
create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger touched before update on t for each row execute function touch();
create rule quiet as on delete to keyless do instead nothing;
create publication changes for table plain with (publish = 'insert');
