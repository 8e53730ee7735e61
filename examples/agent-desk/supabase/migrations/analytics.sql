-- Migration: analytics
-- Description: Events and daily usage

-- Up migration
CREATE TABLE events (
  id BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id UUID NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
  user_id UUID REFERENCES users(id) ON DELETE SET NULL,
  ai_agent_id UUID REFERENCES ai_agents(id) ON DELETE SET NULL,
  name TEXT NOT NULL,
  properties JSONB NOT NULL DEFAULT '{}',
  occurred_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  CONSTRAINT events_name_format CHECK (name ~ '^[a-z][a-z0-9_.]{0,99}$'),
  CONSTRAINT events_properties_object CHECK (jsonb_typeof(properties) = 'object')
);

COMMENT ON TABLE events IS 'What happened in an organization; append-only';

-- The date is part of the key, so that the table can be partitioned by it
CREATE TABLE usage_daily (
  organization_id UUID NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
  usage_date DATE NOT NULL,
  metric TEXT NOT NULL,
  quantity BIGINT NOT NULL DEFAULT 0,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  PRIMARY KEY (organization_id, usage_date, metric),
  CONSTRAINT usage_daily_metric_format CHECK (metric ~ '^[a-z][a-z0-9_.]{0,99}$'),
  CONSTRAINT usage_daily_quantity_positive CHECK (quantity >= 0)
);

COMMENT ON TABLE usage_daily IS 'Use per organization, day and metric, for example messages or output_tokens';

-- Indexes
CREATE INDEX idx_events_organization_id_occurred_at ON events(organization_id, occurred_at DESC);
CREATE INDEX idx_events_organization_id_name_occurred_at ON events(organization_id, name, occurred_at DESC);
CREATE INDEX idx_events_user_id ON events(user_id);
CREATE INDEX idx_events_ai_agent_id ON events(ai_agent_id);
CREATE INDEX idx_usage_daily_usage_date ON usage_daily(usage_date);

-- Triggers
CREATE TRIGGER usage_daily_set_updated_at BEFORE UPDATE ON usage_daily
  FOR EACH ROW EXECUTE FUNCTION private.set_updated_at();

-- Privileges
REVOKE ALL ON events, usage_daily FROM anon, authenticated;
GRANT SELECT ON events, usage_daily TO authenticated;
GRANT INSERT (organization_id, user_id, ai_agent_id, name, properties) ON events TO authenticated;
GRANT ALL ON events, usage_daily TO service_role;

-- RLS Policies
ALTER TABLE events ENABLE ROW LEVEL SECURITY;
ALTER TABLE usage_daily ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Members can view the events of their organizations" ON events
  FOR SELECT TO authenticated
  USING (organization_id = ANY (ARRAY(SELECT private.user_organization_ids())));

CREATE POLICY "Members can record their own events" ON events
  FOR INSERT TO authenticated
  WITH CHECK (
    user_id = (SELECT auth.uid())
    AND organization_id = ANY (ARRAY(SELECT private.user_organization_ids()))
    AND (
      ai_agent_id IS NULL
      OR EXISTS (
        SELECT FROM ai_agents
        WHERE ai_agents.id = events.ai_agent_id AND ai_agents.organization_id = events.organization_id
      )
    )
  );

CREATE POLICY "Members can view the usage of their organizations" ON usage_daily
  FOR SELECT TO authenticated
  USING (organization_id = ANY (ARRAY(SELECT private.user_organization_ids())));

-- Down migration
DROP TABLE usage_daily;
DROP TABLE events;
