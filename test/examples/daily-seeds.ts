/** The four environments of examples/av-daily: what b-av-daily says that each is seeded with. */
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import type { Row, Session } from "../../src/core/engine.ts";
import type { Steward } from "../../src/steward.ts";
import type { CliResult } from "../support/cli-run.ts";
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

/** `seed:enhanced development` with each of its flags, on a database with all migrations and no rows. */
export function dailyEnhanced({ npm, steward: open }: Example): void {
  let steward: Steward;
  const enhanced = (...flags: readonly string[]): Promise<CliResult> => npm("seed:enhanced", "--", "development", ...flags);
  const total = ({ counts }: Environment): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
  const whole = environments[0] as Environment;
  before(async () => {
    steward = await open();
    await steward.migrate.up();
  });
  after(() => steward.close());

  it("--minimal seeds roles, permissions and accounts; without it the rest follows", async () => {
    assert.equal((await enhanced("--minimal")).code, 0);
    const { permissions, role_permissions, roles, user_roles, users, ...rest } = await countsIn(steward);
    assert.deepEqual({ permissions, role_permissions, roles, user_roles, users }, { ...fullAccess, user_roles: 5, users: 5 });
    assert.equal(
      Object.values(rest).every((count) => count === 0),
      true,
    );
    assert.equal((await enhanced()).code, 0);
    assert.deepEqual(await countsIn(steward), whole.counts);
  });

  it("--clean takes back what seeding made, and nothing else", async () => {
    await queried(steward, "insert into public.roles (name, description) values ('guest', 'Made by hand')");
    const before = await countsIn(steward);
    const { code, stdout, stderr } = await enhanced("--clean");
    assert.equal(code, 0, stderr);
    assert.match(stdout, new RegExp(`: ${total(whole)} rows inserted, 0 updated, 0 unchanged in `));
    assert.deepEqual(await countsIn(steward), before);
    await queried(steward, "delete from public.roles where name = 'guest'");
  });

  it("--clean refuses while rows of others hang on seeded ones", async () => {
    await queried(
      steward,
      `insert into public.transactions (user_id, wallet_id, type, amount_kobo, reference)
       select user_id, id, 'deposit', 500, 'by hand' from public.wallets limit 1`,
    );
    const before = await rowsIn(steward);
    const { code, stderr } = await enhanced("--clean");
    assert.equal(code, 3);
    assert.match(stderr, /SEED_ROWS_REFERENCED/);
    assert.deepEqual(await rowsIn(steward), before);
    await queried(steward, "delete from public.transactions where reference = 'by hand'");
  });

  it("--validate says which wallet does not add up", async () => {
    assert.equal((await enhanced("--validate")).code, 0);
    await queried(
      steward,
      `update public.wallets w set balance_kobo = balance_kobo + 1
       from public.users u where u.id = w.user_id and u.email = 'user@av-daily.test'`,
    );
    const { code, stderr } = await enhanced("--validate");
    assert.equal(code, 1);
    assert.match(stderr, /the wallet of user@av-daily\.test holds another amount than its transactions come to/);
  });

  it("0001_groups is not undone while transactions of groups are there", async () => {
    const before = await countsIn(steward);
    await assert.rejects(steward.migrate.rollback({ version: "0001" }), { exit: 6 });
    const { user_analytics, ...rest } = before;
    assert.deepEqual(await countsIn(steward), rest);
    assert.equal(user_analytics, 5);
  });
}

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
