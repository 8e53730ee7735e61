/** Rows for two tenants in every table of penny that has tenants, and rows that belong to none. */
import type { Session } from "../../src/core/engine.ts";
import { id } from "../../src/core/sql.ts";

export type TableRow = readonly [table: string, row: Readonly<Record<string, unknown>>];

/** The nth id of a tenant; tenant 0 is the platform. */
export const uuid = (tenant: number, n: number): string =>
  `${String(tenant).padStart(8, "0")}-0000-4000-8000-${String(n).padStart(12, "0")}`;
const digest = (tenant: number, n: number): string => `${tenant}${n}`.padEnd(64, "a");

export const bcrypt = (letter: string): string => `$2b$12$${letter.repeat(53)}`;

/** What the rows of the platform are called. */
export const platform = {
  flag: "00000000-0000-4000-8000-000000000001",
  tool: "00000000-0000-4000-8000-000000000002",
  role: "00000000-0000-4000-8000-000000000003",
  plan: "00000000-0000-4000-8000-000000000004",
  admin: "00000000-0000-4000-8000-000000000005",
} as const;

export const platformRows: readonly TableRow[] = [
  ["feature_flags", { id: platform.flag, key: "flag" }],
  ["tools", { id: platform.tool, name: "web_search", display_name: "Web search", description: "d", input_schema: { type: "object" } }],
  ["roles", { id: platform.role, name: "member", is_system: true }],
  ["subscription_plans", { id: platform.plan, code: "pro", name: "Pro", price_cents: 1000 }],
  ["users", { id: platform.admin, email: "admin@penny.local", display_name: "Admin", is_system_admin: true, status: "active" }],
  ["user_roles", { id: uuid(0, 6), user_id: platform.admin, role_id: platform.role }],
  ["sessions", { id: uuid(0, 7), user_id: platform.admin, token_hash: digest(0, 9), expires_at: "2999-01-01" }],
  ["api_keys", { id: uuid(0, 8), user_id: platform.admin, name: "k", key_prefix: "pk_live", key_hash: digest(0, 8) }],
  ["error_logs", { id: uuid(0, 9), source: "s", message: "platform" }],
  ["notification_templates", { id: uuid(0, 10), key: "welcome", channel: "in_app", body: "b" }],
  ["health_checks", { component: "db", status: "healthy" }],
  ["system_metrics", { name: "cpu", value: 1 }],
];

const named = {
  tenant: 1,
  user: 2,
  colleague: 3,
  role: 4,
  workspace: 8,
  conversation: 11,
  message: 12,
  artifact: 16,
  comment: 21,
  tool: 24,
  paymentMethod: 30,
  subscription: 31,
  invoice: 32,
  webhook: 36,
  template: 38,
} as const;

/** What the rows of a tenant are called. */
export function namesOf(tenant: number): Readonly<Record<keyof typeof named, string>> {
  const ids = Object.entries(named).map(([name, n]) => [name, uuid(tenant, n)]);
  return Object.fromEntries(ids) as Record<keyof typeof named, string>;
}

