/** Small migrations as people write them, the same SQL for every tool. */

export interface Migration {
  /** From 1. */
  readonly number: number;
  readonly name: string;
  readonly statements: readonly string[];
  /** Where it cannot run in a transaction. */
  readonly bare?: boolean;
}

/** A cycle of five: a table, a column, an index with a comment, ten rows, a function. */
export function corpus(count: number): readonly Migration[] {
  return Array.from({ length: count }, (_, i) => {
    const [name, ...statements] = kinds[i % kinds.length]?.(`item_${Math.floor(i / kinds.length) + 1}`) ?? [];
    return { number: i + 1, name: name ?? "", statements };
  });
}

const kinds: readonly ((table: string) => [name: string, ...statements: string[]])[] = [
  (table) => [
    `create_${table}`,
    `CREATE TABLE ${table} (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  amount numeric(12, 2) NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now()
)`,
  ],
  (table) => [`add_status_to_${table}`, `ALTER TABLE ${table} ADD COLUMN status text NOT NULL DEFAULT 'new'`],
  (table) => [
    `index_${table}`,
    `CREATE INDEX ${table}_status_idx ON ${table} (status, created_at)`,
    `COMMENT ON TABLE ${table} IS 'Items of kind ${table}'`,
  ],
  (table) => [
    `fill_${table}`,
    `INSERT INTO ${table} (name, amount) VALUES\n${Array.from({ length: 10 }, (_, i) => `  ('name ${i}', ${i}.50)`).join(",\n")}`,
  ],
  (table) => [
    `count_${table}`,
    `CREATE FUNCTION count_${table}(wanted text) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  result bigint;
BEGIN
  SELECT count(*) INTO result FROM ${table} WHERE status = wanted;
  RETURN result;
END;
$$`,
  ],
];

/** Five files with rows to index, the fourth with a CREATE INDEX CONCURRENTLY. */
export function concurrentCorpus(): readonly Migration[] {
  return [
    { number: 1, name: "create_orders", statements: ["CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint NOT NULL, note text)"] },
    {
      number: 2,
      name: "fill_orders",
      statements: ["INSERT INTO orders SELECT i, i % 97, 'note ' || i FROM generate_series(1, 20000) AS i"],
    },
    { number: 3, name: "add_total", statements: ["ALTER TABLE orders ADD COLUMN total numeric NOT NULL DEFAULT 0"] },
    {
      number: 4,
      name: "index_orders",
      statements: ["CREATE INDEX CONCURRENTLY orders_customer_idx ON orders (customer)"],
      bare: true,
    },
    {
      number: 5,
      name: "create_payments",
      statements: ["CREATE TABLE payments (id bigint PRIMARY KEY, order_id bigint REFERENCES orders)"],
    },
  ];
}

/** All of it as one script. */
export function scriptOf(migrations: readonly Migration[]): string {
  return migrations.map(({ statements }) => statements.map((sql) => `${sql};\n`).join("")).join("");
}
