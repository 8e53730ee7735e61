/** Who of agent-desk sees and changes what: owners, admins and members of two organizations, somebody of none, and nobody at all. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Session } from "../../src/core/engine.ts";
import { asRole, refusalOf, rowOf, rowsIn } from "./access.ts";

const uuid = (first: number, last: number): string => `${String(first).padStart(8, "0")}-0000-4000-8000-${String(last).padStart(12, "0")}`;

/** Organization 1 has three members, organization 2 one; the outsider is in none. */
const people = { owner: uuid(9, 1), admin: uuid(9, 2), member: uuid(9, 3), otherOwner: uuid(9, 4), outsider: uuid(9, 5) };
type Person = keyof typeof people;
const [org1, org2] = [uuid(1, 0), uuid(2, 0)];
const agentOf = (organization: number): string => uuid(organization, 1);

type Insert = readonly [text: string, ...values: readonly unknown[]];

const organizationRows = (n: number): readonly Insert[] => {
  const [org, category, crm, subscription] = [uuid(n, 0), uuid(n, 2), uuid(n, 3), uuid(n, 4)];
  return [
    ["insert into organizations (id, name, slug) values ($1, $2, $2)", org, `org-${n}`],
    ["insert into ai_agents (id, organization_id, name, provider, model) values ($1, $2, 'a', 'p', 'm')", agentOf(n), org],
    ["insert into ai_agent_states (ai_agent_id, organization_id) values ($1, $2)", agentOf(n), org],
    ["insert into knowledge_categories (id, organization_id, slug, name) values ($1, $2, 'c', 'c')", category, org],
    ...["draft", "published"].map(
      (status): Insert => [
        "insert into knowledge_articles (organization_id, category_id, slug, title, content, status, published_at) values ($1, $2, $3, 't', 'c', $3, now())",
        org,
        category,
        status,
      ],
    ),
    [
      "insert into crm_connections (id, organization_id, provider, name, status, credentials_encrypted) values ($1, $2, 'amocrm', 'n', 'connected', 'x')",
      crm,
      org,
    ],
    ["insert into crm_sync_runs (organization_id, crm_connection_id, direction) values ($1, $2, 'import')", org, crm],
    ["insert into events (organization_id, name) values ($1, 'login')", org],
    ["insert into usage_daily (organization_id, usage_date, metric, quantity) values ($1, '2026-01-01', 'messages', 1)", org],
    [
      "insert into organization_invitations (organization_id, email, token_hash) values ($1, 'a@example.com', $2)",
      org,
      String(n).repeat(64),
    ],
    [
      "insert into subscriptions (id, organization_id, plan_id, status, current_period_start, current_period_end) values ($1, $2, $3, 'active', '2026-01-01', '2026-02-01')",
      subscription,
      org,
      uuid(0, 1),
    ],
    [
      "insert into payments (organization_id, subscription_id, amount_cents, currency, provider) values ($1, $2, 1, 'RUB', 'p')",
      org,
      subscription,
    ],
  ];
};

const rows: readonly Insert[] = [
  ...Object.entries(people).map(([name, user]): Insert => ["insert into users (id, email) values ($1, $2)", user, `${name}@example.com`]),
  ["insert into subscription_plans (id, code, name, price_cents) values ($1, 'pro', 'Pro', 1)", uuid(0, 1)],
  ...organizationRows(1),
  ...organizationRows(2),
  ...(
    [
      [org1, "owner", "owner"],
      [org1, "admin", "admin"],
      [org1, "member", "member"],
      [org2, "otherOwner", "owner"],
    ] as const
  ).map(
    ([org, person, role]): Insert => [
      "insert into organization_members (organization_id, user_id, role) values ($1, $2, $3)",
      org,
      people[person],
      role,
    ],
  ),
  ["insert into knowledge_categories (id, slug, name) values ($1, 'docs', 'Docs')", uuid(0, 2)],
  [
    "insert into knowledge_articles (category_id, slug, title, content, status, published_at) values ($1, 'hello', 't', 'c', 'published', now())",
    uuid(0, 2),
  ],
  ["insert into email_templates (key, subject, html_body, text_body) values ('welcome', 's', 'h', 't')"],
  ...(
    [
      ["owner", org1],
      ["member", org1],
      ["otherOwner", org2],
    ] as const
  ).flatMap(([person, org]): readonly Insert[] => [
    ["insert into job_status (id, type, user_id, organization_id) values ($1, 't', $2, $3)", `job-${person}`, people[person], org],
    ["insert into user_preferences (user_id) values ($1)", people[person]],
  ]),
];

