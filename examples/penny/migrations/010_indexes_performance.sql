-- Migration: 010_indexes_performance
-- Description: Performance optimization

-- Up migration

-- Composite indexes: lists, newest first
CREATE INDEX conversations_tenant_id_user_id_last_message_at_idx ON conversations (tenant_id, user_id, last_message_at DESC);
CREATE INDEX artifacts_tenant_id_kind_created_at_idx ON artifacts (tenant_id, kind, created_at DESC);
CREATE INDEX tool_executions_tenant_id_tool_id_created_at_idx ON tool_executions (tenant_id, tool_id, created_at DESC);
CREATE INDEX invoices_tenant_id_created_at_idx ON invoices (tenant_id, created_at DESC);
CREATE INDEX audit_logs_tenant_id_user_id_occurred_at_idx ON audit_logs (tenant_id, user_id, occurred_at DESC);

-- Partial indexes: the few rows that work is waiting for
CREATE INDEX sessions_live_idx ON sessions (expires_at) WHERE revoked_at IS NULL;
CREATE INDEX api_keys_live_idx ON api_keys (tenant_id, key_prefix) WHERE revoked_at IS NULL;
CREATE INDEX conversations_active_idx ON conversations (tenant_id, last_message_at DESC) WHERE status = 'active';
CREATE INDEX conversation_memory_expiring_idx ON conversation_memory (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX tool_executions_unfinished_idx ON tool_executions (created_at) WHERE status IN ('pending', 'running');
CREATE INDEX subscriptions_renewal_idx ON subscriptions (current_period_end) WHERE status IN ('trialing', 'active', 'past_due');
CREATE INDEX invoices_unpaid_idx ON invoices (due_at) WHERE status = 'open';
CREATE INDEX error_logs_unresolved_idx ON error_logs (tenant_id, occurred_at DESC) WHERE resolved_at IS NULL;
CREATE INDEX webhook_deliveries_due_idx ON webhook_deliveries (next_attempt_at) WHERE status = 'pending';
CREATE INDEX notifications_unread_idx ON notifications (tenant_id, user_id) WHERE read_at IS NULL;
CREATE INDEX notifications_scheduled_idx ON notifications (scheduled_for) WHERE sent_at IS NULL AND scheduled_for IS NOT NULL;

-- GIN with the tenant in front, by btree_gin. The operators @@, @> and && are not leakproof: under row level security
-- only the tenant part narrows the search; roles that bypass it use the whole index.
CREATE INDEX messages_search_idx ON messages USING gin (tenant_id, search_vector);
CREATE INDEX conversations_metadata_idx ON conversations USING gin (tenant_id, metadata jsonb_path_ops);
CREATE INDEX artifacts_tags_idx ON artifacts USING gin (tenant_id, tags);
CREATE INDEX artifacts_metadata_idx ON artifacts USING gin (tenant_id, metadata jsonb_path_ops);
CREATE INDEX usage_metrics_dimensions_idx ON usage_metrics USING gin (tenant_id, dimensions jsonb_path_ops);
CREATE INDEX webhooks_events_idx ON webhooks USING gin (tenant_id, events) WHERE is_active;

-- Materialized views for analytics.
-- A materialized view cannot have row level security and holds the rows of all tenants. So these live in a schema of
-- their own that nobody else may use, where GRANT ... ON ALL TABLES IN SCHEMA public does not reach them, and tenants
-- read them through the security_barrier views below, each of which names the tenant itself.
CREATE SCHEMA analytics;
REVOKE ALL ON SCHEMA analytics FROM PUBLIC;
COMMENT ON SCHEMA analytics IS 'Aggregates over all tenants; not for application roles';

CREATE MATERIALIZED VIEW analytics.conversation_daily AS
SELECT
  tenant_id,
  (created_at AT TIME ZONE 'UTC')::DATE AS day,
  count(*) AS messages,
  count(DISTINCT conversation_id) AS conversations,
  count(DISTINCT user_id) AS active_users,
  sum(input_tokens)::BIGINT AS input_tokens,
  sum(output_tokens)::BIGINT AS output_tokens
FROM messages
GROUP BY 1, 2;

CREATE MATERIALIZED VIEW analytics.tool_usage_daily AS
SELECT
  tenant_id,
  tool_id,
  (created_at AT TIME ZONE 'UTC')::DATE AS day,
  count(*) AS executions,
  count(*) FILTER (WHERE status = 'failed') AS failures,
  percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM completed_at - started_at)::DOUBLE PRECISION * 1000) AS p95_ms,
  sum(cost_micros)::BIGINT AS cost_micros
FROM tool_executions
GROUP BY 1, 2, 3;

CREATE MATERIALIZED VIEW analytics.usage_monthly AS
SELECT
  tenant_id,
  metric,
  date_trunc('month', recorded_at AT TIME ZONE 'UTC')::DATE AS month,
  count(*) AS records,
  sum(quantity) AS quantity
FROM usage_metrics
GROUP BY 1, 2, 3;

