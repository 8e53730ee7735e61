import type { Dataset, Frequency, Group, Plan, User } from "./dataset.ts";

/** One movement of money that a dataset implies; the sums of wallets, plans, groups and analytics come from these. */
export interface Entry {
  readonly reference: string;
  readonly email: string;
  readonly type: "deposit" | "savings_deposit" | "group_contribution";
  readonly amountKobo: number;
  readonly at: string;
  /** Name of the plan that it went into. */
  readonly plan?: string;
  /** Code of the group that it went into. */
  readonly group?: string;
}

export function entriesOf({ users, groups }: Dataset): readonly Entry[] {
  return [...users.flatMap(entriesOfUser), ...groups.flatMap(entriesOfGroup)];
}

export const sumOf = (entries: readonly Entry[]): number => entries.reduce((sum, { amountKobo }) => sum + amountKobo, 0);

export const balanceOf = (entries: readonly Entry[]): number =>
  sumOf(entries.filter(({ type }) => type === "deposit")) - sumOf(entries.filter(({ type }) => type !== "deposit"));

export const koboOf = (naira: number): number => naira * 100;

function entriesOfUser({ email, fundsNaira, plans }: User): readonly Entry[] {
  if (fundsNaira === 0) return [];
  const funds: Entry = { reference: `fund/${email}`, email, type: "deposit", amountKobo: koboOf(fundsNaira), at: "2025-12-31T09:00:00Z" };
  return [funds, ...plans.flatMap((plan) => entriesOfPlan(email, plan))];
}

function entriesOfPlan(email: string, { name, frequency, contributionNaira, startDate, made }: Plan): readonly Entry[] {
  return times(made).map((i) => ({
    reference: `save/${email}/${name}/${i + 1}`,
    email,
    type: "savings_deposit",
    amountKobo: koboOf(contributionNaira),
    at: timeOf(startDate, frequency, i),
    plan: name,
  }));
}

function entriesOfGroup({ code, frequency, contributionNaira, startDate, members, rounds }: Group): readonly Entry[] {
  return times(rounds).flatMap((i) =>
    members.map((email) => ({
      reference: `group/${code}/${email}/${i + 1}`,
      email,
      type: "group_contribution" as const,
      amountKobo: koboOf(contributionNaira),
      at: timeOf(startDate, frequency, i),
      group: code,
    })),
  );
}

const times = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

/** Nine in the morning of the day on which contribution `i`, counted from 0, is due. */
function timeOf(startDate: string, frequency: Frequency, i: number): string {
  const time = new Date(`${startDate}T09:00:00Z`);
  if (frequency === "monthly") time.setUTCMonth(time.getUTCMonth() + i);
  else time.setUTCDate(time.getUTCDate() + i * (frequency === "weekly" ? 7 : 1));
  return time.toISOString();
}
