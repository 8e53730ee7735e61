/** A wallet for each user, with what the dataset's transactions leave in it. */
import { defineSeeder } from "pgsteward/seed";
import { readIds } from "../datasets/ids.ts";
import { datasetOf } from "../datasets/index.ts";
import { balanceOf, entriesOf } from "../datasets/ledger.ts";

export default defineSeeder({
  category: "money",
  async run(seed) {
    const dataset = datasetOf(seed.environment);
    const ids = await readIds(seed);
    const entries = Map.groupBy(entriesOf(dataset), ({ email }) => email);
    const wallets = dataset.users.map(({ email }) => ({
      user_id: ids.users.get(email),
      balance_kobo: balanceOf(entries.get(email) ?? []),
    }));
    await seed.upsert("public.wallets", wallets, { key: ["user_id"], update: false });
  },
});
