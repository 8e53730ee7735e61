/** What an environment starts with. Amounts are naira, dates are fixed: the same data on every run. */
export interface Dataset {
  readonly users: readonly User[];
  readonly groups: readonly Group[];
}

export interface User {
  readonly email: string;
  readonly phone: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly kycTier: 0 | 1 | 2 | 3;
  readonly role: RoleName;
  /** Deposited before anything else; the wallet holds what plans and groups leave of it. */
  readonly fundsNaira: number;
  readonly plans: readonly Plan[];
  /** Absent: the analytics job has not seen the user yet. */
  readonly activity?: { readonly streakDays: number; readonly lastActiveAt: string };
}

export interface Plan {
  readonly name: string;
  readonly status: "active" | "paused" | "completed" | "cancelled";
  readonly frequency: Frequency;
  readonly contributionNaira: number;
  readonly targetNaira: number;
  readonly startDate: string;
  readonly endDate: string;
  /** How many contributions have been made since the start. */
  readonly made: number;
}

export interface Group {
  readonly code: string;
  readonly name: string;
  readonly status: "forming" | "active" | "completed";
  readonly frequency: Frequency;
  readonly contributionNaira: number;
  readonly startDate: string;
  /** E-mail addresses; the first one owns the group. */
  readonly members: readonly [string, ...string[]];
  /** How often each member has contributed. */
  readonly rounds: number;
}

export type Frequency = "daily" | "weekly" | "monthly";
export type RoleName = "admin" | "moderator" | "user" | "premium_user";
