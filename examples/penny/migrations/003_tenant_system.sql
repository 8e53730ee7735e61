-- Migration: 003_tenant_system
-- Description: Multi-tenant setup

-- Up migration

CREATE TYPE tenant_status AS ENUM ('trial', 'active', 'suspended', 'closed');
CREATE TYPE workspace_role AS ENUM ('owner', 'admin', 'editor', 'viewer');
COMMENT ON TYPE tenant_status IS 'Life of a tenant';
COMMENT ON TYPE workspace_role IS 'Standing of a member inside a workspace';

-- Tenants
CREATE TABLE tenants (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  name TEXT NOT NULL,
  slug slug NOT NULL,
  domain TEXT,
  status tenant_status NOT NULL DEFAULT 'trial',
  settings JSONB NOT NULL DEFAULT '{}',
  vector_namespace TEXT NOT NULL GENERATED ALWAYS AS ('tenant_' || replace(id::TEXT, '-', '')) STORED,
  trial_ends_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  deleted_at TIMESTAMPTZ,
  CONSTRAINT tenants_slug_key UNIQUE (slug),
  CONSTRAINT tenants_domain_key UNIQUE (domain),
  CONSTRAINT tenants_name_length CHECK (length(name) BETWEEN 1 AND 200),
  CONSTRAINT tenants_domain_lower CHECK (domain = lower(domain)),
  CONSTRAINT tenants_settings_object CHECK (jsonb_typeof(settings) = 'object')
);

COMMENT ON TABLE tenants IS 'Tenant organizations; the root of every isolated row';
COMMENT ON COLUMN tenants.vector_namespace IS 'Namespace of the embeddings of this tenant in stores outside the database';

-- The tenant of the transaction: SET LOCAL app.current_tenant_id = '<uuid>'. Unset or empty means none, and no rows.
CREATE FUNCTION current_tenant_id() RETURNS UUID
  LANGUAGE sql
  STABLE
  PARALLEL SAFE
  SET search_path = ''
AS $$
  SELECT nullif(current_setting('app.current_tenant_id', true), '')::UUID
$$;

COMMENT ON FUNCTION current_tenant_id() IS 'Tenant of the current transaction, or null; the base of every tenant policy';

-- A foreign key cannot say "of this tenant, or shared by all (tenant_id is null)"; this trigger does.
-- Arguments: the referencing column, the referenced table.
CREATE FUNCTION enforce_tenant_reference() RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path = ''
AS $$
DECLARE
  reference UUID := (to_jsonb(NEW) ->> TG_ARGV[0])::UUID;
  consistent BOOLEAN;
BEGIN
  IF reference IS NULL THEN
    RETURN NULL;
  END IF;
  EXECUTE format(
    'SELECT EXISTS (SELECT FROM %I.%I WHERE id = $1 AND (tenant_id IS NULL OR tenant_id = $2))',
    TG_TABLE_SCHEMA, TG_ARGV[1]
  ) INTO consistent USING reference, NEW.tenant_id;
  IF NOT consistent THEN
    RAISE EXCEPTION '%.% refers to a row of "%" that belongs to another tenant', TG_TABLE_NAME, TG_ARGV[0], TG_ARGV[1]
      USING ERRCODE = 'foreign_key_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, COLUMN = TG_ARGV[0];
  END IF;
  RETURN NULL;
END;
$$;

COMMENT ON FUNCTION enforce_tenant_reference() IS 'Trigger: the referenced row is shared or of the same tenant';

-- Tenants for the tables of 002
ALTER TABLE users ADD COLUMN tenant_id UUID REFERENCES tenants (id) ON DELETE CASCADE;
ALTER TABLE roles ADD COLUMN tenant_id UUID REFERENCES tenants (id) ON DELETE CASCADE;
ALTER TABLE user_roles ADD COLUMN tenant_id UUID REFERENCES tenants (id) ON DELETE CASCADE;
ALTER TABLE sessions ADD COLUMN tenant_id UUID REFERENCES tenants (id) ON DELETE CASCADE;
ALTER TABLE api_keys ADD COLUMN tenant_id UUID REFERENCES tenants (id) ON DELETE CASCADE;

-- Accounts from before the tenants move into a default tenant; roles become shared ones
INSERT INTO tenants (name, slug, status)
SELECT 'Default', 'default', 'active'
WHERE EXISTS (SELECT FROM users WHERE NOT is_system_admin);

UPDATE users SET tenant_id = tenants.id FROM tenants WHERE tenants.slug = 'default' AND NOT users.is_system_admin;
UPDATE user_roles SET tenant_id = users.tenant_id FROM users WHERE users.id = user_roles.user_id;
UPDATE sessions SET tenant_id = users.tenant_id FROM users WHERE users.id = sessions.user_id;
UPDATE api_keys SET tenant_id = users.tenant_id FROM users WHERE users.id = api_keys.user_id;

