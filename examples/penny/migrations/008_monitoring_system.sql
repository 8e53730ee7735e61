-- Migration: 008_monitoring_system
-- Description: Monitoring and analytics

-- Up migration

CREATE TYPE health_status AS ENUM ('healthy', 'degraded', 'unhealthy');
CREATE TYPE metric_kind AS ENUM ('counter', 'gauge', 'histogram');
CREATE TYPE audit_action AS ENUM ('insert', 'update', 'delete');
COMMENT ON TYPE health_status IS 'Result of a health check';
COMMENT ON TYPE metric_kind IS 'How the values of a metric add up';
COMMENT ON TYPE audit_action IS 'What happened to an audited row';

-- Platform: of no tenant
CREATE TABLE system_metrics (
  id BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  name TEXT NOT NULL,
  kind metric_kind NOT NULL DEFAULT 'gauge',
  value DOUBLE PRECISION NOT NULL,
  unit TEXT,
  labels JSONB NOT NULL DEFAULT '{}',
  recorded_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT system_metrics_labels_object CHECK (jsonb_typeof(labels) = 'object')
);

CREATE INDEX system_metrics_name_recorded_at_idx ON system_metrics (name, recorded_at DESC);

COMMENT ON TABLE system_metrics IS 'Performance metrics of the platform';

CREATE TABLE health_checks (
  id BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  component TEXT NOT NULL,
  status health_status NOT NULL,
  latency_ms INTEGER,
  message TEXT,
  details JSONB NOT NULL DEFAULT '{}',
  checked_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT health_checks_latency_ms_positive CHECK (latency_ms >= 0),
  CONSTRAINT health_checks_details_object CHECK (jsonb_typeof(details) = 'object')
);

CREATE INDEX health_checks_component_checked_at_idx ON health_checks (component, checked_at DESC);

COMMENT ON TABLE health_checks IS 'Results of health checks of the platform';

