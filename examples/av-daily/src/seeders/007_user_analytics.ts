/** What the analytics job has written about users who have been active. */
import { defineSeeder } from "pgsteward/seed";
import { readIds } from "../datasets/ids.ts";
import { datasetOf } from "../datasets/index.ts";
import { entriesOf, sumOf } from "../datasets/ledger.ts";

export default defineSeeder({
  category: "analytics",
  async run(seed) {
    const dataset = datasetOf(seed.environment);
    const { users } = await readIds(seed);
    const entries = entriesOf(dataset);
    const analytics = dataset.users.flatMap(({ email, activity }) => {
      if (activity === undefined) return [];
      const own = entries.filter((entry) => entry.email === email);
      return {
        user_id: users.get(email),
        total_saved_kobo: sumOf(own.filter(({ type }) => type === "savings_deposit")),
        total_contributed_kobo: sumOf(own.filter(({ type }) => type === "group_contribution")),
        transaction_count: own.length,
        savings_streak_days: activity.streakDays,
        last_active_at: activity.lastActiveAt,
      };
    });
    await seed.upsert("public.user_analytics", analytics, { key: ["user_id"], update: false });
  },
});
