import { sql } from "drizzle-orm";
import { check, date, foreignKey, index, integer, pgEnum, pgTable, primaryKey, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { createdAt, kobo, updatedAt } from "./columns.ts";
import { frequency } from "./savings-plans.ts";
import { transactions } from "./transactions.ts";
import { users } from "./users.ts";

export const groupStatus = pgEnum("group_status", ["forming", "active", "completed"]);
export const groupRole = pgEnum("group_role", ["admin", "member"]);

/** People who save together: each puts in the same amount each time. */
export const groups = pgTable(
  "groups",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    /** What one types to join. */
    code: text("code").notNull().unique(),
    name: text("name").notNull(),
    ownerId: uuid("owner_id")
      .notNull()
      .references(() => users.id, { onDelete: "restrict" }),
    status: groupStatus("status").notNull().default("forming"),
    frequency: frequency("frequency").notNull(),
    contributionKobo: kobo("contribution_kobo").notNull(),
    startDate: date("start_date").notNull(),
    /** How many rows of group_members it has. */
    memberCount: integer("member_count").notNull().default(0),
    /** What its contributions come to. */
    contributedKobo: kobo("contributed_kobo").notNull().default(0),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [index("groups_owner_id_idx").on(table.ownerId)],
);

export const groupMembers = pgTable(
  "group_members",
  {
    groupId: uuid("group_id")
      .notNull()
      .references(() => groups.id, { onDelete: "restrict" }),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "restrict" }),
    role: groupRole("role").notNull().default("member"),
    /** What the member's contributions to the group come to. */
    contributedKobo: kobo("contributed_kobo").notNull().default(0),
    joinedAt: timestamp("joined_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.groupId, table.userId] }), index("group_members_user_id_idx").on(table.userId)],
);

/** What a member put into the group, each with the transaction that moved the money. */
export const contributions = pgTable(
  "contributions",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    groupId: uuid("group_id").notNull(),
    userId: uuid("user_id").notNull(),
    transactionId: uuid("transaction_id")
      .notNull()
      .unique()
      .references(() => transactions.id, { onDelete: "restrict" }),
    amountKobo: kobo("amount_kobo").notNull(),
    contributedAt: timestamp("contributed_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    check("contributions_amount_kobo_positive", sql`${table.amountKobo} > 0`),
    foreignKey({
      name: "contributions_member_fk",
      columns: [table.groupId, table.userId],
      foreignColumns: [groupMembers.groupId, groupMembers.userId],
    }).onDelete("restrict"),
    index("contributions_group_id_user_id_idx").on(table.groupId, table.userId),
    index("contributions_user_id_contributed_at_idx").on(table.userId, table.contributedAt).concurrently(),
  ],
);
