/** A schema with something of everything, for statements that change it. */
import { reader } from "./support.ts";

export const base: string = `
create schema app;
create type app.mood as enum ('sad', 'ok', 'happy');
create type app.address as (street text, city varchar(80));
create domain app.email as text constraint email_at check (value ~ '@');
create sequence app.numbers start 100 increment 5;
create collation app.plain (locale = 'C');
create function app.touch() returns trigger language plpgsql as $$ begin return new; end $$;
create function app.add(a integer, b integer default 2) returns integer language sql immutable as 'select a + b';
create procedure app.work(inout a integer) language plpgsql as $$ begin a := a + 1; end $$;
create table app.teams (id integer primary key, name text not null unique, motto text);
create table app.users (
  id bigint generated always as identity primary key,
  team_id integer references app.teams,
  email app.email not null,
  nick varchar(40),
  mood app.mood default 'ok',
  age integer constraint users_age check (age >= 0),
  bio text collate "C",
  balance numeric(12, 2) not null default 0,
  tags text[],
  code text not null,
  created_at timestamptz not null default now(),
  handle text,
  votes integer,
  lower_handle text generated always as (lower(handle)) stored
);
create unique index users_email on app.users (email);
create index users_team on app.users (team_id) where age > 1;
create statistics app.users_stats (dependencies) on team_id, age from app.users;
alter table app.users add constraint users_code unique (code);
alter table app.users alter column bio set storage external, alter column nick set statistics 300;
create trigger users_touch before update on app.users for each row execute function app.touch();
comment on table app.users is 'people';
comment on column app.users.nick is 'how friends say';
comment on constraint users_age on app.users is 'born';
comment on index app.users_team is 'for lists';
grant select, insert on app.users to ${reader};
grant update (nick) on app.users to ${reader};
create table app.notes (
  id serial primary key, user_id bigint references app.users on delete cascade, body text, number integer default nextval('app.numbers'), extra jsonb
);
alter table app.notes enable row level security;
alter table app.notes force row level security;
create policy own on app.notes using (user_id = 1) with check (user_id = 1);
create policy seen on app.notes for select to ${reader} using (body is not null);
comment on policy own on app.notes is 'mine';
create rule notes_quiet as on delete to app.notes where old.id < 0 do instead nothing;
create table app.codes (code text primary key, label text not null);
create unique index codes_label on app.codes (label);
create table app.log (at timestamptz, what text);
create table app.events (id bigint, at date not null, primary key (id, at)) partition by range (at);
create table app.events_2020 partition of app.events for values from ('2020-01-01') to ('2021-01-01');
create table app.events_2021 partition of app.events for values from ('2021-01-01') to ('2022-01-01');
create index events_at on app.events (at);
create view app.adults with (security_barrier = true) as select id, handle from app.users where votes > 17;
comment on view app.adults is 'may vote';
grant select on app.adults to ${reader};
create materialized view app.totals as select team_id, count(*) as people from app.users group by team_id;
create unique index totals_team on app.totals (team_id);
create publication news for table app.codes;
alter default privileges in schema app grant select on tables to ${reader};
`;
