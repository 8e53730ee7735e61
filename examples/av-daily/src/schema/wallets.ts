import { boolean, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { createdAt, kobo, updatedAt } from "./columns.ts";
import { users } from "./users.ts";

export const wallets = pgTable("wallets", {
  id: uuid("id").primaryKey().defaultRandom(),
  userId: uuid("user_id")
    .notNull()
    .unique()
    .references(() => users.id, { onDelete: "restrict" }),
  /** What the completed transactions of the wallet come to. */
  balanceKobo: kobo("balance_kobo").notNull().default(0),
  currency: text("currency").notNull().default("NGN"),
  isActive: boolean("is_active").notNull().default(true),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});
