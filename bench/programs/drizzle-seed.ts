/** drizzle-seed.ts <url> <users>: the same tables and numbers of rows through drizzle-seed. */
import { drizzle } from "drizzle-orm/node-postgres";
import { bigint, integer, numeric, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { seed } from "drizzle-seed";
import pg from "pg";

const [url = "", users = "100000"] = process.argv.slice(2);
const count = Number(users);
const id = (): ReturnType<typeof bigint> => bigint("id", { mode: "number" });
const time = timestamp("created_at", { withTimezone: true, mode: "string" }).notNull();
const userTable = pgTable("users", {
  id: id().primaryKey(),
  email: text("email").notNull().unique(),
  name: text("name").notNull(),
  country: text("country").notNull(),
  age: integer("age").notNull(),
  createdAt: time,
});
const orderTable = pgTable("orders", {
  id: id().primaryKey(),
  userId: bigint("user_id", { mode: "number" })
    .notNull()
    .references(() => userTable.id),
  status: text("status").notNull(),
  total: numeric("total", { precision: 10, scale: 2 }).notNull(),
  createdAt: time,
});
const itemTable = pgTable("items", {
  id: id().primaryKey(),
  orderId: bigint("order_id", { mode: "number" })
    .notNull()
    .references(() => orderTable.id),
  product: text("product").notNull(),
  quantity: integer("quantity").notNull(),
  price: numeric("price", { precision: 10, scale: 2 }).notNull(),
});
const pool = new pg.Pool({ connectionString: url, max: 1 });
const started = performance.now();
await seed(drizzle(pool), { userTable, orderTable, itemTable }, { seed: 1 }).refine((make) => ({
  userTable: {
    count,
    columns: {
      email: make.email(),
      name: make.fullName(),
      country: make.valuesFromArray({ values: ["DE", "FR", "US"] }),
      age: make.int({ minValue: 18, maxValue: 90 }),
    },
  },
  orderTable: {
    count: count * 3,
    columns: {
      status: make.valuesFromArray({ values: ["new", "paid", "shipped"] }),
      total: make.number({ minValue: 1, maxValue: 500, precision: 100 }),
    },
  },
  itemTable: {
    count: count * 6,
    columns: { quantity: make.int({ minValue: 1, maxValue: 10 }), price: make.number({ minValue: 1, maxValue: 500, precision: 100 }) },
  },
}));
const ms = performance.now() - started;
await pool.end();
console.log(JSON.stringify({ ms, rssMb: process.resourceUsage().maxRSS / 1024 }));