ALTER TABLE users
  ADD CONSTRAINT users_tenant_id_id_key UNIQUE (tenant_id, id),
  ADD CONSTRAINT users_tenant_or_system_admin CHECK (tenant_id IS NOT NULL OR is_system_admin);
ALTER TABLE roles
  ADD CONSTRAINT roles_system_is_shared CHECK (NOT is_system OR tenant_id IS NULL);
ALTER TABLE user_roles
  ADD CONSTRAINT user_roles_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE;
ALTER TABLE sessions
  ADD CONSTRAINT sessions_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE;
ALTER TABLE api_keys
  ADD CONSTRAINT api_keys_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE;

CREATE INDEX user_roles_tenant_id_user_id_idx ON user_roles (tenant_id, user_id);
CREATE INDEX sessions_tenant_id_user_id_idx ON sessions (tenant_id, user_id);
CREATE INDEX api_keys_tenant_id_user_id_idx ON api_keys (tenant_id, user_id);

-- Names are unique inside a tenant, so that a collision tells nothing about the others
DROP INDEX users_email_key;
CREATE UNIQUE INDEX users_tenant_id_email_key ON users (tenant_id, lower(email)) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX users_system_email_key ON users (lower(email)) WHERE tenant_id IS NULL AND deleted_at IS NULL;
DROP INDEX roles_name_key;
CREATE UNIQUE INDEX roles_tenant_id_name_key ON roles (tenant_id, name);
CREATE UNIQUE INDEX roles_shared_name_key ON roles (name) WHERE tenant_id IS NULL;

CREATE TRIGGER user_roles_role_tenant AFTER INSERT OR UPDATE OF role_id, tenant_id ON user_roles
  FOR EACH ROW EXECUTE FUNCTION enforce_tenant_reference('role_id', 'roles');

COMMENT ON COLUMN users.tenant_id IS 'Null for administrators of the platform';
COMMENT ON COLUMN roles.tenant_id IS 'Null for roles that all tenants share';
COMMENT ON COLUMN user_roles.tenant_id IS 'Tenant of the user';
COMMENT ON COLUMN sessions.tenant_id IS 'Tenant of the user';
COMMENT ON COLUMN api_keys.tenant_id IS 'Tenant of the user';

-- Workspaces
CREATE TABLE workspaces (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  slug slug NOT NULL,
  description TEXT,
  is_default BOOLEAN NOT NULL DEFAULT false,
  settings JSONB NOT NULL DEFAULT '{}',
  created_by UUID,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  archived_at TIMESTAMPTZ,
  CONSTRAINT workspaces_tenant_id_id_key UNIQUE (tenant_id, id),
  CONSTRAINT workspaces_tenant_id_slug_key UNIQUE (tenant_id, slug),
  CONSTRAINT workspaces_name_length CHECK (length(name) BETWEEN 1 AND 200),
  CONSTRAINT workspaces_settings_object CHECK (jsonb_typeof(settings) = 'object'),
  FOREIGN KEY (tenant_id, created_by) REFERENCES users (tenant_id, id)
);

CREATE UNIQUE INDEX workspaces_one_default_key ON workspaces (tenant_id) WHERE is_default;
CREATE INDEX workspaces_tenant_id_created_by_idx ON workspaces (tenant_id, created_by);

COMMENT ON TABLE workspaces IS 'Team workspaces within a tenant';

