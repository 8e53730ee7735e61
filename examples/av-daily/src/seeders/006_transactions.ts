/** The movements of money that the sums above are made of, and the contributions among them. */
import { defineSeeder } from "pgsteward/seed";
import { readIds } from "../datasets/ids.ts";
import { datasetOf } from "../datasets/index.ts";
import { entriesOf } from "../datasets/ledger.ts";

export default defineSeeder({
  category: "money",
  async run(seed) {
    const ids = await readIds(seed);
    const entries = entriesOf(datasetOf(seed.environment));
    const transactions = await seed.upsert<{ id: string }>(
      "public.transactions",
      entries.map(({ reference, email, type, amountKobo, at, plan }) => ({
        reference,
        user_id: ids.users.get(email),
        wallet_id: ids.wallets.get(email),
        savings_plan_id: plan === undefined ? null : ids.plans.get(`${email}/${plan}`),
        type,
        status: "completed",
        amount_kobo: amountKobo,
        created_at: at,
        completed_at: at,
      })),
      { key: ["reference"], update: false },
    );
    const contributions = entries.flatMap(({ email, amountKobo, at, group }, i) =>
      group === undefined
        ? []
        : {
            group_id: ids.groups.get(group),
            user_id: ids.users.get(email),
            transaction_id: transactions[i]?.id,
            amount_kobo: amountKobo,
            contributed_at: at,
          },
    );
    await seed.upsert("public.contributions", contributions, { key: ["transaction_id"], update: false });
  },
});
