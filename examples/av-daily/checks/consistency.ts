/** Stored sums against what they are sums of. The fix computes them again. */
import { defineCheck } from "pgsteward/check";

const planTotal = `
  select coalesce(sum(case x.type when 'savings_deposit' then x.amount_kobo when 'savings_withdrawal' then -x.amount_kobo else 0 end), 0)
  from public.transactions x
  where x.savings_plan_id = t.id and x.status = 'completed'`;

const userSaved = `
  select coalesce(sum(case x.type when 'savings_deposit' then x.amount_kobo else -x.amount_kobo end), 0)
  from public.transactions x
  where x.user_id = t.user_id and x.status = 'completed' and x.type in ('savings_deposit', 'savings_withdrawal')`;

const userContributed = "select coalesce(sum(c.amount_kobo), 0) from public.contributions c where c.user_id = t.user_id";

const userTransactions = "select count(*) from public.transactions x where x.user_id = t.user_id and x.status = 'completed'";

const groupContributed = "select coalesce(sum(c.amount_kobo), 0) from public.contributions c where c.group_id = t.id";

const memberContributed = `
  select coalesce(sum(c.amount_kobo), 0)
  from public.contributions c
  where c.group_id = t.group_id and c.user_id = t.user_id`;

export default defineCheck([
  {
    name: "savings_plans.saved_kobo",
    category: "consistency",
    aggregate: { table: "public.savings_plans", column: "saved_kobo", equals: planTotal },
    message: "the plan holds another amount than its transactions come to",
    fix: { set: { saved_kobo: `(${planTotal})` } },
  },
  {
    name: "user_analytics.total_saved_kobo",
    category: "consistency",
    aggregate: { table: "public.user_analytics", column: "total_saved_kobo", equals: userSaved },
    message: "the analytics show other savings than the user's transactions come to",
    fix: { set: { total_saved_kobo: `(${userSaved})` } },
  },
  {
    name: "user_analytics.total_contributed_kobo",
    category: "consistency",
    aggregate: { table: "public.user_analytics", column: "total_contributed_kobo", equals: userContributed },
    message: "the analytics show other contributions than the user has made",
    fix: { set: { total_contributed_kobo: `(${userContributed})` } },
  },
  {
    name: "user_analytics.transaction_count",
    category: "consistency",
    aggregate: { table: "public.user_analytics", column: "transaction_count", equals: userTransactions },
    message: "the analytics count other transactions than the user has completed",
    fix: { set: { transaction_count: `(${userTransactions})` } },
  },
  {
    name: "groups.contributed_kobo",
    category: "consistency",
    aggregate: { table: "public.groups", column: "contributed_kobo", equals: groupContributed },
    message: "the group holds another amount than its contributions come to",
    fix: { set: { contributed_kobo: `(${groupContributed})` } },
  },
  {
    name: "group_members.contributed_kobo",
    category: "consistency",
    aggregate: { table: "public.group_members", column: "contributed_kobo", equals: memberContributed },
    message: "the member has another amount than the contributions come to",
    fix: { set: { contributed_kobo: `(${memberContributed})` } },
  },
]);
