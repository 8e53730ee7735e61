import { boolean, pgEnum, pgTable, smallint, text, uuid } from "drizzle-orm/pg-core";
import { createdAt, updatedAt } from "./columns.ts";

export const kycStatus = pgEnum("kyc_status", ["not_started", "pending", "approved", "rejected"]);

export const users = pgTable("users", {
  id: uuid("id").primaryKey().defaultRandom(),
  email: text("email").notNull().unique(),
  phone: text("phone").notNull().unique(),
  firstName: text("first_name").notNull(),
  lastName: text("last_name").notNull(),
  /** 0 is not verified; 1 to 3 are the central bank's tiers, each with higher limits. */
  kycTier: smallint("kyc_tier").notNull().default(0),
  kycStatus: kycStatus("kyc_status").notNull().default("not_started"),
  isActive: boolean("is_active").notNull().default(true),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});
