import type { RoleName } from "./dataset.ts";

export const roles: Readonly<Record<RoleName, string>> = {
  admin: "Runs the platform",
  moderator: "Reviews identity documents and disputes",
  user: "Saves alone and in groups",
  premium_user: "Saves with higher limits and automatic contributions",
};

type Access = readonly [resource: string, action: string, description: string, ...roles: readonly RoleName[]];

/** What every signed-in person needs. */
const basic: readonly Access[] = [
  ["profile", "read", "See the own profile", "admin", "moderator", "user", "premium_user"],
  ["profile", "update", "Change the own profile", "admin", "moderator", "user", "premium_user"],
  ["wallet", "read", "See the own wallet", "admin", "user", "premium_user"],
  ["wallet", "fund", "Put money into the own wallet", "admin", "user", "premium_user"],
  ["savings_plan", "create", "Start a savings plan", "admin", "user", "premium_user"],
  ["savings_plan", "read", "See the own savings plans", "admin", "user", "premium_user"],
];

const more: readonly Access[] = [
  ["wallet", "withdraw", "Take money out of the own wallet", "admin", "user", "premium_user"],
  ["savings_plan", "update", "Change or pause an own savings plan", "admin", "user", "premium_user"],
  ["savings_plan", "automate", "Let contributions run by themselves", "admin", "premium_user"],
  ["group", "create", "Found a savings group", "admin", "user", "premium_user"],
  ["group", "join", "Join a savings group", "admin", "user", "premium_user"],
  ["group", "manage", "Manage any savings group", "admin", "moderator"],
  ["transaction", "read", "See the own transactions", "admin", "user", "premium_user"],
  ["transaction", "read_all", "See everybody's transactions", "admin", "moderator"],
  ["transaction", "reverse", "Reverse a transaction", "admin"],
  ["kyc", "submit", "Send identity documents", "admin", "user", "premium_user"],
  ["kyc", "review", "Approve or reject identity documents", "admin", "moderator"],
  ["user", "read", "See everybody's profile", "admin", "moderator"],
  ["user", "suspend", "Suspend a user", "admin", "moderator"],
  ["role", "assign", "Give and take roles", "admin"],
  ["analytics", "read", "See the own analytics", "admin", "premium_user"],
  ["analytics", "read_all", "See the platform's analytics", "admin"],
];

export interface AccessSet {
  readonly roles: readonly RoleName[];
  readonly permissions: readonly Access[];
}

export const fullAccess: AccessSet = { roles: ["admin", "moderator", "user", "premium_user"], permissions: [...basic, ...more] };
export const basicAccess: AccessSet = { roles: ["admin", "user"], permissions: basic };
