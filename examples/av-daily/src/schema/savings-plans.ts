import { sql } from "drizzle-orm";
import { boolean, date, index, pgEnum, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { createdAt, kobo, updatedAt } from "./columns.ts";
import { users } from "./users.ts";

export const frequency = pgEnum("frequency", ["daily", "weekly", "monthly"]);
export const planStatus = pgEnum("plan_status", ["active", "paused", "completed", "cancelled"]);

export const savingsPlans = pgTable(
  "savings_plans",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "restrict" }),
    name: text("name").notNull(),
    status: planStatus("status").notNull().default("active"),
    frequency: frequency("frequency").notNull(),
    contributionKobo: kobo("contribution_kobo").notNull(),
    targetKobo: kobo("target_kobo").notNull(),
    /** What the completed transactions of the plan come to. */
    savedKobo: kobo("saved_kobo").notNull().default(0),
    startDate: date("start_date").notNull(),
    endDate: date("end_date").notNull(),
    isAutomatic: boolean("is_automatic").notNull().default(false),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique("savings_plans_user_id_name_unique").on(table.userId, table.name),
    index("savings_plans_active_end_date_idx").on(table.endDate).where(sql`${table.status} = 'active'`).concurrently(),
  ],
);
