import { sql } from "drizzle-orm";
import { check, index, pgEnum, pgTable, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { createdAt, kobo } from "./columns.ts";
import { savingsPlans } from "./savings-plans.ts";
import { users } from "./users.ts";
import { wallets } from "./wallets.ts";

/** `deposit`, `savings_withdrawal` and `group_payout` put money into the wallet, the others take it out. */
export const transactionType = pgEnum("transaction_type", [
  "deposit",
  "withdrawal",
  "savings_deposit",
  "savings_withdrawal",
  "group_contribution",
  "group_payout",
]);
export const transactionStatus = pgEnum("transaction_status", ["pending", "completed", "failed", "reversed"]);

export const transactions = pgTable(
  "transactions",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "restrict" }),
    walletId: uuid("wallet_id")
      .notNull()
      .references(() => wallets.id, { onDelete: "restrict" }),
    savingsPlanId: uuid("savings_plan_id").references(() => savingsPlans.id, { onDelete: "restrict" }),
    type: transactionType("type").notNull(),
    status: transactionStatus("status").notNull().default("pending"),
    amountKobo: kobo("amount_kobo").notNull(),
    /** The payment provider's, or ours. */
    reference: text("reference").notNull().unique(),
    description: text("description"),
    createdAt: createdAt(),
    completedAt: timestamp("completed_at", { withTimezone: true }),
  },
  (table) => [
    check("transactions_amount_kobo_positive", sql`${table.amountKobo} > 0`),
    index("transactions_wallet_id_idx").on(table.walletId),
    index("transactions_savings_plan_id_idx").on(table.savingsPlanId),
    index("transactions_user_id_created_at_idx").on(table.userId, table.createdAt).concurrently(),
    index("transactions_pending_idx").on(table.createdAt).where(sql`${table.status} = 'pending'`).concurrently(),
  ],
);