-- Errors: of a tenant, or of the platform
CREATE TABLE error_logs (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID REFERENCES tenants (id) ON DELETE CASCADE,
  user_id UUID,
  severity severity NOT NULL DEFAULT 'error',
  source TEXT NOT NULL,
  code TEXT,
  message TEXT NOT NULL,
  stack_trace TEXT,
  fingerprint sha256_hex,
  request_id TEXT,
  context JSONB NOT NULL DEFAULT '{}',
  occurred_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  resolved_at TIMESTAMPTZ,
  resolved_by UUID REFERENCES users (id) ON DELETE SET NULL,
  CONSTRAINT error_logs_context_object CHECK (jsonb_typeof(context) = 'object'),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX error_logs_tenant_id_user_id_idx ON error_logs (tenant_id, user_id);
CREATE INDEX error_logs_resolved_by_idx ON error_logs (resolved_by);
CREATE INDEX error_logs_fingerprint_idx ON error_logs (fingerprint);

COMMENT ON TABLE error_logs IS 'Error tracking';
COMMENT ON COLUMN error_logs.tenant_id IS 'Null for errors of the platform, which no tenant sees';
COMMENT ON COLUMN error_logs.resolved_by IS 'User of the tenant or administrator of the platform';

-- Usage: what billing and analytics count
CREATE TABLE usage_metrics (
  id BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  workspace_id UUID,
  user_id UUID,
  metric TEXT NOT NULL,
  quantity NUMERIC(20, 6) NOT NULL,
  dimensions JSONB NOT NULL DEFAULT '{}',
  recorded_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT usage_metrics_quantity_positive CHECK (quantity >= 0),
  CONSTRAINT usage_metrics_dimensions_object CHECK (jsonb_typeof(dimensions) = 'object'),
  FOREIGN KEY (tenant_id, workspace_id) REFERENCES workspaces (tenant_id, id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);

CREATE INDEX usage_metrics_tenant_id_metric_recorded_at_idx ON usage_metrics (tenant_id, metric, recorded_at);
CREATE INDEX usage_metrics_tenant_id_workspace_id_idx ON usage_metrics (tenant_id, workspace_id);
CREATE INDEX usage_metrics_tenant_id_user_id_idx ON usage_metrics (tenant_id, user_id);

COMMENT ON TABLE usage_metrics IS 'Metered use per tenant';

-- Audit: no foreign keys, because the record outlives what it is about
CREATE TABLE audit_logs (
  id BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  tenant_id UUID,
  user_id UUID,
  action audit_action NOT NULL,
  table_name TEXT NOT NULL,
  record_id UUID NOT NULL,
  changed_fields TEXT[],
  old_values JSONB,
  new_values JSONB,
  request_id TEXT,
  database_user TEXT NOT NULL DEFAULT session_user,
  occurred_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX audit_logs_tenant_id_occurred_at_idx ON audit_logs (tenant_id, occurred_at DESC);
CREATE INDEX audit_logs_table_name_record_id_idx ON audit_logs (table_name, record_id);

COMMENT ON TABLE audit_logs IS 'Every change of data, written by triggers; append-only except for roles that bypass row level security';
COMMENT ON COLUMN audit_logs.user_id IS 'Setting app.current_user_id of the transaction';
COMMENT ON COLUMN audit_logs.request_id IS 'Setting app.request_id of the transaction';

-- Arguments: further columns to leave out of the log
CREATE FUNCTION audit_row_change() RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = ''
AS $$
DECLARE
  hidden CONSTANT TEXT[] := ARRAY[
    'password_hash', 'mfa_secret_encrypted', 'token_hash', 'refresh_token_hash', 'key_hash', 'secret_encrypted',
    'embedding', 'search_vector'
  ] || TG_ARGV;
  stamps CONSTANT TEXT[] := ARRAY['updated_at', 'last_seen_at', 'last_used_at'];
  old_row JSONB;
  new_row JSONB;
  image JSONB;
  changed TEXT[];
BEGIN
  IF TG_OP <> 'INSERT' THEN
    old_row := to_jsonb(OLD);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    new_row := to_jsonb(NEW);
  END IF;
  IF TG_OP = 'UPDATE' THEN
    SELECT array_agg(field.key ORDER BY field.key) INTO changed
    FROM jsonb_each(new_row) AS field
    WHERE field.value IS DISTINCT FROM old_row -> field.key AND field.key <> ALL (stamps);
    IF changed IS NULL THEN
      RETURN NULL;
    END IF;
  END IF;
  image := coalesce(new_row, old_row);
  INSERT INTO public.audit_logs (
    tenant_id, user_id, action, table_name, record_id, changed_fields, old_values, new_values, request_id
  ) VALUES (
    (image ->> CASE TG_TABLE_NAME WHEN 'tenants' THEN 'id' ELSE 'tenant_id' END)::UUID,
    nullif(current_setting('app.current_user_id', true), '')::UUID,
    lower(TG_OP)::public.audit_action,
    TG_TABLE_NAME,
    (image ->> 'id')::UUID,
    changed,
    old_row - hidden,
    new_row - hidden,
    nullif(current_setting('app.request_id', true), '')
  );
  RETURN NULL;
END;
$$;

COMMENT ON FUNCTION audit_row_change() IS 'Trigger: writes the change to audit_logs, without secrets';

-- Every table so far but the append-only telemetry above
CREATE TRIGGER tenants_audit AFTER INSERT OR UPDATE OR DELETE ON tenants
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER users_audit AFTER INSERT OR UPDATE OR DELETE ON users
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER roles_audit AFTER INSERT OR UPDATE OR DELETE ON roles
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER user_roles_audit AFTER INSERT OR UPDATE OR DELETE ON user_roles
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER sessions_audit AFTER INSERT OR UPDATE OR DELETE ON sessions
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER api_keys_audit AFTER INSERT OR UPDATE OR DELETE ON api_keys
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER workspaces_audit AFTER INSERT OR UPDATE OR DELETE ON workspaces
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER workspace_members_audit AFTER INSERT OR UPDATE OR DELETE ON workspace_members
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER feature_flags_audit AFTER INSERT OR UPDATE OR DELETE ON feature_flags
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER feature_flag_overrides_audit AFTER INSERT OR UPDATE OR DELETE ON feature_flag_overrides
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER conversations_audit AFTER INSERT OR UPDATE OR DELETE ON conversations
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER messages_audit AFTER INSERT OR UPDATE OR DELETE ON messages
  FOR EACH ROW EXECUTE FUNCTION audit_row_change('content');
CREATE TRIGGER conversation_memory_audit AFTER INSERT OR UPDATE OR DELETE ON conversation_memory
  FOR EACH ROW EXECUTE FUNCTION audit_row_change('content');
CREATE TRIGGER message_attachments_audit AFTER INSERT OR UPDATE OR DELETE ON message_attachments
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER artifacts_audit AFTER INSERT OR UPDATE OR DELETE ON artifacts
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER artifact_versions_audit AFTER INSERT OR UPDATE OR DELETE ON artifact_versions
  FOR EACH ROW EXECUTE FUNCTION audit_row_change('content');
CREATE TRIGGER artifact_collections_audit AFTER INSERT OR UPDATE OR DELETE ON artifact_collections
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER artifact_collection_items_audit AFTER INSERT OR UPDATE OR DELETE ON artifact_collection_items
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER artifact_comments_audit AFTER INSERT OR UPDATE OR DELETE ON artifact_comments
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER artifact_relationships_audit AFTER INSERT OR UPDATE OR DELETE ON artifact_relationships
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER tools_audit AFTER INSERT OR UPDATE OR DELETE ON tools
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER tool_executions_audit AFTER INSERT OR UPDATE OR DELETE ON tool_executions
  FOR EACH ROW EXECUTE FUNCTION audit_row_change('input', 'output');
CREATE TRIGGER tool_permissions_audit AFTER INSERT OR UPDATE OR DELETE ON tool_permissions
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER tool_usage_limits_audit AFTER INSERT OR UPDATE OR DELETE ON tool_usage_limits
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER subscription_plans_audit AFTER INSERT OR UPDATE OR DELETE ON subscription_plans
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER payment_methods_audit AFTER INSERT OR UPDATE OR DELETE ON payment_methods
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER subscriptions_audit AFTER INSERT OR UPDATE OR DELETE ON subscriptions
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER invoices_audit AFTER INSERT OR UPDATE OR DELETE ON invoices
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER invoice_line_items_audit AFTER INSERT OR UPDATE OR DELETE ON invoice_line_items
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER payment_transactions_audit AFTER INSERT OR UPDATE OR DELETE ON payment_transactions
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();

-- Row level security
-- No policy and not forced: only the owner and roles that bypass row level security reach these two
ALTER TABLE system_metrics ENABLE ROW LEVEL SECURITY;
ALTER TABLE health_checks ENABLE ROW LEVEL SECURITY;

ALTER TABLE error_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE error_logs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON error_logs
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE usage_metrics ENABLE ROW LEVEL SECURITY;
ALTER TABLE usage_metrics FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON usage_metrics
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

-- Read and append, never change. Only the owner appends, because audit_row_change() runs as the owner; so whoever changes a
-- row is audited, whatever the tenant of the transaction, and nobody else can write here.
ALTER TABLE audit_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_logs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_read ON audit_logs FOR SELECT
  USING (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY owner_append ON audit_logs FOR INSERT
  WITH CHECK (current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'audit_logs'::REGCLASS));

-- Down migration

DROP TRIGGER payment_transactions_audit ON payment_transactions;
DROP TRIGGER invoice_line_items_audit ON invoice_line_items;
DROP TRIGGER invoices_audit ON invoices;
DROP TRIGGER subscriptions_audit ON subscriptions;
DROP TRIGGER payment_methods_audit ON payment_methods;
DROP TRIGGER subscription_plans_audit ON subscription_plans;
DROP TRIGGER tool_usage_limits_audit ON tool_usage_limits;
DROP TRIGGER tool_permissions_audit ON tool_permissions;
DROP TRIGGER tool_executions_audit ON tool_executions;
DROP TRIGGER tools_audit ON tools;
DROP TRIGGER artifact_relationships_audit ON artifact_relationships;
DROP TRIGGER artifact_comments_audit ON artifact_comments;
DROP TRIGGER artifact_collection_items_audit ON artifact_collection_items;
DROP TRIGGER artifact_collections_audit ON artifact_collections;
DROP TRIGGER artifact_versions_audit ON artifact_versions;
DROP TRIGGER artifacts_audit ON artifacts;
DROP TRIGGER message_attachments_audit ON message_attachments;
DROP TRIGGER conversation_memory_audit ON conversation_memory;
DROP TRIGGER messages_audit ON messages;
DROP TRIGGER conversations_audit ON conversations;
DROP TRIGGER feature_flag_overrides_audit ON feature_flag_overrides;
DROP TRIGGER feature_flags_audit ON feature_flags;
DROP TRIGGER workspace_members_audit ON workspace_members;
DROP TRIGGER workspaces_audit ON workspaces;
DROP TRIGGER api_keys_audit ON api_keys;
DROP TRIGGER sessions_audit ON sessions;
DROP TRIGGER user_roles_audit ON user_roles;
DROP TRIGGER roles_audit ON roles;
DROP TRIGGER users_audit ON users;
DROP TRIGGER tenants_audit ON tenants;

DROP FUNCTION audit_row_change();

DROP TABLE audit_logs;
DROP TABLE usage_metrics;
DROP TABLE error_logs;
DROP TABLE health_checks;
DROP TABLE system_metrics;

DROP TYPE audit_action;
DROP TYPE metric_kind;
DROP TYPE health_status;
