/** The four environments of examples/av-daily: what b-av-daily says that each is seeded with. */
import assert from "node:assert/strict";
import { after, it } from "node:test";
import type { Row, Session } from "../../src/core/engine.ts";
import type { Steward } from "../../src/steward.ts";
import type { Example } from "./example.ts";

interface Environment {
  readonly name: "development" | "testing" | "staging" | "demo";
  readonly counts: Readonly<Record<string, number>>;
  /** E-mail address, KYC tier, role, and what is in the wallet, in naira. */
  readonly users: readonly (readonly [string, number, string, number])[];
  readonly roles: readonly string[];
}

const everyRole = ["admin", "moderator", "premium_user", "user"];
const fullAccess = { permissions: 22, role_permissions: 55, roles: 4 };

export const environments: readonly Environment[] = [
  {
    name: "development",
    counts: {
      ...fullAccess,
      contributions: 12,
      group_members: 3,
      groups: 1,
      savings_plans: 2,
      transactions: 53,
      user_analytics: 5,
      user_roles: 5,
      users: 5,
      wallets: 5,
    },
    users: [
      ["admin@av-daily.test", 3, "admin", 1_000_000],
      ["moderator@av-daily.test", 2, "moderator", 250_000],
      ["newcomer@av-daily.test", 0, "user", 2_000],
      ["premium@av-daily.test", 3, "premium_user", 192_000],
      ["user@av-daily.test", 1, "user", 27_000],
    ],
    roles: everyRole,
  },
  {
    name: "testing",
    counts: {
      contributions: 0,
      group_members: 0,
      groups: 0,
      permissions: 6,
      role_permissions: 12,
      roles: 2,
      savings_plans: 0,
      transactions: 0,
      user_analytics: 0,
      user_roles: 1,
      users: 1,
      wallets: 1,
    },
    users: [["test@av-daily.test", 1, "user", 0]],
    roles: ["admin", "user"],
  },
  {
    name: "staging",
    counts: {
      ...fullAccess,
      contributions: 4,
      group_members: 2,
      groups: 1,
      savings_plans: 1,
      transactions: 18,
      user_analytics: 2,
      user_roles: 2,
      users: 2,
      wallets: 2,
    },
    users: [
      ["admin@staging.av-daily.test", 3, "admin", 10_000],
      ["user@staging.av-daily.test", 2, "user", 30_000],
    ],
    roles: everyRole,
  },
  {
    name: "demo",
    counts: {
      ...fullAccess,
      contributions: 1,
      group_members: 1,
      groups: 1,
      savings_plans: 4,
      transactions: 97,
      user_analytics: 1,
      user_roles: 1,
      users: 1,
      wallets: 1,
    },
    users: [["demo@av-daily.test", 3, "premium_user", 705_000]],
    roles: everyRole,
  },
];

/** Staging asks before it changes; there is nobody to ask here. */
const consent = (name: string): readonly string[] => (name === "staging" ? ["--", "--yes"] : []);

export function dailySeeds(example: Example, { name, counts, users, roles }: Environment): void {
  let steward: Steward;
  after(() => steward.close());

  it("seeds what the document says", async () => {
    steward = await example.steward();
    await steward.migrate.up({}, { yes: true });
    const { code, stderr } = await example.npm(`seed:${name}`, ...consent(name));
    assert.equal(code, 0, stderr);
    assert.deepEqual(await countsIn(steward), counts);
    assert.deepEqual(await usersIn(steward), users);
    const found = await queried(steward, "select name from public.roles order by name");
    assert.deepEqual(
      found.map((row) => row["name"]),
      roles,
    );
  });

  it("changes nothing when it runs again", async () => {
    const before = await rowsIn(steward);
    const { code, stderr } = await example.npm(`seed:${name}`, ...consent(name));
    assert.equal(code, 0, stderr);
    assert.deepEqual(await rowsIn(steward), before);
  });
}

export async function withSession<T>(steward: Steward, body: (session: Session) => Promise<T>): Promise<T> {
  const session = await steward.session();
  try {
    return await body(session);
  } finally {
    await session.close();
  }
}

export function queried(steward: Steward, text: string): Promise<readonly Row[]> {
  return withSession(steward, async (session) => (await session.query(text)).rows);
}

export async function countsIn(steward: Steward): Promise<Readonly<Record<string, number>>> {
  return Object.fromEntries(Object.entries(await rowsIn(steward)).map(([table, rows]) => [table, rows.length]));
}

/** Every row of every table as text, with the transaction that wrote it: a rewritten row is another one. */
export function rowsIn(steward: Steward): Promise<Readonly<Record<string, readonly string[]>>> {
  return textsIn(steward, "t.xmin::text || t::text");
}

/** Every row of every table as text. */
export function dataIn(steward: Steward): Promise<Readonly<Record<string, readonly string[]>>> {
  return textsIn(steward, "t::text");
}

function textsIn(steward: Steward, row: string): Promise<Readonly<Record<string, readonly string[]>>> {
  return withSession(steward, async (session) => {
    const { rows: tables } = await session.query<{ name: string }>(
      "select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1",
    );
    const texts: Record<string, readonly string[]> = {};
    for (const { name } of tables) {
      const { rows } = await session.query<{ text: string }>(`select ${row} as text from public.${name} t order by 1`);
      texts[name] = rows.map(({ text }) => text);
    }
    return texts;
  });
}

async function usersIn(steward: Steward): Promise<readonly unknown[]> {
  const rows = await queried(
    steward,
    `select u.email, u.kyc_tier, r.name as role, w.balance_kobo / 100 as naira
     from public.users u
       join public.user_roles ur on ur.user_id = u.id
       join public.roles r on r.id = ur.role_id
       join public.wallets w on w.user_id = u.id
     order by u.email`,
  );
  return rows.map(({ email, kyc_tier: tier, role, naira }) => [email, tier, role, Number(naira)]);
}
