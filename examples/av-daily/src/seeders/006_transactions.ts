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
  async validate({ session }) {
    const { rows } = await session.query<{ email: string }>(
      `select u.email
       from public.wallets w
         join public.users u on u.id = w.user_id
         left join public.transactions t on t.wallet_id = w.id and t.status = 'completed'
       group by u.email, w.balance_kobo
       having w.balance_kobo <> coalesce(sum(
         case when t.type in ('deposit', 'savings_withdrawal', 'group_payout') then t.amount_kobo else -t.amount_kobo end), 0)
       order by u.email`,
    );
    return rows.map(({ email }) => `the wallet of ${email} holds another amount than its transactions come to`);
  },
});
