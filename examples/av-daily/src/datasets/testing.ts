import type { Dataset } from "./dataset.ts";

/** One person: a test brings the rest of what it needs. */
export const testing: Dataset = {
  users: [
    {
      email: "test@av-daily.test",
      phone: "+2340000000101",
      firstName: "Test",
      lastName: "User",
      kycTier: 1,
      role: "user",
      fundsNaira: 0,
      plans: [],
    },
  ],
  groups: [],
};