CREATE TABLE workspace_members (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  workspace_id UUID NOT NULL,
  user_id UUID NOT NULL,
  role workspace_role NOT NULL DEFAULT 'viewer',
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT workspace_members_key UNIQUE (tenant_id, workspace_id, user_id),
  FOREIGN KEY (tenant_id, workspace_id) REFERENCES workspaces (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX workspace_members_tenant_id_user_id_idx ON workspace_members (tenant_id, user_id);

COMMENT ON TABLE workspace_members IS 'Which user belongs to which workspace';

-- Feature flags: the flag is of the platform, the override is of a tenant
CREATE TABLE feature_flags (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  key slug NOT NULL,
  description TEXT,
  is_enabled BOOLEAN NOT NULL DEFAULT false,
  rollout_percentage SMALLINT NOT NULL DEFAULT 100,
  rules JSONB NOT NULL DEFAULT '[]',
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT feature_flags_key_key UNIQUE (key),
  CONSTRAINT feature_flags_rollout_percentage_range CHECK (rollout_percentage BETWEEN 0 AND 100),
  CONSTRAINT feature_flags_rules_array CHECK (jsonb_typeof(rules) = 'array')
);

COMMENT ON TABLE feature_flags IS 'Feature flags of the platform; tenants read them, only the owner writes';

CREATE TABLE feature_flag_overrides (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  feature_flag_id UUID NOT NULL REFERENCES feature_flags (id) ON DELETE CASCADE,
  is_enabled BOOLEAN NOT NULL,
  reason TEXT,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT feature_flag_overrides_key UNIQUE (tenant_id, feature_flag_id)
);

CREATE INDEX feature_flag_overrides_feature_flag_id_idx ON feature_flag_overrides (feature_flag_id);

COMMENT ON TABLE feature_flag_overrides IS 'A tenant that differs from the flag of the platform';

-- Triggers
CREATE TRIGGER tenants_set_updated_at BEFORE UPDATE ON tenants
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER workspaces_set_updated_at BEFORE UPDATE ON workspaces
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER workspace_members_set_updated_at BEFORE UPDATE ON workspace_members
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER feature_flags_set_updated_at BEFORE UPDATE ON feature_flags
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER feature_flag_overrides_set_updated_at BEFORE UPDATE ON feature_flag_overrides
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- Row level security: forced, so that it holds for the owner of the tables as well
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON tenants
  USING (id = (SELECT current_tenant_id()))
  WITH CHECK (id = (SELECT current_tenant_id()));

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON users
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE roles ENABLE ROW LEVEL SECURITY;
ALTER TABLE roles FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON roles
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

-- Shared rows can be read by every tenant and changed by none
CREATE POLICY shared_read ON roles FOR SELECT
  USING (tenant_id IS NULL);

ALTER TABLE user_roles ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_roles FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON user_roles
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON sessions
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON api_keys
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE workspaces ENABLE ROW LEVEL SECURITY;
ALTER TABLE workspaces FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON workspaces
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE workspace_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE workspace_members FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON workspace_members
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE feature_flag_overrides ENABLE ROW LEVEL SECURITY;
ALTER TABLE feature_flag_overrides FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON feature_flag_overrides
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

-- Not forced: the owner maintains the catalogue, everybody else may only read it
ALTER TABLE feature_flags ENABLE ROW LEVEL SECURITY;
CREATE POLICY catalogue_read ON feature_flags FOR SELECT
  USING (true);

-- Down migration

DROP TABLE feature_flag_overrides;
DROP TABLE feature_flags;
DROP TABLE workspace_members;
DROP TABLE workspaces;

DROP POLICY tenant_isolation ON api_keys;
ALTER TABLE api_keys NO FORCE ROW LEVEL SECURITY;
ALTER TABLE api_keys DISABLE ROW LEVEL SECURITY;
DROP POLICY tenant_isolation ON sessions;
ALTER TABLE sessions NO FORCE ROW LEVEL SECURITY;
ALTER TABLE sessions DISABLE ROW LEVEL SECURITY;
DROP POLICY tenant_isolation ON user_roles;
ALTER TABLE user_roles NO FORCE ROW LEVEL SECURITY;
ALTER TABLE user_roles DISABLE ROW LEVEL SECURITY;
DROP POLICY shared_read ON roles;
DROP POLICY tenant_isolation ON roles;
ALTER TABLE roles NO FORCE ROW LEVEL SECURITY;
ALTER TABLE roles DISABLE ROW LEVEL SECURITY;
DROP POLICY tenant_isolation ON users;
ALTER TABLE users NO FORCE ROW LEVEL SECURITY;
ALTER TABLE users DISABLE ROW LEVEL SECURITY;

DROP TRIGGER user_roles_role_tenant ON user_roles;

-- Fails, and changes nothing, while two tenants use the same e-mail address or role name
DROP INDEX roles_shared_name_key;
DROP INDEX roles_tenant_id_name_key;
CREATE UNIQUE INDEX roles_name_key ON roles (name);
DROP INDEX users_system_email_key;
DROP INDEX users_tenant_id_email_key;
CREATE UNIQUE INDEX users_email_key ON users (lower(email)) WHERE deleted_at IS NULL;

DROP INDEX api_keys_tenant_id_user_id_idx;
DROP INDEX sessions_tenant_id_user_id_idx;
DROP INDEX user_roles_tenant_id_user_id_idx;

ALTER TABLE api_keys DROP CONSTRAINT api_keys_tenant_id_user_id_fkey;
ALTER TABLE sessions DROP CONSTRAINT sessions_tenant_id_user_id_fkey;
ALTER TABLE user_roles DROP CONSTRAINT user_roles_tenant_id_user_id_fkey;
ALTER TABLE roles DROP CONSTRAINT roles_system_is_shared;
ALTER TABLE users
  DROP CONSTRAINT users_tenant_or_system_admin,
  DROP CONSTRAINT users_tenant_id_id_key;

-- lossy: users.updated_at and api_keys.updated_at keep the time at which the rows got their tenant
ALTER TABLE api_keys DROP COLUMN tenant_id;
ALTER TABLE sessions DROP COLUMN tenant_id;
ALTER TABLE user_roles DROP COLUMN tenant_id;
ALTER TABLE roles DROP COLUMN tenant_id;
ALTER TABLE users DROP COLUMN tenant_id;

DROP TABLE tenants;

DROP FUNCTION enforce_tenant_reference();
DROP FUNCTION current_tenant_id();

DROP TYPE workspace_role;
DROP TYPE tenant_status;