/** In an order that foreign keys bear. */
export function rowsOf(n: number): readonly TableRow[] {
  const own = namesOf(n);
  const { user, colleague, conversation, message, artifact, tool, workspace } = own;
  const embedding = `[${Array.from({ length: 1536 }, () => 0.1 * n).join(",")}]`;
  const rows: readonly TableRow[] = [
    ["users", { id: user, email: "User@example.com", display_name: "u", status: "active", password_hash: bcrypt("a") }],
    ["users", { id: colleague, email: "second@example.com", display_name: "v" }],
    ["roles", { id: own.role, name: "custom", permissions: ["a:b"] }],
    ["user_roles", { id: uuid(n, 5), user_id: user, role_id: own.role, granted_by: colleague }],
    ["sessions", { id: uuid(n, 6), user_id: user, token_hash: digest(n, 1), expires_at: "2999-01-01" }],
    ["api_keys", { id: uuid(n, 7), user_id: user, name: "k", key_prefix: "pk_live", key_hash: digest(n, 2) }],
    ["workspaces", { id: workspace, name: "w", slug: "w", is_default: true, created_by: user }],
    ["workspace_members", { id: uuid(n, 9), workspace_id: workspace, user_id: user, role: "owner" }],
    ["feature_flag_overrides", { id: uuid(n, 10), feature_flag_id: platform.flag, is_enabled: true }],
    ["conversations", { id: conversation, workspace_id: workspace, user_id: user }],
    [
      "messages",
      { id: message, conversation_id: conversation, user_id: user, role: "user", content: "hello secret world", input_tokens: 5 },
    ],
    [
      "messages",
      { id: uuid(n, 13), conversation_id: conversation, parent_id: message, role: "assistant", content: "answer", output_tokens: 7 },
    ],
    [
      "conversation_memory",
      { id: uuid(n, 14), conversation_id: conversation, message_id: message, content: "m", embedding_model: "e", embedding },
    ],
    [
      "message_attachments",
      { id: uuid(n, 15), message_id: message, uploaded_by: user, file_name: "f", mime_type: "text/plain", size_bytes: 1, storage_key: "k" },
    ],
    [
      "artifacts",
      { id: artifact, workspace_id: workspace, conversation_id: conversation, created_by: user, kind: "code", title: "a", tags: ["x"] },
    ],
    ["artifacts", { id: uuid(n, 17), created_by: user, kind: "code", title: "b" }],
    [
      "artifact_versions",
      { id: uuid(n, 18), artifact_id: artifact, version_number: 1, content: "c", checksum: digest(n, 3), size_bytes: 1, created_by: user },
    ],
    ["artifact_collections", { id: uuid(n, 19), workspace_id: workspace, created_by: user, name: "c" }],
    ["artifact_collection_items", { id: uuid(n, 20), collection_id: uuid(n, 19), artifact_id: artifact }],
    [
      "artifact_comments",
      {
        id: own.comment,
        artifact_id: artifact,
        user_id: user,
        version_number: 1,
        content: "c",
        resolved_at: "2026-01-01",
        resolved_by: colleague,
      },
    ],
    ["artifact_comments", { id: uuid(n, 22), artifact_id: artifact, user_id: user, parent_id: own.comment, content: "d" }],
    ["artifact_relationships", { id: uuid(n, 23), source_id: artifact, target_id: uuid(n, 17), kind: "depends_on" }],
    ["tools", { id: tool, name: "mine", display_name: "m", description: "d", input_schema: {}, created_by: user }],
    [
      "tool_executions",
      {
        id: uuid(n, 25),
        tool_id: tool,
        user_id: user,
        conversation_id: conversation,
        message_id: message,
        status: "succeeded",
        started_at: "2026-01-01",
        completed_at: "2026-01-02",
      },
    ],
    ["tool_executions", { id: uuid(n, 26), tool_id: platform.tool }],
    ["tool_permissions", { id: uuid(n, 27), tool_id: platform.tool, role_id: platform.role, granted_by: user }],
    ["tool_permissions", { id: uuid(n, 28), tool_id: tool, workspace_id: workspace }],
    ["tool_usage_limits", { id: uuid(n, 29), tool_id: tool, user_id: user, period: "day", max_executions: 5 }],
    [
      "payment_methods",
      {
        id: own.paymentMethod,
        kind: "card",
        provider: "stripe",
        provider_payment_method_id: `pm${n}`,
        is_default: true,
        last_four: "4242",
      },
    ],
    [
      "subscriptions",
      {
        id: own.subscription,
        plan_id: platform.plan,
        payment_method_id: own.paymentMethod,
        status: "active",
        current_period_start: "2026-01-01",
        current_period_end: "2026-02-01",
      },
    ],
    [
      "invoices",
      {
        id: own.invoice,
        subscription_id: own.subscription,
        number: "1",
        currency: "USD",
        status: "paid",
        paid_at: "2026-01-01",
        subtotal_cents: 100,
      },
    ],
    ["invoice_line_items", { id: uuid(n, 33), invoice_id: own.invoice, description: "d", unit_price_cents: 100 }],
    [
      "payment_transactions",
      {
        id: uuid(n, 34),
        invoice_id: own.invoice,
        payment_method_id: own.paymentMethod,
        amount_cents: 100,
        currency: "USD",
        provider: "stripe",
        provider_transaction_id: `tx${n}`,
      },
    ],
    ["error_logs", { id: uuid(n, 35), user_id: user, source: "s", message: "m", resolved_by: colleague }],
    ["usage_metrics", { workspace_id: workspace, user_id: user, metric: "tokens", quantity: 3 }],
    ["webhooks", { id: own.webhook, name: "w", url: "https://example.com", secret_encrypted: "\\x00", events: ["a"], created_by: user }],
    ["webhook_deliveries", { id: uuid(n, 37), webhook_id: own.webhook, event: "a", payload: {} }],
    ["notification_templates", { id: own.template, key: "welcome", channel: "in_app", body: "b" }],
    ["notifications", { id: uuid(n, 39), user_id: user, template_id: own.template, title: "t" }],
    ["notification_preferences", { id: uuid(n, 40), user_id: user, template_key: "welcome", channel: "email", is_enabled: false }],
  ];
  const tenant: TableRow = ["tenants", { id: own.tenant, name: `T${n}`, slug: `tenant-${n}`, status: "active" }];
  return [tenant, ...rows.map(([table, row]): TableRow => [table, { tenant_id: own.tenant, ...row }])];
}

export async function insertRows(session: Session, rows: readonly TableRow[]): Promise<void> {
  for (const [table, row] of rows) {
    const columns = Object.keys(row).map((name) => id(name).text);
    await session.query(
      `insert into ${table} (${columns.join(", ")})
       select ${columns.map((column) => `r.${column}`).join(", ")} from jsonb_populate_record(null::${table}, $1) r`,
      [row],
    );
  }
}
