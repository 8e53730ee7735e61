/** A database with a schema of its own, to be filled. */
import type { TestContext } from "node:test";
import type { Session } from "../../../src/core/engine.ts";
import { modelOf, type Model, type Wanted } from "../../../src/seed/fill/model.ts";
import { parserFor } from "../../../src/seed/fill/parse.ts";
import { readShape, type Shape } from "../../../src/seed/fill/shape.ts";
import type { FillOptions } from "../../../src/seed/fill/want.ts";
import { fill, type FillResult } from "../../../src/seed/index.ts";
import type { Outcome, RunOptions } from "../../../src/core/operation.ts";
import { project, type Project } from "../../support/migrate-project.ts";

export interface Filled extends Project {
  readonly db: Session;
  fill(options?: FillOptions, more?: RunOptions): Promise<Outcome<FillResult>>;
  /** One number. */
  count(query: string): Promise<number>;
}

export async function database(t: TestContext, schema: string): Promise<Filled> {
  const p = await project(t);
  const db = await p.session();
  await db.script(schema);
  return {
    ...p,
    db,
    fill: async (options = {}, more = {}) => {
      const steward = await p.steward();
      return steward.run(fill, options, more);
    },
    count: async (query) => Number((await db.query<{ n: unknown }>(`select (${query}) as n`)).rows[0]?.n),
  };
}

/** The model of all tables, with `rows` in each. */
export async function modelIn(db: Session, rows: number, more: Partial<Wanted> = {}): Promise<{ model: Model; shape: Shape }> {
  const shape = await readShape(db);
  const wanted: Wanted = {
    seed: 1,
    skew: "none",
    root: undefined,
    rows: new Map(shape.tables.map(({ id }) => [id, rows])),
    offsets: new Map(),
    columns: new Map(),
    ...more,
  };
  return { model: modelOf(shape, wanted, await parserFor(shape)), shape };
}

/** A shop in which everything belongs to a tenant: composite keys, a tree, a junction, every usual check. */
export const shop = `
  create type order_status as enum ('new', 'paid', 'shipped', 'cancelled');
  create domain slug as text check (value ~ '^[a-z0-9]+(-[a-z0-9]+)*$') check (length(value) <= 63);
  create table tenants (id uuid primary key default gen_random_uuid(), name text not null unique, slug slug not null unique);
  create table users (
    id uuid primary key, tenant_id uuid not null references tenants (id), email text not null, name varchar(20) not null,
    deleted_at timestamptz, created_at timestamptz not null, unique (tenant_id, id));
  create unique index users_email on users (tenant_id, lower(email)) where deleted_at is null;
  create table categories (
    id bigint generated always as identity primary key, tenant_id uuid not null references tenants (id), parent_id bigint, name text not null,
    unique (tenant_id, id), unique (tenant_id, name), check (parent_id <> id),
    foreign key (tenant_id, parent_id) references categories (tenant_id, id));
  create table products (
    id bigserial primary key, tenant_id uuid not null references tenants (id), category_id bigint, sku varchar(12) not null unique,
    price numeric(10, 2) not null check (price > 0 and price <= 500), attributes jsonb not null check (jsonb_typeof(attributes) = 'object'),
    tags text[] not null check (cardinality(tags) > 0), price_with_tax numeric generated always as (price * 1.19) stored,
    unique (tenant_id, id), foreign key (tenant_id, category_id) references categories (tenant_id, id));
  create table orders (
    id bigint primary key, tenant_id uuid not null references tenants (id), user_id uuid not null, status order_status not null,
    created_at timestamptz not null, paid_at timestamptz, cancelled_at timestamptz,
    unique (tenant_id, id), foreign key (tenant_id, user_id) references users (tenant_id, id),
    check (paid_at >= created_at), check ((status = 'cancelled') = (cancelled_at is not null)));
  create table order_items (
    tenant_id uuid not null, order_id bigint not null, product_id bigint not null, quantity smallint not null check (quantity between 1 and 9),
    primary key (tenant_id, order_id, product_id),
    foreign key (tenant_id, order_id) references orders (tenant_id, id),
    foreign key (tenant_id, product_id) references products (tenant_id, id));
  create table profiles (
    user_id uuid primary key references users (id), bio text, birthday date, level int not null check (level in (1, 2, 3)));
  create index on orders (user_id);
  create index on order_items (product_id);`;
