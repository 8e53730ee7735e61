/** What migrations written by hand may have made. */
import type { TestContext } from "node:test";
import { type Declared, withFirst } from "./support.ts";

const byHand = `-- Up migration
create function public.touch() returns trigger language plpgsql as $$ begin new.created_at := now(); return new; end $$;
create trigger users_touch before update on users for each row execute function public.touch();
alter table users enable row level security;
alter table users force row level security;
create policy own on users using (email = current_user);
comment on table users is 'people';
comment on column users.email is 'where letters go';
grant select on users to public;
create view grown as select id, email from users where age > 18;
create materialized view counts as select count(*) from wallets;
create index users_cover on users (email) include (age);
alter table users add column nick text collate "C";
alter table savings_plans add constraint no_overlap exclude using btree (goal with =);
alter table wallets alter constraint wallets_owner_users_id_fk deferrable initially deferred;
alter table users alter column name set storage external;
alter table users alter column name set statistics 500;
create table app_log (id int primary key, at timestamptz default now());
create table events (id int, at date) partition by range (at);
create table events_1 partition of events for values from ('2020-01-01') to ('2021-01-01');
create domain positive as int check (value > 0);
-- Down migration
`;

export const kinds: readonly string[] = [
  "function",
  "trigger",
  "policy",
  "comment",
  "grant",
  "view",
  "materialized view",
  "index",
  "constraint",
  "table",
  "domain",
  "column",
];

/** The savings club after its first migration and one by hand, both applied. */
export async function withHandmade(t: TestContext): Promise<Declared> {
  const p = await withFirst(t);
  await p.write({ "002_by_hand.sql": byHand });
  await p.up();
  return p;
}
