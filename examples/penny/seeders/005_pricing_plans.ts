import type { SeedContext } from "pgsteward/seed";

export const productionSafe = true;
export const category = "plans";

export async function seedPricingPlans(seed: SeedContext): Promise<void> {
  await seed.upsert(
    "subscription_plans",
    [
      { code: "free", name: "Free", description: "To try it", price_cents: 0, sort_order: 1, limits: { users: 3, messages_per_month: 500 }, features: ["chat"] },
      { code: "pro", name: "Pro", description: "For a person", price_cents: 2_000, sort_order: 2, trial_days: 14, limits: { users: 10, messages_per_month: 20_000 }, features: ["chat", "artifacts", "tools"] },
      { code: "team", name: "Team", description: "For a company", price_cents: 9_900, sort_order: 3, trial_days: 14, limits: { users: 100, messages_per_month: 200_000 }, features: ["chat", "artifacts", "tools", "sso", "audit"] },
      { code: "team-yearly", name: "Team, yearly", description: "Two months less", price_cents: 99_000, billing_interval: "year", sort_order: 4, trial_days: 14, limits: { users: 100, messages_per_month: 200_000 }, features: ["chat", "artifacts", "tools", "sso", "audit"] },
    ],
    { key: ["code"] },
  );
}
