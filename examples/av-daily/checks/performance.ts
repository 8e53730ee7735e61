/** Indexes by which a user's history is read, newest first. The built-in checks know the foreign keys, the upkeep of large tables and slow queries. */
import { defineCheck } from "pgsteward/check";

export default defineCheck([
  {
    name: "transactions.history_index",
    category: "performance",
    index: { table: "public.transactions", columns: ["user_id", "created_at"] },
  },
  {
    name: "contributions.history_index",
    category: "performance",
    index: { table: "public.contributions", columns: ["user_id", "contributed_at"] },
  },
]);
