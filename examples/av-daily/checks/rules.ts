/** Business rules. */
import { defineCheck } from "pgsteward/check";

/** What the completed transactions of a wallet come to. */
const completed = `(
  select coalesce(sum(case when x.type in ('deposit', 'savings_withdrawal', 'group_payout') then x.amount_kobo else -x.amount_kobo end), 0)
  from public.transactions x
  where x.wallet_id = t.id and x.status = 'completed')`;

const members = "select count(*) from public.group_members m where m.group_id = t.id";

export default defineCheck([
  {
    name: "wallets.negative_balance",
    category: "rules",
    level: "quick",
    table: "public.wallets",
    where: `t.balance_kobo < 0 and ${completed} >= 0`,
    message: "the balance is negative, and the wallet's transactions do not say so",
    hint: "the fix takes the balance from the completed transactions",
    fix: { set: { balance_kobo: completed } },
  },
  {
    name: "wallets.overdrawn",
    category: "rules",
    level: "quick",
    table: "public.wallets",
    where: `t.balance_kobo < 0 and ${completed} < 0`,
    message: "more went out of the wallet than came in",
    hint: "this is a debt: a person decides whether to collect it or to reverse a transaction",
  },
  {
    name: "savings_plans.date_range",
    category: "rules",
    level: "quick",
    dateRange: { table: "public.savings_plans", from: "start_date", to: "end_date" },
    message: "the plan ends before it starts",
    hint: "the fix swaps the two dates",
    fix: { set: { start_date: "t.end_date", end_date: "t.start_date" } },
  },
  {
    name: "users.kyc_tier",
    category: "rules",
    level: "quick",
    table: "public.users",
    where: "t.kyc_tier not between 0 and 3",
    message: "there is no such KYC tier",
    hint: "the fix takes the user back to tier 0, with the lowest limits, and to pending: the documents are looked at again",
    fix: { set: { kyc_tier: "0", kyc_status: "'pending'" } },
  },
  {
    name: "groups.member_count",
    category: "rules",
    aggregate: { table: "public.groups", column: "member_count", equals: members },
    message: "the count is not the number of members",
    fix: { set: { member_count: `(${members})` } },
  },
]);
