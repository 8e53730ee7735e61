/** Every way in which b-av-daily's list says that data can be wrong, each as SQL that makes it so, and the rule that has to see it. */

export interface Problem {
  /** In the document's words. */
  readonly title: string;
  readonly category: "orphans" | "rules" | "consistency";
  /** Rules that find it, and no other. */
  readonly rules: readonly string[];
  readonly sql: string;
  /** The foreign key under which orphans hide. */
  readonly foreignKey?: { readonly table: string; readonly name: string };
  /** Nobody can tell from the rest of the data what was there: the fix makes it sound, not what it was. */
  readonly isLost?: true;
}

/** A restore with `--disable-triggers`, or anything else under session_replication_role, looks at no foreign key. */
const unchecked = (statement: string): string =>
  `set session_replication_role = replica; ${statement}; set session_replication_role = origin`;

const nobody = "'00000000-0000-4000-8000-000000000000'";
const userWith = (name: string): string => `(select id from public.users where email = '${name}@av-daily.test')`;
const user = userWith("user");
const group = "(select id from public.groups where code = 'MARKET24')";

export const problems: readonly Problem[] = [
  {
    title: "wallets without users",
    category: "orphans",
    foreignKey: { table: "wallets", name: "wallets_user_id_users_id_fk" },
    rules: ["orphans public.wallets.user_id"],
    sql: unchecked(`insert into public.wallets (user_id, balance_kobo) values (${nobody}, 5000)`),
  },
  {
    title: "savings plans without users",
    category: "orphans",
    foreignKey: { table: "savings_plans", name: "savings_plans_user_id_users_id_fk" },
    rules: ["orphans public.savings_plans.user_id"],
    sql: unchecked(`
      insert into public.savings_plans (user_id, name, frequency, contribution_kobo, target_kobo, start_date, end_date)
      values (${nobody}, 'Lost', 'daily', 100, 3000, '2026-01-01', '2026-01-30')`),
  },
  {
    title: "transactions without users",
    category: "orphans",
    foreignKey: { table: "transactions", name: "transactions_user_id_users_id_fk" },
    rules: ["orphans public.transactions.user_id"],
    sql: unchecked(`
      insert into public.transactions (user_id, wallet_id, type, status, amount_kobo, reference)
      select ${nobody}, w.id, 'deposit', 'failed', 100, 'lost' from public.wallets w where w.user_id = ${user}`),
  },
  {
    title: "group members without groups",
    category: "orphans",
    foreignKey: { table: "group_members", name: "group_members_group_id_groups_id_fk" },
    rules: ["orphans public.group_members.group_id"],
    sql: unchecked(`insert into public.group_members (group_id, user_id) values (${nobody}, ${user})`),
  },
  {
    title: "group members without users",
    category: "orphans",
    foreignKey: { table: "group_members", name: "group_members_user_id_users_id_fk" },
    rules: ["orphans public.group_members.user_id", "groups.member_count"],
    sql: unchecked(`insert into public.group_members (group_id, user_id) values (${group}, ${nobody})`),
  },
  {
    title: "negative wallet balances",
    category: "rules",
    rules: ["wallets.negative_balance"],
    sql: `update public.wallets set balance_kobo = -balance_kobo where user_id = ${user}`,
  },
  {
    title: "invalid date ranges in savings plans",
    category: "rules",
    rules: ["savings_plans.date_range"],
    sql: "update public.savings_plans set start_date = end_date, end_date = start_date where name = 'Rent'",
  },
  {
    title: "invalid KYC tiers",
    category: "rules",
    rules: ["users.kyc_tier"],
    sql: "update public.users set kyc_tier = 7 where email = 'newcomer@av-daily.test'",
    isLost: true,
  },
  {
    title: "inconsistent group member counts",
    category: "rules",
    rules: ["groups.member_count"],
    sql: "update public.groups set member_count = member_count + 2",
  },
  {
    title: "savings plan amounts vs transaction totals",
    category: "consistency",
    rules: ["savings_plans.saved_kobo"],
    sql: "update public.savings_plans set saved_kobo = saved_kobo + 1 where name = 'New phone'",
  },
  {
    title: "user analytics vs actual data: savings",
    category: "consistency",
    rules: ["user_analytics.total_saved_kobo"],
    sql: `update public.user_analytics set total_saved_kobo = 0 where user_id = ${userWith("premium")}`,
  },
  {
    title: "user analytics vs actual data: contributions",
    category: "consistency",
    rules: ["user_analytics.total_contributed_kobo"],
    sql: `update public.user_analytics set total_contributed_kobo = 0 where user_id = ${user}`,
  },
  {
    title: "user analytics vs actual data: transactions",
    category: "consistency",
    rules: ["user_analytics.transaction_count"],
    sql: `update public.user_analytics set transaction_count = transaction_count + 1 where user_id = ${userWith("newcomer")}`,
  },
  {
    title: "group contribution calculations: of the group",
    category: "consistency",
    rules: ["groups.contributed_kobo"],
    sql: "update public.groups set contributed_kobo = contributed_kobo - 200000",
  },
  {
    title: "group contribution calculations: of a member",
    category: "consistency",
    rules: ["group_members.contributed_kobo"],
    sql: `update public.group_members set contributed_kobo = 0 where user_id = ${user}`,
  },
];
