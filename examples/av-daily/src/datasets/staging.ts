import type { Dataset } from "./dataset.ts";

/** Rows in every table, as production has them; nobody's money, nobody's address. */
export const staging: Dataset = {
  users: [
    {
      email: "admin@staging.av-daily.test",
      phone: "+2340000000201",
      firstName: "Staging",
      lastName: "Admin",
      kycTier: 3,
      role: "admin",
      fundsNaira: 20_000,
      plans: [],
      activity: { streakDays: 0, lastActiveAt: "2026-06-30T08:00:00Z" },
    },
    {
      email: "user@staging.av-daily.test",
      phone: "+2340000000202",
      firstName: "Staging",
      lastName: "User",
      kycTier: 2,
      role: "user",
      fundsNaira: 100_000,
      plans: [
        {
          name: "School fees",
          status: "active",
          frequency: "weekly",
          contributionNaira: 5_000,
          targetNaira: 120_000,
          startDate: "2026-04-06",
          endDate: "2026-09-14",
          made: 12,
        },
      ],
      activity: { streakDays: 12, lastActiveAt: "2026-06-30T18:00:00Z" },
    },
  ],
  groups: [
    {
      code: "STAGING1",
      name: "Staging circle",
      status: "active",
      frequency: "monthly",
      contributionNaira: 5_000,
      startDate: "2026-05-01",
      members: ["admin@staging.av-daily.test", "user@staging.av-daily.test"],
      rounds: 2,
    },
  ],
};
