/** Stored sums against what they are sums of. The fix computes them again. */
import { type AggregateCheck, defineCheck } from "pgsteward/check";

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

/** `name` is the table and the column that holds the sum. */
function sum(name: string, equals: string, message: string): AggregateCheck {
  const [table = "", column = ""] = name.split(".");
  return {
    name,
    category: "consistency",
    aggregate: { table: `public.${table}`, column, equals },
    message,
    fix: { set: { [column]: `(${equals})` } },
  };
}

export default defineCheck([
  sum("savings_plans.saved_kobo", planTotal, "the plan holds another amount than its transactions come to"),
  sum("user_analytics.total_saved_kobo", userSaved, "the analytics show other savings than the user's transactions come to"),
  sum("user_analytics.total_contributed_kobo", userContributed, "the analytics show other contributions than the user has made"),
  sum("user_analytics.transaction_count", userTransactions, "the analytics count other transactions than the user has completed"),
  sum("groups.contributed_kobo", groupContributed, "the group holds another amount than its contributions come to"),
  sum("group_members.contributed_kobo", memberContributed, "the member has another amount than the contributions come to"),
]);
