import type { SeedContext } from "pgsteward/seed";

/** Ids by the names that a dataset uses, as far as seeders before this one have made the rows. */
export interface Ids {
  /** By name. */
  readonly roles: ReadonlyMap<string, string>;
  /** By e-mail address. */
  readonly users: ReadonlyMap<string, string>;
  /** By e-mail address. */
  readonly wallets: ReadonlyMap<string, string>;
  /** By e-mail address and name of the plan, with a slash between. */
  readonly plans: ReadonlyMap<string, string>;
  /** By code. */
  readonly groups: ReadonlyMap<string, string>;
}

export async function readIds({ session }: SeedContext): Promise<Ids> {
  const { rows } = await session.query<{ kind: keyof Ids; name: string; id: string }>(
    `select 'roles' as kind, name, id from public.roles
     union all select 'users', email, id from public.users
     union all select 'wallets', u.email, w.id from public.wallets w join public.users u on u.id = w.user_id
     union all select 'plans', u.email || '/' || p.name, p.id from public.savings_plans p join public.users u on u.id = p.user_id
     union all select 'groups', code, id from public.groups`,
  );
  const of = (kind: keyof Ids) => new Map(rows.filter((row) => row.kind === kind).map(({ name, id }) => [name, id]));
  return { roles: of("roles"), users: of("users"), wallets: of("wallets"), plans: of("plans"), groups: of("groups") };
}
