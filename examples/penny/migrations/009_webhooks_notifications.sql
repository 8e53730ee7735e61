-- Migration: 009_webhooks_notifications
-- Description: Webhooks and notifications

-- Up migration

CREATE TYPE notification_channel AS ENUM ('in_app', 'email', 'push', 'sms');
COMMENT ON TYPE notification_channel IS 'Way by which a notification reaches a user';

-- Webhooks
CREATE TABLE webhooks (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  url http_url NOT NULL,
  secret_encrypted BYTEA NOT NULL,
  events TEXT[] NOT NULL,
  headers JSONB NOT NULL DEFAULT '{}',
  is_active BOOLEAN NOT NULL DEFAULT true,
  consecutive_failures INTEGER NOT NULL DEFAULT 0,
  created_by UUID,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  disabled_at TIMESTAMPTZ,
  CONSTRAINT webhooks_tenant_id_id_key UNIQUE (tenant_id, id),
  CONSTRAINT webhooks_name_length CHECK (length(name) BETWEEN 1 AND 200),
  CONSTRAINT webhooks_events_some CHECK (cardinality(events) > 0),
  CONSTRAINT webhooks_headers_object CHECK (jsonb_typeof(headers) = 'object'),
  CONSTRAINT webhooks_consecutive_failures_positive CHECK (consecutive_failures >= 0),
  FOREIGN KEY (tenant_id, created_by) REFERENCES users (tenant_id, id)
);

CREATE INDEX webhooks_tenant_id_created_by_idx ON webhooks (tenant_id, created_by);

COMMENT ON TABLE webhooks IS 'Endpoints of a tenant that are told about events';
COMMENT ON COLUMN webhooks.secret_encrypted IS 'Signing secret, encrypted by the application; it must be readable, so it cannot be a digest';

CREATE TABLE webhook_deliveries (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  webhook_id UUID NOT NULL,
  event TEXT NOT NULL,
  payload JSONB NOT NULL,
  status execution_status NOT NULL DEFAULT 'pending',
  attempts SMALLINT NOT NULL DEFAULT 0,
  max_attempts SMALLINT NOT NULL DEFAULT 8,
  response_status SMALLINT,
  response_body TEXT,
  error_message TEXT,
  next_attempt_at TIMESTAMPTZ,
  delivered_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT webhook_deliveries_attempts_range CHECK (attempts BETWEEN 0 AND max_attempts),
  CONSTRAINT webhook_deliveries_response_status_range CHECK (response_status BETWEEN 100 AND 599),
  CONSTRAINT webhook_deliveries_delivery_dated CHECK ((status = 'succeeded') = (delivered_at IS NOT NULL)),
  FOREIGN KEY (tenant_id, webhook_id) REFERENCES webhooks (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX webhook_deliveries_tenant_id_webhook_id_idx ON webhook_deliveries (tenant_id, webhook_id);

COMMENT ON TABLE webhook_deliveries IS 'Attempts to deliver an event to a webhook';

-- Notifications
CREATE TABLE notification_templates (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID REFERENCES tenants (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  channel notification_channel NOT NULL,
  locale TEXT NOT NULL DEFAULT 'en',
  subject TEXT,
  body TEXT NOT NULL,
  variables TEXT[] NOT NULL DEFAULT '{}',
  is_active BOOLEAN NOT NULL DEFAULT true,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT notification_templates_key_format CHECK (key ~ '^[a-z][a-z0-9_.]{0,99}$'),
  CONSTRAINT notification_templates_email_has_subject CHECK (channel <> 'email' OR subject IS NOT NULL)
);

CREATE UNIQUE INDEX notification_templates_tenant_id_key_key ON notification_templates (tenant_id, key, channel, locale);
CREATE UNIQUE INDEX notification_templates_shared_key_key ON notification_templates (key, channel, locale) WHERE tenant_id IS NULL;

COMMENT ON TABLE notification_templates IS 'Texts of notifications; those of a tenant win over the shared ones';
COMMENT ON COLUMN notification_templates.tenant_id IS 'Null for templates that all tenants share';

CREATE TABLE notifications (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  user_id UUID NOT NULL,
  template_id UUID REFERENCES notification_templates (id) ON DELETE SET NULL,
  channel notification_channel NOT NULL DEFAULT 'in_app',
  severity severity NOT NULL DEFAULT 'info',
  title TEXT NOT NULL,
  body TEXT,
  action_url http_url,
  data JSONB NOT NULL DEFAULT '{}',
  scheduled_for TIMESTAMPTZ,
  sent_at TIMESTAMPTZ,
  read_at TIMESTAMPTZ,
  expires_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT notifications_title_length CHECK (length(title) BETWEEN 1 AND 500),
  CONSTRAINT notifications_data_object CHECK (jsonb_typeof(data) = 'object'),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX notifications_tenant_id_user_id_created_at_idx ON notifications (tenant_id, user_id, created_at DESC);
CREATE INDEX notifications_template_id_idx ON notifications (template_id);

COMMENT ON TABLE notifications IS 'Messages of the platform to a user';

CREATE TABLE notification_preferences (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  user_id UUID NOT NULL,
  template_key TEXT NOT NULL,
  channel notification_channel NOT NULL,
  is_enabled BOOLEAN NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT notification_preferences_key UNIQUE (tenant_id, user_id, template_key, channel),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

COMMENT ON TABLE notification_preferences IS 'What a user wants to hear, and by which channel';

-- Triggers
CREATE TRIGGER webhooks_set_updated_at BEFORE UPDATE ON webhooks
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER webhook_deliveries_set_updated_at BEFORE UPDATE ON webhook_deliveries
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER notification_templates_set_updated_at BEFORE UPDATE ON notification_templates
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER notification_preferences_set_updated_at BEFORE UPDATE ON notification_preferences
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();

CREATE TRIGGER notifications_template_tenant AFTER INSERT OR UPDATE OF template_id, tenant_id ON notifications
  FOR EACH ROW EXECUTE FUNCTION enforce_tenant_reference('template_id', 'notification_templates');

CREATE TRIGGER webhooks_audit AFTER INSERT OR UPDATE OR DELETE ON webhooks
  FOR EACH ROW EXECUTE FUNCTION audit_row_change('headers');
CREATE TRIGGER webhook_deliveries_audit AFTER INSERT OR UPDATE OR DELETE ON webhook_deliveries
  FOR EACH ROW EXECUTE FUNCTION audit_row_change('payload', 'response_body');
CREATE TRIGGER notification_templates_audit AFTER INSERT OR UPDATE OR DELETE ON notification_templates
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER notifications_audit AFTER INSERT OR UPDATE OR DELETE ON notifications
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();
CREATE TRIGGER notification_preferences_audit AFTER INSERT OR UPDATE OR DELETE ON notification_preferences
  FOR EACH ROW EXECUTE FUNCTION audit_row_change();

-- Row level security
ALTER TABLE webhooks ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhooks FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON webhooks
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_deliveries FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON webhook_deliveries
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE notification_templates ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification_templates FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON notification_templates
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

-- Shared templates can be read by every tenant and changed by none
CREATE POLICY shared_read ON notification_templates FOR SELECT
  USING (tenant_id IS NULL);

ALTER TABLE notifications ENABLE ROW LEVEL SECURITY;
ALTER TABLE notifications FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON notifications
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE notification_preferences ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification_preferences FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON notification_preferences
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

-- Down migration

DROP TABLE notification_preferences;
DROP TABLE notifications;
DROP TABLE notification_templates;
DROP TABLE webhook_deliveries;
DROP TABLE webhooks;

DROP TYPE notification_channel;
