/** Savings plans, with what was saved so far. */
import { defineSeeder } from "pgsteward/seed";
import { readIds } from "../datasets/ids.ts";
import { datasetOf } from "../datasets/index.ts";
import { entriesOf, koboOf, sumOf } from "../datasets/ledger.ts";

export default defineSeeder({
  category: "money",
  async run(seed) {
    const dataset = datasetOf(seed.environment);
    const ids = await readIds(seed);
    const entries = Map.groupBy(entriesOf(dataset), ({ email, plan }) => `${email}/${plan}`);
    const plans = dataset.users.flatMap(({ email, plans }) =>
      plans.map((plan) => ({
        user_id: ids.users.get(email),
        name: plan.name,
        status: plan.status,
        frequency: plan.frequency,
        contribution_kobo: koboOf(plan.contributionNaira),
        target_kobo: koboOf(plan.targetNaira),
        saved_kobo: sumOf(entries.get(`${email}/${plan.name}`) ?? []),
        start_date: plan.startDate,
        end_date: plan.endDate,
      })),
    );
    await seed.upsert("public.savings_plans", plans, { key: ["user_id", "name"], update: false });
  },
});
