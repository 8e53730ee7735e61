import type { Dataset } from "./dataset.ts";

/** One person with something to show on every screen, and a group to invite the audience to. */
export const demo: Dataset = {
  users: [
    {
      email: "demo@av-daily.test",
      phone: "+2340000000301",
      firstName: "Amara",
      lastName: "Nwosu",
      kycTier: 3,
      role: "premium_user",
      fundsNaira: 2_500_000,
      plans: [
        {
          name: "First house",
          status: "active",
          frequency: "monthly",
          contributionNaira: 150_000,
          targetNaira: 5_400_000,
          startDate: "2026-01-01",
          endDate: "2028-12-31",
          made: 6,
        },
        {
          name: "Christmas in Calabar",
          status: "active",
          frequency: "weekly",
          contributionNaira: 10_000,
          targetNaira: 480_000,
          startDate: "2026-01-05",
          endDate: "2026-12-07",
          made: 25,
        },
        {
          name: "Laptop",
          status: "completed",
          frequency: "daily",
          contributionNaira: 10_000,
          targetNaira: 600_000,
          startDate: "2026-02-01",
          endDate: "2026-04-01",
          made: 60,
        },
        {
          name: "Driving lessons",
          status: "paused",
          frequency: "weekly",
          contributionNaira: 5_000,
          targetNaira: 60_000,
          startDate: "2026-05-04",
          endDate: "2026-07-20",
          made: 4,
        },
      ],
      activity: { streakDays: 128, lastActiveAt: "2026-06-30T20:15:00Z" },
    },
  ],
  groups: [
    {
      code: "JOINUS26",
      name: "Lagos builders",
      status: "forming",
      frequency: "monthly",
      contributionNaira: 25_000,
      startDate: "2026-06-01",
      members: ["demo@av-daily.test"],
      rounds: 1,
    },
  ],
};
