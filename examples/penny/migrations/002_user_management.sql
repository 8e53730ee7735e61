-- Migration: 002_user_management
-- Description: Users, roles, authentication

-- Up migration

CREATE TYPE user_status AS ENUM ('invited', 'active', 'suspended', 'deleted');
COMMENT ON TYPE user_status IS 'Life of a user account';

-- Users
CREATE TABLE users (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  email email_address NOT NULL,
  email_verified_at TIMESTAMPTZ,
  password_hash TEXT,
  display_name TEXT NOT NULL,
  avatar_url http_url,
  locale TEXT NOT NULL DEFAULT 'en',
  timezone TEXT NOT NULL DEFAULT 'UTC',
  status user_status NOT NULL DEFAULT 'invited',
  is_system_admin BOOLEAN NOT NULL DEFAULT false,
  mfa_enabled BOOLEAN NOT NULL DEFAULT false,
  mfa_secret_encrypted BYTEA,
  failed_login_attempts INTEGER NOT NULL DEFAULT 0,
  locked_until TIMESTAMPTZ,
  last_login_at TIMESTAMPTZ,
  preferences JSONB NOT NULL DEFAULT '{}',
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  deleted_at TIMESTAMPTZ,
  CONSTRAINT users_password_hash_bcrypt CHECK (password_hash ~ '^\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}$'),
  CONSTRAINT users_display_name_length CHECK (length(display_name) BETWEEN 1 AND 200),
  CONSTRAINT users_mfa_has_secret CHECK (NOT mfa_enabled OR mfa_secret_encrypted IS NOT NULL),
  CONSTRAINT users_failed_login_attempts_positive CHECK (failed_login_attempts >= 0),
  CONSTRAINT users_preferences_object CHECK (jsonb_typeof(preferences) = 'object'),
  CONSTRAINT users_deleted_consistent CHECK ((status = 'deleted') = (deleted_at IS NOT NULL))
);

CREATE UNIQUE INDEX users_email_key ON users (lower(email)) WHERE deleted_at IS NULL;

COMMENT ON TABLE users IS 'User accounts; deleted ones are kept without personal data';
COMMENT ON COLUMN users.password_hash IS 'bcrypt; null for accounts that sign in through an identity provider';
COMMENT ON COLUMN users.is_system_admin IS 'Administrator of the platform, not of a tenant';
COMMENT ON COLUMN users.mfa_secret_encrypted IS 'TOTP secret, encrypted by the application';

-- Roles
CREATE TABLE roles (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  name slug NOT NULL,
  description TEXT,
  permissions TEXT[] NOT NULL DEFAULT '{}',
  is_system BOOLEAN NOT NULL DEFAULT false,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX roles_name_key ON roles (name);

COMMENT ON TABLE roles IS 'Named sets of permissions';
COMMENT ON COLUMN roles.permissions IS 'Permissions of the form resource:action, for example artifacts:write';
COMMENT ON COLUMN roles.is_system IS 'Shipped with the platform; not editable in the application';

CREATE TABLE user_roles (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role_id UUID NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
  granted_by UUID REFERENCES users (id) ON DELETE SET NULL,
  granted_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  expires_at TIMESTAMPTZ,
  CONSTRAINT user_roles_user_id_role_id_key UNIQUE (user_id, role_id),
  CONSTRAINT user_roles_expires_after_grant CHECK (expires_at > granted_at)
);

CREATE INDEX user_roles_role_id_idx ON user_roles (role_id);
CREATE INDEX user_roles_granted_by_idx ON user_roles (granted_by);

COMMENT ON TABLE user_roles IS 'Which user holds which role';

-- Authentication
CREATE TABLE sessions (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash sha256_hex NOT NULL,
  refresh_token_hash sha256_hex,
  ip_address INET,
  user_agent TEXT,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  last_seen_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  expires_at TIMESTAMPTZ NOT NULL,
  revoked_at TIMESTAMPTZ,
  CONSTRAINT sessions_token_hash_key UNIQUE (token_hash),
  CONSTRAINT sessions_refresh_token_hash_key UNIQUE (refresh_token_hash),
  CONSTRAINT sessions_expires_after_creation CHECK (expires_at > created_at)
);

CREATE INDEX sessions_user_id_idx ON sessions (user_id);

COMMENT ON TABLE sessions IS 'Signed-in sessions; tokens are stored as digests only';

CREATE TABLE api_keys (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  key_prefix TEXT NOT NULL,
  key_hash sha256_hex NOT NULL,
  scopes TEXT[] NOT NULL DEFAULT '{}',
  last_used_at TIMESTAMPTZ,
  expires_at TIMESTAMPTZ,
  revoked_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT api_keys_key_hash_key UNIQUE (key_hash),
  CONSTRAINT api_keys_name_length CHECK (length(name) BETWEEN 1 AND 200),
  CONSTRAINT api_keys_key_prefix_length CHECK (length(key_prefix) BETWEEN 4 AND 16)
);

CREATE INDEX api_keys_user_id_idx ON api_keys (user_id);

COMMENT ON TABLE api_keys IS 'API keys; the key itself is shown once and never stored';
COMMENT ON COLUMN api_keys.key_prefix IS 'First characters of the key, to recognise it in a list';
COMMENT ON COLUMN api_keys.key_hash IS 'SHA-256 of the whole key';

-- Triggers
CREATE TRIGGER users_set_updated_at BEFORE UPDATE ON users
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER roles_set_updated_at BEFORE UPDATE ON roles
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER api_keys_set_updated_at BEFORE UPDATE ON api_keys
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- Down migration

DROP TABLE api_keys;
DROP TABLE sessions;
DROP TABLE user_roles;
DROP TABLE roles;
DROP TABLE users;

DROP TYPE user_status;
