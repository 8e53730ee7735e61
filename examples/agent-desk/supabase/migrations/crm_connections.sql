-- Migration: crm_connections
-- Description: Connections to CRM systems and the log of their synchronization

-- Up migration
CREATE TABLE crm_connections (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  organization_id UUID NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
  provider TEXT NOT NULL,
  name TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'pending',
  account_url TEXT,
  credentials_encrypted BYTEA,
  token_expires_at TIMESTAMP WITH TIME ZONE,
  field_mapping JSONB NOT NULL DEFAULT '{}',
  settings JSONB NOT NULL DEFAULT '{}',
  last_error TEXT,
  last_synced_at TIMESTAMP WITH TIME ZONE,
  created_by UUID REFERENCES users(id) ON DELETE SET NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  CONSTRAINT crm_connections_organization_id_id_key UNIQUE (organization_id, id),
  CONSTRAINT crm_connections_organization_id_name_key UNIQUE (organization_id, name),
  CONSTRAINT crm_connections_provider_known CHECK (provider IN ('amocrm', 'bitrix24', 'hubspot', 'pipedrive', 'salesforce')),
  CONSTRAINT crm_connections_status_known CHECK (status IN ('pending', 'connected', 'failed', 'disconnected')),
  CONSTRAINT crm_connections_credentials_present CHECK (status <> 'connected' OR credentials_encrypted IS NOT NULL),
  CONSTRAINT crm_connections_field_mapping_object CHECK (jsonb_typeof(field_mapping) = 'object'),
  CONSTRAINT crm_connections_settings_object CHECK (jsonb_typeof(settings) = 'object')
);

COMMENT ON TABLE crm_connections IS 'Connections of an organization to CRM systems';
COMMENT ON COLUMN crm_connections.credentials_encrypted IS 'Encrypted by the application; only service_role reads it';

CREATE TABLE crm_sync_runs (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  organization_id UUID NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
  crm_connection_id UUID NOT NULL,
  direction TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'running',
  records_read INTEGER NOT NULL DEFAULT 0,
  records_written INTEGER NOT NULL DEFAULT 0,
  error TEXT,
  started_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  completed_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT crm_sync_runs_direction_known CHECK (direction IN ('import', 'export')),
  CONSTRAINT crm_sync_runs_status_known CHECK (status IN ('running', 'completed', 'failed')),
  CONSTRAINT crm_sync_runs_records_positive CHECK (records_read >= 0 AND records_written >= 0),
  CONSTRAINT crm_sync_runs_end_dated CHECK ((status = 'running') = (completed_at IS NULL)),
  FOREIGN KEY (organization_id, crm_connection_id) REFERENCES crm_connections(organization_id, id) ON DELETE CASCADE
);

COMMENT ON TABLE crm_sync_runs IS 'Runs of the synchronization with a CRM system';

-- Indexes
CREATE INDEX idx_crm_connections_created_by ON crm_connections(created_by);
CREATE INDEX idx_crm_sync_runs_connection ON crm_sync_runs(organization_id, crm_connection_id, started_at DESC);

-- Triggers
CREATE TRIGGER crm_connections_set_updated_at BEFORE UPDATE ON crm_connections
  FOR EACH ROW EXECUTE FUNCTION private.set_updated_at();

-- Privileges: by column, so that the credentials stay out of the API
REVOKE ALL ON crm_connections, crm_sync_runs FROM anon, authenticated;
GRANT SELECT (
  id, organization_id, provider, name, status, account_url, token_expires_at, field_mapping, settings, last_error,
  last_synced_at, created_by, created_at, updated_at
) ON crm_connections TO authenticated;
GRANT UPDATE (name, field_mapping, settings), DELETE ON crm_connections TO authenticated;
GRANT SELECT ON crm_sync_runs TO authenticated;
GRANT ALL ON crm_connections, crm_sync_runs TO service_role;

-- RLS Policies
ALTER TABLE crm_connections ENABLE ROW LEVEL SECURITY;
ALTER TABLE crm_sync_runs ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Members can view the CRM connections of their organizations" ON crm_connections
  FOR SELECT TO authenticated
  USING (organization_id = ANY (ARRAY(SELECT private.user_organization_ids())));

CREATE POLICY "Admins can manage the CRM connections of their organizations" ON crm_connections
  FOR ALL TO authenticated
  USING (organization_id = ANY (ARRAY(SELECT private.user_organization_ids(ARRAY['owner', 'admin']))))
  WITH CHECK (organization_id = ANY (ARRAY(SELECT private.user_organization_ids(ARRAY['owner', 'admin']))));

CREATE POLICY "Members can view the synchronization of their organizations" ON crm_sync_runs
  FOR SELECT TO authenticated
  USING (organization_id = ANY (ARRAY(SELECT private.user_organization_ids())));

-- Down migration
DROP TABLE crm_sync_runs;
DROP TABLE crm_connections;
