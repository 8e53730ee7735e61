-- Migration: email_templates
-- Description: Templates of e-mails

-- Up migration
CREATE TABLE email_templates (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  key TEXT NOT NULL,
  locale TEXT NOT NULL DEFAULT 'ru',
  subject TEXT NOT NULL,
  html_body TEXT NOT NULL,
  text_body TEXT NOT NULL,
  variables TEXT[] NOT NULL DEFAULT '{}',
  is_active BOOLEAN NOT NULL DEFAULT true,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  CONSTRAINT email_templates_key_locale_key UNIQUE (key, locale),
  CONSTRAINT email_templates_key_format CHECK (key ~ '^[a-z][a-z0-9_]*$'),
  CONSTRAINT email_templates_locale_format CHECK (locale ~ '^[a-z]{2}(-[A-Z]{2})?$')
);

COMMENT ON TABLE email_templates IS 'Templates of the e-mails that the application sends';

-- Triggers
CREATE TRIGGER email_templates_set_updated_at BEFORE UPDATE ON email_templates
  FOR EACH ROW EXECUTE FUNCTION private.set_updated_at();

-- Privileges
REVOKE ALL ON email_templates FROM anon, authenticated;
GRANT ALL ON email_templates TO service_role;

-- RLS Policies
-- service_role bypasses row level security; the policy says what the privileges above say
ALTER TABLE email_templates ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Only the service can use email templates" ON email_templates
  FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);

-- Down migration
DROP TABLE email_templates;
