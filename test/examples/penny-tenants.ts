/** Tenants of penny do not see, change or refer to each other's rows, whatever a role without privileges of its own tries. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import type { Session } from "../../src/core/engine.ts";
import { id } from "../../src/core/sql.ts";
import { asRole, refusalOf, rowOf, rowsIn } from "./access.ts";
import { bcrypt, insertRows, namesOf, platform, platformRows, rowsOf } from "./penny-rows.ts";

const [one, two] = [namesOf(1), namesOf(2)];
const role = `penny_app_${randomBytes(4).toString("hex")}`;

/** Every table with rows of tenants; `audit_logs` is filled by the triggers of the others. */
const tables: readonly string[] = [...new Set([...rowsOf(1).map(([table]) => table), "audit_logs"])];
const keyOf = (table: string): string => (table === "tenants" ? "id" : "tenant_id");
/** Their rows without a tenant are for all to read. */
const shared: readonly string[] = ["roles", "tools", "notification_templates"];

/** `open` gives a superuser's session on a database with all migrations and no rows. */
export function pennyTenants(open: () => Promise<Session>): void {
  let session: Session;
  const asTenant = <T>(tenant: string | undefined, body: () => Promise<T>): Promise<T> =>
    asRole(session, role, tenant === undefined ? {} : { "app.current_tenant_id": tenant }, body);
  const refused = (text: string, values?: readonly unknown[]): Promise<string | undefined> => refusalOf(session, text, values);
  const count = async (table: string, where = "true"): Promise<number> => rowsIn(session, `select from ${table} where ${where}`);

  before(async () => {
    session = await open();
    await session.script(`create role ${id(role).text} nologin; grant usage on schema public to ${id(role).text};
      grant all on all tables in schema public to ${id(role).text}; grant all on all sequences in schema public to ${id(role).text}`);
    await insertRows(session, platformRows);
    for (const n of [1, 2]) await insertRows(session, rowsOf(n));
  });
  after(async () => {
    await session.script(`drop owned by ${id(role).text}; drop role ${id(role).text}`);
    await session.close();
  });

  it("every table with a tenant has rows here", async () => {
    const { rows } = await session.query<{ name: string }>(
      `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
       where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace`,
    );
    assert.deepEqual([...rows.map(({ name }) => name), "tenants"].sort(), tables.toSorted());
  });

  for (const table of tables) {
    describe(table, () => {
      const key = keyOf(table);
      const readable = (all: number): number => (shared.includes(table) ? all : 0);

      it("has row level security, also for its owner", async () => {
        const { relrowsecurity, relforcerowsecurity } = await rowOf(session, "select * from pg_class where oid = $1::regclass", [table]);
        assert.deepEqual([relrowsecurity, relforcerowsecurity], [true, true]);
      });

      it("shows a tenant its own rows, and nothing without a tenant", async () => {
        const own = await count(table, `${key} = '${one.tenant}'`);
        const others = await count(table, `${key} = '${two.tenant}'`);
        const common = await count(table, `${key} is null`);
        assert.ok(own > 0 && others > 0);
        await asTenant(one.tenant, async () => {
          assert.equal(await count(table, `${key} = '${one.tenant}'`), own);
          assert.equal(await count(table, `${key} = '${two.tenant}'`), 0);
          assert.equal(await count(table), own + readable(common));
        });
        for (const none of [undefined, ""]) await asTenant(none, async () => assert.equal(await count(table), readable(common)));
      });

      it("lets a tenant change its own rows only", async () => {
        const columns = await writableColumns(session, table);
        const copy = async (tenant: string): Promise<string | undefined> => {
          const { row } = await rowOf(session, `select to_jsonb(t) as row from ${table} t where ${key} = $1 limit 1`, [tenant]);
          const values = columns.map((name) => (name === "id" && table !== "tenants" ? "gen_random_uuid()" : `r.${id(name).text}`));
          const insert = `insert into ${table} (${columns.map((name) => id(name).text).join(", ")}) select ${values.join(", ")} from jsonb_populate_record(null::${table}, $1) r`;
          return asTenant(one.tenant, () => refused(insert, [row]));
        };
        assert.equal(await copy(two.tenant), "42501", "a row of another tenant");
        const own = await copy(one.tenant);
        if (table === "audit_logs") assert.equal(own, "42501", "a forged row");
        else if (table !== "tenants") assert.notEqual(own, "42501", "a row of its own");
        await asTenant(one.tenant, async () => {
          const foreign = `${key} is distinct from '${one.tenant}'`;
          const column = columns.find((name) => !["id", "tenant_id"].includes(name)) ?? key;
          assert.equal(await rowsIn(session, `update ${table} set ${id(column).text} = ${id(column).text} where ${foreign}`), 0);
          assert.equal(await rowsIn(session, `delete from ${table} where ${foreign}`), 0);
          if (table === "audit_logs") {
            assert.equal(await rowsIn(session, `update ${table} set user_id = null`), 0);
            assert.equal(await rowsIn(session, `delete from ${table}`), 0);
            return;
          }
          assert.equal(await refused(`update ${table} set ${key} = '${two.tenant}'`), "42501");
          if (table !== "tenants") assert.notEqual(await refused(`update ${table} set ${key} = null`), undefined);
        });
      });
    });
  }

  it("tables of the platform are read, not written", async () => {
    await asTenant(one.tenant, async () => {
      for (const [table, insert] of [
        ["feature_flags", "insert into feature_flags (key) values ('x')"],
        ["subscription_plans", "insert into subscription_plans (code, name, price_cents) values ('x', 'x', 1)"],
      ] as const) {
        assert.equal(await count(table), 1);
        assert.equal(await rowsIn(session, `update ${table} set updated_at = now()`), 0);
        assert.equal(await refused(insert), "42501");
      }
      for (const table of ["system_metrics", "health_checks"]) assert.equal(await count(table), 0);
    });
  });

  const into = (columns: string, ...values: readonly string[]): string =>
    `insert into ${columns} values (${values.map((value) => `'${value}'`).join(", ")})`;

  it("no row refers to another tenant's", async () => {
    await asTenant(one.tenant, async () => {
      for (const insert of [
        into("conversations (tenant_id, user_id)", one.tenant, two.user),
        into("tool_executions (tenant_id, tool_id)", one.tenant, two.tool),
        into("user_roles (tenant_id, user_id, role_id)", one.tenant, one.colleague, two.role),
        into("artifacts (tenant_id, created_by, kind, title, conversation_id)", one.tenant, one.colleague, "code", "x", two.conversation),
        into("notifications (tenant_id, user_id, title, template_id)", one.tenant, one.colleague, "x", two.template),
      ])
        assert.equal(await refused(insert), "23503", insert);
      for (const insert of [
        into("tool_executions (tenant_id, tool_id)", one.tenant, platform.tool),
        into("user_roles (tenant_id, user_id, role_id)", one.tenant, one.colleague, platform.role),
      ])
        assert.equal(await refused(insert), undefined, insert);
    });
  });

  it("the audit log knows who changed what, and no secret", async () => {
    await asRole(
      session,
      role,
      { "app.current_tenant_id": one.tenant, "app.current_user_id": one.user, "app.request_id": "r1" },
      async () => {
        const newest = "select * from audit_logs order by id desc limit 1";
        await session.query("update users set display_name = 'changed', password_hash = $1 where id = $2", [bcrypt("c"), one.user]);
        const entry = await rowOf(session, newest);
        assert.deepEqual(
          [entry["table_name"], entry["action"], entry["user_id"], entry["request_id"]],
          ["users", "update", one.user, "r1"],
        );
        assert.deepEqual(entry["changed_fields"], ["display_name", "password_hash"]);
        assert.equal((entry["new_values"] as Record<string, unknown>)["display_name"], "changed");
        await session.query("update users set updated_at = now() where id = $1", [one.user]);
        assert.deepEqual((await rowOf(session, newest))["id"], entry["id"], "a stamp is no change");
        const secrets = String.raw`'\$2b\$|key_hash|token_hash|secret_encrypted|embedding"|hello'`;
        assert.equal(await count("audit_logs", `new_values::text || coalesce(old_values::text, '') ~ ${secrets}`), 0);
      },
    );
  });

  it("the statistics show a tenant its own", async () => {
    await session.query("select analytics.refresh()");
    for (const view of ["conversation_daily", "tool_usage_daily", "usage_monthly", "revenue_monthly"])
      assert.ok((await count(`analytics.${view}`)) > 0, view);
    const views = ["conversation_daily_stats", "tool_usage_daily_stats", "usage_monthly_stats"];
    await asTenant(one.tenant, async () => {
      for (const view of views) {
        assert.ok((await count(view)) > 0, view);
        assert.equal(await count(view, `tenant_id <> '${one.tenant}'`), 0, view);
      }
      assert.equal(await refused("select * from analytics.conversation_daily"), "42501");
      assert.equal(await refused("select analytics.refresh()"), "42501");
    });
    await asTenant("", async () => {
      for (const view of views) assert.equal(await count(view), 0, view);
    });
  });

  it("checks and keys refuse what makes no sense", async () => {
    await session.script("begin");
    for (const [insert, state] of [
      [into("users (email, display_name)", "x@example.com", "x"), "23514"],
      [into("users (tenant_id, email, display_name, password_hash)", one.tenant, "z@example.com", "x", "plain"), "23514"],
      [into("users (tenant_id, email, display_name)", one.tenant, "USER@example.com", "x"), "23505"],
      [into("tenants (name, slug)", "x", "Bad Slug"), "23514"],
      [
        into(
          "subscriptions (tenant_id, plan_id, status, current_period_start, current_period_end)",
          one.tenant,
          platform.plan,
          "trialing",
          "2026-01-01",
          "2026-02-01",
        ),
        "23505",
      ],
    ] as const)
      assert.equal(await refused(insert), state, insert);
    await session.script("rollback");
  });

  it("an artifact outlives its conversation; a tenant takes everything but its audit log along", async () => {
    await session.script("begin");
    try {
      await session.query("delete from conversations where id = $1", [one.conversation]);
      assert.equal((await rowOf(session, "select conversation_id from artifacts where id = $1", [one.artifact]))["conversation_id"], null);
      await session.query("delete from tenants where id = $1", [one.tenant]);
      await session.script("set constraints all immediate");
      for (const table of tables) {
        const left = await count(table, `${keyOf(table)} = '${one.tenant}'`);
        assert.equal(left > 0, table === "audit_logs", table);
        assert.ok((await count(table, `${keyOf(table)} = '${two.tenant}'`)) > 0, table);
      }
      assert.ok((await count("audit_logs", "action = 'delete'")) >= tables.length - 5);
    } finally {
      await session.script("rollback");
    }
  });
}

async function writableColumns(session: Session, table: string): Promise<string[]> {
  const { rows } = await session.query<{ name: string }>(
    `select attname as name from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = '' order by attnum`,
    [table],
  );
  return rows.map(({ name }) => name);
}