/** Rows that each person sees. */
const visible: Readonly<Record<string, Readonly<Record<Person, number>>>> = {
  users: { owner: 3, admin: 3, member: 3, otherOwner: 1, outsider: 1 },
  organizations: { owner: 1, admin: 1, member: 1, otherOwner: 1, outsider: 0 },
  organization_members: { owner: 3, admin: 3, member: 3, otherOwner: 1, outsider: 0 },
  organization_invitations: { owner: 1, admin: 1, member: 0, otherOwner: 1, outsider: 0 },
  ai_agents: { owner: 1, admin: 1, member: 1, otherOwner: 1, outsider: 0 },
  ai_agent_states: { owner: 1, admin: 1, member: 1, otherOwner: 1, outsider: 0 },
  knowledge_categories: { owner: 2, admin: 2, member: 2, otherOwner: 2, outsider: 1 },
  knowledge_articles: { owner: 3, admin: 3, member: 2, otherOwner: 3, outsider: 1 },
  crm_sync_runs: { owner: 1, admin: 1, member: 1, otherOwner: 1, outsider: 0 },
  events: { owner: 1, admin: 1, member: 1, otherOwner: 1, outsider: 0 },
  usage_daily: { owner: 1, admin: 1, member: 1, otherOwner: 1, outsider: 0 },
  subscription_plans: { owner: 1, admin: 1, member: 1, otherOwner: 1, outsider: 1 },
  subscriptions: { owner: 1, admin: 1, member: 1, otherOwner: 1, outsider: 0 },
  payments: { owner: 1, admin: 1, member: 0, otherOwner: 1, outsider: 0 },
  job_status: { owner: 2, admin: 2, member: 1, otherOwner: 1, outsider: 0 },
  user_preferences: { owner: 1, admin: 0, member: 1, otherOwner: 1, outsider: 0 },
};
/** Not for everybody's eyes as a whole: one has a secret column, one is no table of the API. */
const others = ["crm_connections", "email_templates"];

