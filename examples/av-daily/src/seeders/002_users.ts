/** Accounts and their roles. */
import { defineSeeder } from "pgsteward/seed";
import { datasetOf } from "../datasets/index.ts";

export default defineSeeder({
  category: "users",
  essential: true,
  async run(seed) {
    const { users } = datasetOf(seed.environment);
    await seed.upsert(
      "public.users",
      users.map(({ email, phone, firstName, lastName, kycTier }) => ({
        email,
        phone,
        first_name: firstName,
        last_name: lastName,
        kyc_tier: kycTier,
        kyc_status: kycTier === 0 ? "not_started" : "approved",
      })),
      { key: ["email"] },
    );
    const { rows } = await seed.session.query<{ user_id: string; role_id: string }>(
      `select u.id as user_id, r.id as role_id
       from jsonb_to_recordset($1) g (email text, role text)
         join public.users u on u.email = g.email
         join public.roles r on r.name = g.role`,
      [JSON.stringify(users.map(({ email, role }) => ({ email, role })))],
    );
    await seed.upsert("public.user_roles", rows, { key: ["user_id", "role_id"] });
  },
});
