/** Small schemas with what the built-in rules say about them; each good one differs from the bad one before it in the point. */

export interface Case {
  readonly name: string;
  readonly sql: string;
  /** `severity CODE object count`, the object without its schema, in the order of the findings; remarks are left out unless asked for. */
  readonly finds: readonly string[];
  readonly remarks?: boolean;
  readonly level?: "quick" | "deep";
  /** The oldest server that knows the syntax: 18. */
  readonly since?: number;
}

const shop = `create table customers (id int primary key);
  create table orders (id int primary key, customer_id int references customers);
  insert into customers values (1); insert into orders values (1, 1), (2, null);`;
const unseen = (sql: string): string =>
  `set local session_replication_role = replica; ${sql}; set local session_replication_role = origin;`;

const people = "create table users (id int primary key, tenant_id int not null);";
const notes = "create table notes (id int primary key, tenant_id int not null, user_id int not null references users);";

export const corpus: readonly Case[] = [
  { name: "no orphan under a foreign key; null refers to nothing", sql: shop, finds: [] },
  {
    name: "orphans under a foreign key that says it is valid",
    sql: `${shop} ${unseen("delete from customers")}`,
    finds: ["error CHECK_ORPHANS orders 1"],
  },
  {
    name: "the same, in a sample of a small table, which is all of it",
    sql: `${shop} ${unseen("delete from customers")}`,
    level: "quick",
    finds: ["error CHECK_ORPHANS orders 1"],
  },
  {
    name: "orphans under a foreign key that is not valid",
    sql: `create table a (id int primary key); create table b (id int primary key, a int); insert into b values (1, 7), (2, 8);
      alter table b add foreign key (a) references a not valid;`,
    finds: ["error CHECK_ORPHANS b 2"],
  },
  {
    name: "orphans under a foreign key that is not enforced",
    sql: "create table a (id int primary key); create table b (id int primary key, a int references a not enforced); insert into b values (1, 7);",
    finds: ["error CHECK_ORPHANS b 1"],
    since: 18,
  },
  {
    name: "orphans of a foreign key of two columns; one that is null in part refers to nothing",
    sql: `create table a (x int, y int, primary key (x, y)); create table b (id int primary key, x int, y int, foreign key (x, y) references a);
      ${unseen("insert into b values (1, 1, 1), (2, 1, null)")}`,
    finds: ["error CHECK_ORPHANS b 1"],
  },
  {
    name: "orphans of a partitioned table",
    sql: `create table a (id int primary key); create table b (id int, a int references a) partition by range (id);
      create table b1 partition of b for values from (0) to (10); create table b2 partition of b for values from (10) to (20);
      ${unseen("insert into b values (1, 1), (11, 2)")}`,
    finds: ["error CHECK_ORPHANS b 2"],
  },
  {
    name: "orphans of a table that refers to itself",
    sql: `create table nodes (id int primary key, parent_id int references nodes); ${unseen("insert into nodes values (1, null), (2, 1), (3, 9)")}`,
    finds: ["error CHECK_ORPHANS nodes 1"],
  },
  {
    name: "orphans of a guessed reference: the name and the type fit",
    sql: "create table categories (id int primary key); create table products (id int primary key, category_id bigint); insert into products values (1, 5);",
    finds: ["warning CHECK_ORPHANS products 1"],
  },
  {
    name: "a guess that most of the table contradicts is only told",
    sql: `create table lots (id int primary key); create table parcels (id int primary key, lot_id int);
      insert into parcels select i, i from generate_series(1, 100) i; insert into lots values (1); analyze;`,
    finds: ["info CHECK_ORPHANS parcels 99"],
    remarks: true,
  },
  {
    name: "no guess where the type does not fit, or the row names the table",
    sql: `create table stripes (id uuid primary key); create table posts (id int primary key);
      create table bills (id int primary key, stripe_id text, post_id int, post_type text); insert into bills values (1, 'cus_1', 5, 'page');`,
    finds: [],
  },
  {
    name: "names in camel case and with quotes",
    sql: `create table "User" (id int primary key); create table "Post" ("postNo" int primary key, "userId" int); insert into "Post" values (1, 5);`,
    finds: ["warning CHECK_ORPHANS Post 1"],
  },
  {
    name: "a table without a primary key",
    sql: `create table a (id int primary key); create table b (a int references a); ${unseen("insert into b values (1)")}`,
    finds: ["error CHECK_ORPHANS b 1"],
  },
  {
    name: "rows and parents of one tenant",
    sql: `${people} ${notes} insert into users values (1, 1); insert into notes values (1, 1, 1);`,
    finds: [],
  },
  {
    name: "a row of one tenant with a parent of another",
    sql: `${people} ${notes} insert into users values (1, 1); insert into notes values (1, 1, 1), (2, 2, 1);`,
    finds: ["error CHECK_CROSS_TENANT notes 1"],
  },
  {
    name: "a parent without a tenant belongs to all",
    sql: `create table kinds (id int primary key, tenant_id int); create table notes (id int primary key, tenant_id int, kind_id int references kinds);
      insert into kinds values (1, null); insert into notes values (1, 5, 1);`,
    finds: [],
  },
  {
    name: "alive under a deleted parent",
    sql: `create table a (id int primary key, deleted_at timestamptz); create table b (id int primary key, a int references a, deleted_at timestamptz);
      insert into a values (1, now()), (2, null); insert into b values (1, 1, null), (2, 1, now()), (3, 2, null);`,
    finds: ["warning CHECK_SOFT_DELETED_PARENT b 1"],
  },
  {
    name: "alive under a deleted parent, but it cannot be deleted itself",
    sql: "create table a (id int primary key, deleted_at timestamptz); create table b (id int primary key, a int references a); insert into a values (1, now()); insert into b values (1, 1);",
    finds: [],
  },
  {
    name: "marks that are true",
    sql: `create table a (id int primary key, is_deleted bool); create table b (id int primary key, a int references a, is_deleted bool);
      insert into a values (1, true), (2, null); insert into b values (1, 1, false), (2, 2, null);`,
    finds: ["warning CHECK_SOFT_DELETED_PARENT b 1"],
  },
  {
    name: "ranges that end before they begin",
    sql: `create table plans (id int primary key, start_date date, end_date date, valid_from timestamptz, valid_until timestamptz, started_at timestamp, ended_at timestamp);
      insert into plans values (1, '2024-02-01', '2024-01-01', '2024-01-02', '2024-01-01', '2024-01-02', '2024-01-01'), (2, '2024-01-01', '2024-01-01', now(), null, null, now());`,
    finds: ["warning CHECK_DATE_RANGE plans 1", "warning CHECK_DATE_RANGE plans 1", "warning CHECK_DATE_RANGE plans 1"],
  },
  {
    name: "ranges that end when they begin, and columns that are no times",
    sql: "create table plans (id int primary key, starts_at timestamptz, ends_at timestamptz, from_city text, to_city text, start_page int, end_page int); insert into plans values (1, now(), now(), 'z', 'a', 9, 1);",
    finds: [],
  },
  {
    name: "unique, but not for people",
    sql: "create table users (id int primary key, email text unique, code text unique); insert into users values (1, 'a@x', 'a'), (2, 'A@X', 'A'), (3, 'b@x', 'b');",
    finds: ["warning CHECK_DUPLICATES users 2"],
  },
  {
    name: "unique for each tenant, for people too",
    sql: "create table users (id int primary key, tenant_id int, slug text, unique (tenant_id, slug)); insert into users values (1, 1, 'a'), (2, 2, 'A');",
    finds: [],
  },
  {
    name: "a sequence at the end of its column",
    sql: "create table a (id serial primary key); select setval('a_id_seq', 2000000000); create table b (id smallserial primary key); select setval('b_id_seq', 25000);",
    finds: ["error CHECK_SEQUENCE_RUNNING_OUT a_id_seq", "warning CHECK_SEQUENCE_RUNNING_OUT b_id_seq"],
  },
  {
    name: "a sequence of the same size in a wide column",
    sql: "create table a (id bigserial primary key); select setval('a_id_seq', 2000000000); create sequence ring maxvalue 10 cycle; select setval('ring', 10);",
    finds: [],
  },
  {
    name: "a key that the application counts, near its end",
    sql: "create table a (id int primary key); insert into a values (1800000000); create table b (id bigint primary key); insert into b values (1800000000);",
    finds: ["warning CHECK_KEY_RUNNING_OUT a.id"],
  },
  {
    name: "a reference that is narrower than its key, one that is wider, and one that is no integer",
    sql: `create table a (id bigint primary key); create table b (id int primary key); create table c (id text primary key);
      create table d (a_id int references a, b_id bigint references b, c_id text references c, also int references b);
      create index on d (a_id); create index on d (b_id); create index on d (c_id); create index on d (also);`,
    finds: ["warning CHECK_REFERENCE_NARROW d.a_id"],
  },
  {
    name: "policies that do nothing, a table of tenants that has none, one that nobody can read",
    sql: `create table a (id int primary key, tenant_id int); create policy p on a using (true);
      create table b (id int primary key, tenant_id int); alter table b enable row level security; create policy p on b using (true);
      create table c (id int primary key, tenant_id int); create table d (id int primary key); alter table d enable row level security;`,
    finds: ["error CHECK_RLS_OFF a", "error CHECK_RLS_MISSING c", "info CHECK_RLS_NO_POLICY d"],
    remarks: true,
  },
  { name: "nobody uses row level security", sql: "create table a (id int primary key, tenant_id int);", finds: [] },
  {
    name: "a foreign key without an index, on a table of some size and on a small one",
    sql: `create table a (id int primary key); create table b (id int primary key, a int references a); create table c (id int primary key, a int references a);
      insert into b select i from generate_series(1, 2000) i; analyze b;`,
    finds: ["warning CHECK_INDEX_MISSING b (a)", "info CHECK_INDEX_MISSING c (a)"],
    remarks: true,
  },
  {
    name: "foreign keys whose index has them in another order, first among others, or without nulls",
    sql: `create table a (x int, y int, primary key (x, y)); create table k (id int primary key);
      create table b (id int primary key, x int, y int, k int references k, l int references k, foreign key (x, y) references a);
      create index on b (y, x); create index on b (k, id); create index on b (l) where l is not null;`,
    finds: [],
    remarks: true,
  },
  {
    name: "the same index twice: the one that holds no constraint goes",
    sql: "create table a (id int primary key, x int unique, y text); create index twice on a (x); create index one on a (y); create index two on a (y);",
    finds: ["warning CHECK_INDEX_DUPLICATE twice", "warning CHECK_INDEX_DUPLICATE two"],
  },
  {
    name: "indexes that only look alike; constraints that are alike",
    sql: `create table a (id int primary key, x int, y text, unique (id)); create index on a (x); create index on a (x desc); create index on a (x) where x > 5;
      create index on a (y); create index on a (y text_pattern_ops); create index on a (lower(y));`,
    finds: [],
  },
  {
    name: "an index that is not valid",
    sql: "create table a (id int primary key, x int); create index broken on a (x); update pg_index set indisvalid = false where indexrelid = 'broken'::regclass;",
    finds: ["warning CHECK_INDEX_INVALID broken"],
  },
  {
    name: "a deep run asks the table, not the index",
    sql: `${shop} ${unseen("delete from customers")}`,
    level: "deep",
    finds: ["error CHECK_ORPHANS orders 1"],
  },
];
