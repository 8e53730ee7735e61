-- Migration: 006_tool_registry
-- Description: Tool system

-- Up migration

CREATE TYPE usage_period AS ENUM ('minute', 'hour', 'day', 'month');
COMMENT ON TYPE usage_period IS 'Window in which a usage limit counts';

-- Tools
CREATE TABLE tools (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID REFERENCES tenants (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  display_name TEXT NOT NULL,
  description TEXT NOT NULL,
  category TEXT NOT NULL DEFAULT 'general',
  version TEXT NOT NULL DEFAULT '1.0.0',
  input_schema JSONB NOT NULL,
  output_schema JSONB,
  config JSONB NOT NULL DEFAULT '{}',
  timeout_ms INTEGER NOT NULL DEFAULT 30000,
  requires_confirmation BOOLEAN NOT NULL DEFAULT false,
  is_enabled BOOLEAN NOT NULL DEFAULT true,
  created_by UUID,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  deprecated_at TIMESTAMPTZ,
  CONSTRAINT tools_name_format CHECK (name ~ '^[a-z][a-z0-9_.]{0,99}$'),
  CONSTRAINT tools_version_format CHECK (version ~ '^[0-9]+\.[0-9]+\.[0-9]+$'),
  CONSTRAINT tools_input_schema_object CHECK (jsonb_typeof(input_schema) = 'object'),
  CONSTRAINT tools_output_schema_object CHECK (jsonb_typeof(output_schema) = 'object'),
  CONSTRAINT tools_config_object CHECK (jsonb_typeof(config) = 'object'),
  CONSTRAINT tools_timeout_ms_range CHECK (timeout_ms BETWEEN 1 AND 3600000),
  FOREIGN KEY (tenant_id, created_by) REFERENCES users (tenant_id, id)
);

CREATE UNIQUE INDEX tools_tenant_id_name_version_key ON tools (tenant_id, name, version);
CREATE UNIQUE INDEX tools_built_in_name_version_key ON tools (name, version) WHERE tenant_id IS NULL;
CREATE INDEX tools_tenant_id_created_by_idx ON tools (tenant_id, created_by);

COMMENT ON TABLE tools IS 'Tool registry with JSON schemas';
COMMENT ON COLUMN tools.tenant_id IS 'Null for built-in tools, which all tenants share';
COMMENT ON COLUMN tools.input_schema IS 'JSON Schema of the arguments';

-- Executions
CREATE TABLE tool_executions (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  tool_id UUID NOT NULL REFERENCES tools (id),
  user_id UUID,
  conversation_id UUID,
  message_id UUID,
  status execution_status NOT NULL DEFAULT 'pending',
  input JSONB NOT NULL DEFAULT '{}',
  output JSONB,
  error_message TEXT,
  cost_micros BIGINT NOT NULL DEFAULT 0,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  started_at TIMESTAMPTZ,
  completed_at TIMESTAMPTZ,
  CONSTRAINT tool_executions_cost_micros_positive CHECK (cost_micros >= 0),
  CONSTRAINT tool_executions_completed_after_start CHECK (completed_at >= started_at),
  CONSTRAINT tool_executions_failure_explained CHECK (status <> 'failed' OR error_message IS NOT NULL),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id),
  FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversations (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, message_id) REFERENCES messages (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX tool_executions_tool_id_idx ON tool_executions (tool_id);
CREATE INDEX tool_executions_tenant_id_user_id_idx ON tool_executions (tenant_id, user_id);
CREATE INDEX tool_executions_tenant_id_conversation_id_idx ON tool_executions (tenant_id, conversation_id);
CREATE INDEX tool_executions_tenant_id_message_id_idx ON tool_executions (tenant_id, message_id);

COMMENT ON TABLE tool_executions IS 'Execution history and results';
COMMENT ON COLUMN tool_executions.cost_micros IS 'Cost in millionths of a US dollar';

-- Permissions
CREATE TABLE tool_permissions (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  tool_id UUID NOT NULL REFERENCES tools (id) ON DELETE CASCADE,
  role_id UUID REFERENCES roles (id) ON DELETE CASCADE,
  workspace_id UUID,
  user_id UUID,
  is_allowed BOOLEAN NOT NULL DEFAULT true,
  granted_by UUID,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT tool_permissions_one_subject CHECK (num_nonnulls(role_id, workspace_id, user_id) = 1),
  FOREIGN KEY (tenant_id, workspace_id) REFERENCES workspaces (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, granted_by) REFERENCES users (tenant_id, id)
);

CREATE UNIQUE INDEX tool_permissions_subject_key ON tool_permissions (tenant_id, tool_id, coalesce(role_id, workspace_id, user_id));
CREATE INDEX tool_permissions_tool_id_idx ON tool_permissions (tool_id);
CREATE INDEX tool_permissions_role_id_idx ON tool_permissions (role_id);
CREATE INDEX tool_permissions_tenant_id_workspace_id_idx ON tool_permissions (tenant_id, workspace_id);
CREATE INDEX tool_permissions_tenant_id_user_id_idx ON tool_permissions (tenant_id, user_id);
CREATE INDEX tool_permissions_tenant_id_granted_by_idx ON tool_permissions (tenant_id, granted_by);

COMMENT ON TABLE tool_permissions IS 'Access control: one role, workspace or user per row';
COMMENT ON COLUMN tool_permissions.is_allowed IS 'False refuses, and wins over every row that allows';

-- Usage limits
CREATE TABLE tool_usage_limits (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  tool_id UUID REFERENCES tools (id) ON DELETE CASCADE,
  user_id UUID,
  period usage_period NOT NULL,
  max_executions INTEGER,
  max_cost_micros BIGINT,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT tool_usage_limits_limits_something CHECK (num_nonnulls(max_executions, max_cost_micros) > 0),
  CONSTRAINT tool_usage_limits_max_executions_positive CHECK (max_executions >= 0),
  CONSTRAINT tool_usage_limits_max_cost_micros_positive CHECK (max_cost_micros >= 0),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX tool_usage_limits_scope_key ON tool_usage_limits (
  tenant_id,
  coalesce(tool_id, '00000000-0000-0000-0000-000000000000'),
  coalesce(user_id, '00000000-0000-0000-0000-000000000000'),
  period
);
CREATE INDEX tool_usage_limits_tool_id_idx ON tool_usage_limits (tool_id);
CREATE INDEX tool_usage_limits_tenant_id_user_id_idx ON tool_usage_limits (tenant_id, user_id);

COMMENT ON TABLE tool_usage_limits IS 'Rate limiting of tools';
COMMENT ON COLUMN tool_usage_limits.tool_id IS 'Null for all tools together';
COMMENT ON COLUMN tool_usage_limits.user_id IS 'Null for the whole tenant';

-- Triggers
CREATE TRIGGER tools_set_updated_at BEFORE UPDATE ON tools
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER tool_permissions_set_updated_at BEFORE UPDATE ON tool_permissions
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER tool_usage_limits_set_updated_at BEFORE UPDATE ON tool_usage_limits
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- Tools and roles are shared or of the same tenant
CREATE TRIGGER tool_executions_tool_tenant AFTER INSERT OR UPDATE OF tool_id, tenant_id ON tool_executions
  FOR EACH ROW EXECUTE FUNCTION enforce_tenant_reference('tool_id', 'tools');
CREATE TRIGGER tool_permissions_tool_tenant AFTER INSERT OR UPDATE OF tool_id, tenant_id ON tool_permissions
  FOR EACH ROW EXECUTE FUNCTION enforce_tenant_reference('tool_id', 'tools');
CREATE TRIGGER tool_permissions_role_tenant AFTER INSERT OR UPDATE OF role_id, tenant_id ON tool_permissions
  FOR EACH ROW EXECUTE FUNCTION enforce_tenant_reference('role_id', 'roles');
CREATE TRIGGER tool_usage_limits_tool_tenant AFTER INSERT OR UPDATE OF tool_id, tenant_id ON tool_usage_limits
  FOR EACH ROW EXECUTE FUNCTION enforce_tenant_reference('tool_id', 'tools');

-- Row level security
ALTER TABLE tools ENABLE ROW LEVEL SECURITY;
ALTER TABLE tools FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON tools
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

-- Built-in tools can be read by every tenant and changed by none
CREATE POLICY shared_read ON tools FOR SELECT
  USING (tenant_id IS NULL);

ALTER TABLE tool_executions ENABLE ROW LEVEL SECURITY;
ALTER TABLE tool_executions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON tool_executions
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE tool_permissions ENABLE ROW LEVEL SECURITY;
ALTER TABLE tool_permissions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON tool_permissions
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE tool_usage_limits ENABLE ROW LEVEL SECURITY;
ALTER TABLE tool_usage_limits FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON tool_usage_limits
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

-- Down migration

DROP TABLE tool_usage_limits;
DROP TABLE tool_permissions;
DROP TABLE tool_executions;
DROP TABLE tools;

DROP TYPE usage_period;