/** `open` gives a superuser's session on a database with the prelude, all migrations and no rows. */
export function deskAccess(open: () => Promise<Session>): void {
  let session: Session;
  const asPerson = <T>(person: Person, body: () => Promise<T>): Promise<T> =>
    asRole(session, "authenticated", { "request.jwt.claims": JSON.stringify({ sub: people[person], role: "authenticated" }) }, body);
  const asApi = <T>(role: "anon" | "service_role", body: () => Promise<T>): Promise<T> =>
    asRole(session, role, { "request.jwt.claims": "" }, body);
  const count = (table: string): Promise<number> => rowsIn(session, `select from ${table}`);
  const refused = (text: string, ...values: readonly unknown[]): Promise<string | undefined> => refusalOf(session, text, values);

  before(async () => {
    session = await open();
    for (const [text, ...values] of rows) await session.query(text, values);
  });
  after(() => session.close());

  it("every table has row level security, and is looked at here", async () => {
    const { rows: found } = await session.query<{ name: string; secured: boolean }>(
      "select relname as name, relrowsecurity as secured from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace",
    );
    assert.deepEqual(found.map(({ name }) => name).sort(), [...Object.keys(visible), ...others].sort());
    assert.deepEqual(
      found.filter(({ secured }) => !secured),
      [],
    );
  });

  describe("each person sees", () => {
    for (const [table, counts] of Object.entries(visible)) {
      it(table, async () => {
        const seen: Record<string, number> = {};
        for (const person of Object.keys(people) as Person[]) seen[person] = await asPerson(person, () => count(table));
        assert.deepEqual(seen, counts);
      });
    }
  });

  it("nobody reads the CRM's credentials or the e-mail templates", () =>
    asPerson("owner", async () => {
      assert.equal(await rowsIn(session, "select id from crm_connections"), 1);
      assert.equal(await refused("select credentials_encrypted from crm_connections"), "42501");
      assert.equal(await refused("select * from email_templates"), "42501");
    }));

  it("an owner changes what belongs to the organization, and nothing else", () =>
    asPerson("owner", async () => {
      const event = "insert into events (organization_id, user_id, ai_agent_id, name) values ($1, $2, $3, 'x')";
      const agent = "insert into ai_agents (organization_id, name, provider, model) values ($1, 'b', 'p', 'm')";
      for (const [text, ...values] of [
        [agent, org2],
        ["insert into organization_members (organization_id, user_id, role) values ($1, $2, 'owner')", org2, people.owner],
        ["insert into knowledge_categories (slug, name) values ('x', 'x')"],
        ["insert into events (organization_id, user_id, name) values ($1, $2, 'x')", org2, people.owner],
        [event, org1, people.owner, agentOf(2)],
        ["insert into payments (organization_id, amount_cents, currency, provider) values ($1, 1, 'RUB', 'p')", org1],
        ["insert into job_status (id, type, user_id) values ('x', 't', $1)", people.owner],
        ["insert into user_preferences (user_id) values ($1)", people.admin],
        ["update ai_agents set organization_id = $1", org2],
        ["truncate events"],
        ["insert into organizations (name, slug) values ('x', 'x')"],
      ] as const)
        assert.equal(await refused(text, ...values), "42501", text);
      for (const [text, ...values] of [
        [agent, org1],
        [event, org1, people.owner, agentOf(1)],
        ["update crm_connections set name = 'z'"],
        ["update organization_members set role = 'owner' where user_id = $1", people.member],
      ] as const)
        assert.equal(await refused(text, ...values), undefined, text);
      assert.equal(await rowsIn(session, "update organizations set name = 'z'"), 1);
    }));

  it("an admin neither becomes an owner nor removes one", () =>
    asPerson("admin", async () => {
      assert.equal(await refused("update organization_members set role = 'owner' where user_id = $1", people.admin), "42501");
      assert.equal(await rowsIn(session, "delete from organization_members where role = 'owner'"), 0);
    }));

  it("a member changes nothing, and may leave", () =>
    asPerson("member", async () => {
      for (const [table, column] of [
        ["ai_agents", "name"],
        ["knowledge_articles", "title"],
        ["organizations", "name"],
        ["crm_connections", "name"],
      ])
        assert.equal(await rowsIn(session, `update ${table} set ${column} = 'z'`), 0, table);
      assert.equal(await rowsIn(session, "delete from organization_members where user_id = $1", [people.member]), 1);
    }));

  it("whoever founds an organization owns it", () =>
    asPerson("outsider", async () => {
      assert.equal((await rowOf(session, "select * from create_organization('New', 'new')"))["slug"], "new");
      assert.equal(await count("organizations"), 1);
      assert.equal((await rowOf(session, "select role from organization_members"))["role"], "owner");
    }));

  it("without a session there is what is published", () =>
    asApi("anon", async () => {
      assert.deepEqual([await count("knowledge_articles"), await count("subscription_plans"), await count("user_preferences")], [1, 1, 0]);
      for (const table of ["users", "organizations", "ai_agents", "payments", "job_status"])
        assert.equal(await refused(`select from ${table}`), "42501", table);
      assert.equal(await refused("select create_organization('a', 'b')"), "42501");
      assert.equal((await rowOf(session, "select auth.uid() as uid"))["uid"], null);
    }));

  it("the service role sees everything", () =>
    asApi("service_role", async () => {
      assert.deepEqual([await count("payments"), await count("email_templates"), await count("user_preferences")], [2, 1, 3]);
    }));

  it("an organization takes what belongs to it along", async () => {
    await session.script("begin");
    try {
      await session.query("delete from organizations where id = $1", [org1]);
      for (const table of ["ai_agents", "crm_sync_runs", "subscriptions", "events", "organization_members"])
        assert.equal(await count(table), 1, table);
    } finally {
      await session.script("rollback");
    }
  });
}
