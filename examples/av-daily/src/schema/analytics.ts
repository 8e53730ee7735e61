import { integer, pgTable, timestamp, uuid } from "drizzle-orm/pg-core";
import { kobo, updatedAt } from "./columns.ts";
import { users } from "./users.ts";

/** What the application shows of a user at a glance; a job of the application brings it up to date. */
export const userAnalytics = pgTable("user_analytics", {
  userId: uuid("user_id")
    .primaryKey()
    .references(() => users.id, { onDelete: "cascade" }),
  /** What the user's savings plans hold by their completed transactions. */
  totalSavedKobo: kobo("total_saved_kobo").notNull().default(0),
  /** What the user's contributions to groups come to. */
  totalContributedKobo: kobo("total_contributed_kobo").notNull().default(0),
  /** Completed ones. */
  transactionCount: integer("transaction_count").notNull().default(0),
  savingsStreakDays: integer("savings_streak_days").notNull().default(0),
  lastActiveAt: timestamp("last_active_at", { withTimezone: true }),
  updatedAt: updatedAt(),
});
