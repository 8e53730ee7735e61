/** Groups and their members, with what was put in so far. */
import { defineSeeder } from "pgsteward/seed";
import { readIds } from "../datasets/ids.ts";
import { datasetOf } from "../datasets/index.ts";
import { koboOf } from "../datasets/ledger.ts";

export default defineSeeder({
  category: "groups",
  async run(seed) {
    const { groups } = datasetOf(seed.environment);
    const { users } = await readIds(seed);
    const made = await seed.upsert<{ id: string }>(
      "public.groups",
      groups.map(({ code, name, status, frequency, contributionNaira, startDate, members, rounds }) => ({
        code,
        name,
        owner_id: users.get(members[0]),
        status,
        frequency,
        contribution_kobo: koboOf(contributionNaira),
        start_date: startDate,
        member_count: members.length,
        contributed_kobo: koboOf(contributionNaira) * rounds * members.length,
      })),
      { key: ["code"], update: false },
    );
    const members = groups.flatMap(({ contributionNaira, rounds, members }, i) =>
      members.map((email, place) => ({
        group_id: made[i]?.id,
        user_id: users.get(email),
        role: place === 0 ? "admin" : "member",
        contributed_kobo: koboOf(contributionNaira) * rounds,
      })),
    );
    await seed.upsert("public.group_members", members, { key: ["group_id", "user_id"], update: false });
  },
});