CREATE MATERIALIZED VIEW analytics.revenue_monthly AS
SELECT
  date_trunc('month', paid_at AT TIME ZONE 'UTC')::DATE AS month,
  currency::TEXT AS currency,
  count(*) AS invoices,
  count(DISTINCT tenant_id) AS tenants,
  sum(total_cents)::BIGINT AS total_cents
FROM invoices
WHERE status = 'paid'
GROUP BY 1, 2;

-- Needed by REFRESH ... CONCURRENTLY
CREATE UNIQUE INDEX conversation_daily_key ON analytics.conversation_daily (tenant_id, day);
CREATE UNIQUE INDEX tool_usage_daily_key ON analytics.tool_usage_daily (tenant_id, tool_id, day);
CREATE UNIQUE INDEX usage_monthly_key ON analytics.usage_monthly (tenant_id, metric, month);
CREATE UNIQUE INDEX revenue_monthly_key ON analytics.revenue_monthly (month, currency);

COMMENT ON MATERIALIZED VIEW analytics.conversation_daily IS 'Messages per tenant and day';
COMMENT ON MATERIALIZED VIEW analytics.tool_usage_daily IS 'Tool executions per tenant, tool and day';
COMMENT ON MATERIALIZED VIEW analytics.usage_monthly IS 'Metered use per tenant and month';
COMMENT ON MATERIALIZED VIEW analytics.revenue_monthly IS 'Paid invoices per month; of the platform, shown to no tenant';

-- Not security_invoker: the caller may not read what is below. The predicate is the isolation.
CREATE VIEW conversation_daily_stats WITH (security_barrier = true) AS
SELECT tenant_id, day, messages, conversations, active_users, input_tokens, output_tokens
FROM analytics.conversation_daily
WHERE tenant_id = (SELECT current_tenant_id());

CREATE VIEW tool_usage_daily_stats WITH (security_barrier = true) AS
SELECT tenant_id, tool_id, day, executions, failures, p95_ms, cost_micros
FROM analytics.tool_usage_daily
WHERE tenant_id = (SELECT current_tenant_id());

CREATE VIEW usage_monthly_stats WITH (security_barrier = true) AS
SELECT tenant_id, metric, month, records, quantity
FROM analytics.usage_monthly
WHERE tenant_id = (SELECT current_tenant_id());

COMMENT ON VIEW conversation_daily_stats IS 'Messages per day of the current tenant';
COMMENT ON VIEW tool_usage_daily_stats IS 'Tool executions per day of the current tenant';
COMMENT ON VIEW usage_monthly_stats IS 'Metered use per month of the current tenant';

-- An owner whom row level security binds would see no rows and refresh to nothing; row_security = off makes that an error
CREATE FUNCTION analytics.refresh() RETURNS VOID
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = ''
  SET row_security = off
AS $$
BEGIN
  REFRESH MATERIALIZED VIEW CONCURRENTLY analytics.conversation_daily;
  REFRESH MATERIALIZED VIEW CONCURRENTLY analytics.tool_usage_daily;
  REFRESH MATERIALIZED VIEW CONCURRENTLY analytics.usage_monthly;
  REFRESH MATERIALIZED VIEW CONCURRENTLY analytics.revenue_monthly;
END;
$$;

REVOKE ALL ON FUNCTION analytics.refresh() FROM PUBLIC;
COMMENT ON FUNCTION analytics.refresh() IS 'Brings the materialized views up to date; the owner needs BYPASSRLS';

-- Down migration

DROP FUNCTION analytics.refresh();

DROP VIEW usage_monthly_stats;
DROP VIEW tool_usage_daily_stats;
DROP VIEW conversation_daily_stats;

DROP MATERIALIZED VIEW analytics.revenue_monthly;
DROP MATERIALIZED VIEW analytics.usage_monthly;
DROP MATERIALIZED VIEW analytics.tool_usage_daily;
DROP MATERIALIZED VIEW analytics.conversation_daily;

DROP SCHEMA analytics;

DROP INDEX webhooks_events_idx;
DROP INDEX usage_metrics_dimensions_idx;
DROP INDEX artifacts_metadata_idx;
DROP INDEX artifacts_tags_idx;
DROP INDEX conversations_metadata_idx;
DROP INDEX messages_search_idx;

DROP INDEX notifications_scheduled_idx;
DROP INDEX notifications_unread_idx;
DROP INDEX webhook_deliveries_due_idx;
DROP INDEX error_logs_unresolved_idx;
DROP INDEX invoices_unpaid_idx;
DROP INDEX subscriptions_renewal_idx;
DROP INDEX tool_executions_unfinished_idx;
DROP INDEX conversation_memory_expiring_idx;
DROP INDEX conversations_active_idx;
DROP INDEX api_keys_live_idx;
DROP INDEX sessions_live_idx;

DROP INDEX audit_logs_tenant_id_user_id_occurred_at_idx;
DROP INDEX invoices_tenant_id_created_at_idx;
DROP INDEX tool_executions_tenant_id_tool_id_created_at_idx;
DROP INDEX artifacts_tenant_id_kind_created_at_idx;
DROP INDEX conversations_tenant_id_user_id_last_message_at_idx;
