/** Indexes that the application's lists are read by; the built-in checks know those of foreign keys. */
import { defineCheck } from "pgsteward/check";

export default defineCheck([
  {
    name: "transactions.history_index",
    category: "performance",
    index: { table: "public.transactions", columns: ["user_id", "created_at"] },
    message: "a user's transactions, newest first, are sorted on every request",
  },
  {
    name: "contributions.history_index",
    category: "performance",
    index: { table: "public.contributions", columns: ["user_id", "contributed_at"] },
    message: "a user's contributions, newest first, are sorted on every request",
  },
]);
