/** Accounts and their roles. */
import { defineSeeder } from "pgsteward/seed";
import { readIds } from "../datasets/ids.ts";
import { datasetOf } from "../datasets/index.ts";

export default defineSeeder({
  category: "users",
  essential: true,
  async run(seed) {
    const { users } = datasetOf(seed.environment);
    const accounts = await seed.upsert<{ id: string }>(
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
    const { roles } = await readIds(seed);
    await seed.upsert(
      "public.user_roles",
      users.map(({ role }, i) => ({ user_id: accounts[i]?.id, role_id: roles.get(role) })),
      { key: ["user_id", "role_id"] },
    );
  },
  async validate({ environment, session }) {
    const { rows } = await session.query<{ email: string }>(
      "select u.email from public.users u where exists (select from public.user_roles r where r.user_id = u.id)",
    );
    const ready = new Set(rows.map(({ email }) => email));
    return datasetOf(environment)
      .users.filter(({ email }) => !ready.has(email))
      .map(({ email }) => `${email} has no account with a role`);
  },
});
