-- Migration: ai_agents
-- Description: Configuration and state of AI agents

-- Up migration
CREATE TABLE ai_agents (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  organization_id UUID NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  description TEXT,
  status TEXT NOT NULL DEFAULT 'draft',
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  system_prompt TEXT NOT NULL DEFAULT '',
  temperature NUMERIC(3, 2) NOT NULL DEFAULT 0.70,
  max_output_tokens INTEGER,
  tools JSONB NOT NULL DEFAULT '[]',
  configuration JSONB NOT NULL DEFAULT '{}',
  created_by UUID REFERENCES users(id) ON DELETE SET NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  CONSTRAINT ai_agents_organization_id_id_key UNIQUE (organization_id, id),
  CONSTRAINT ai_agents_organization_id_name_key UNIQUE (organization_id, name),
  CONSTRAINT ai_agents_status_known CHECK (status IN ('draft', 'active', 'paused', 'archived')),
  CONSTRAINT ai_agents_temperature_range CHECK (temperature BETWEEN 0 AND 2),
  CONSTRAINT ai_agents_max_output_tokens_positive CHECK (max_output_tokens > 0),
  CONSTRAINT ai_agents_tools_array CHECK (jsonb_typeof(tools) = 'array'),
  CONSTRAINT ai_agents_configuration_object CHECK (jsonb_typeof(configuration) = 'object')
);

COMMENT ON TABLE ai_agents IS 'Configuration of the agents of an organization';

CREATE TABLE ai_agent_states (
  ai_agent_id UUID PRIMARY KEY,
  organization_id UUID NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
  state TEXT NOT NULL DEFAULT 'idle',
  current_task TEXT,
  memory JSONB NOT NULL DEFAULT '{}',
  last_error TEXT,
  last_active_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  CONSTRAINT ai_agent_states_state_known CHECK (state IN ('idle', 'running', 'waiting', 'failed')),
  CONSTRAINT ai_agent_states_memory_object CHECK (jsonb_typeof(memory) = 'object'),
  FOREIGN KEY (organization_id, ai_agent_id) REFERENCES ai_agents(organization_id, id) ON DELETE CASCADE
);

COMMENT ON TABLE ai_agent_states IS 'What an agent is doing now; written by the worker';

-- Indexes
CREATE INDEX idx_ai_agents_organization_id_status ON ai_agents(organization_id, status);
CREATE INDEX idx_ai_agents_created_by ON ai_agents(created_by);
CREATE INDEX idx_ai_agent_states_organization_id ON ai_agent_states(organization_id, ai_agent_id);

-- Triggers
CREATE TRIGGER ai_agents_set_updated_at BEFORE UPDATE ON ai_agents
  FOR EACH ROW EXECUTE FUNCTION private.set_updated_at();
CREATE TRIGGER ai_agent_states_set_updated_at BEFORE UPDATE ON ai_agent_states
  FOR EACH ROW EXECUTE FUNCTION private.set_updated_at();

-- Privileges
REVOKE ALL ON ai_agents, ai_agent_states FROM anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ai_agents TO authenticated;
GRANT SELECT ON ai_agent_states TO authenticated;
GRANT ALL ON ai_agents, ai_agent_states TO service_role;

-- RLS Policies
ALTER TABLE ai_agents ENABLE ROW LEVEL SECURITY;
ALTER TABLE ai_agent_states ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Members can view the agents of their organizations" ON ai_agents
  FOR SELECT TO authenticated
  USING (organization_id = ANY (ARRAY(SELECT private.user_organization_ids())));

CREATE POLICY "Admins can manage the agents of their organizations" ON ai_agents
  FOR ALL TO authenticated
  USING (organization_id = ANY (ARRAY(SELECT private.user_organization_ids(ARRAY['owner', 'admin']))))
  WITH CHECK (organization_id = ANY (ARRAY(SELECT private.user_organization_ids(ARRAY['owner', 'admin']))));

CREATE POLICY "Members can view the state of their agents" ON ai_agent_states
  FOR SELECT TO authenticated
  USING (organization_id = ANY (ARRAY(SELECT private.user_organization_ids())));

-- Down migration
DROP TABLE ai_agent_states;
DROP TABLE ai_agents;
