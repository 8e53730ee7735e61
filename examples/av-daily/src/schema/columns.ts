import { bigint, timestamp } from "drizzle-orm/pg-core";

/** Money is whole kobo, a hundredth of a naira: exact, and within a JavaScript number up to 90 trillion naira. */
export const kobo = (name: string) => bigint(name, { mode: "number" });

export const createdAt = () => timestamp("created_at", { withTimezone: true }).notNull().defaultNow();

export const updatedAt = () =>
  timestamp("updated_at", { withTimezone: true })
    .notNull()
    .defaultNow()
    .$onUpdate(() => new Date());
