-- Migration: 004_conversation_system
-- Description: Chat and messages

-- Up migration

CREATE TYPE conversation_status AS ENUM ('active', 'archived', 'deleted');
CREATE TYPE message_role AS ENUM ('system', 'user', 'assistant', 'tool');
CREATE TYPE memory_kind AS ENUM ('summary', 'fact', 'preference', 'document');
COMMENT ON TYPE conversation_status IS 'Life of a conversation';
COMMENT ON TYPE message_role IS 'Who speaks in a message';
COMMENT ON TYPE memory_kind IS 'What a memory holds';

-- Conversations
CREATE TABLE conversations (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  workspace_id UUID,
  user_id UUID NOT NULL,
  title TEXT NOT NULL DEFAULT 'New conversation',
  status conversation_status NOT NULL DEFAULT 'active',
  visibility visibility NOT NULL DEFAULT 'private',
  model TEXT,
  system_prompt TEXT,
  settings JSONB NOT NULL DEFAULT '{}',
  metadata JSONB NOT NULL DEFAULT '{}',
  last_message_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  deleted_at TIMESTAMPTZ,
  CONSTRAINT conversations_tenant_id_id_key UNIQUE (tenant_id, id),
  CONSTRAINT conversations_title_length CHECK (length(title) BETWEEN 1 AND 500),
  CONSTRAINT conversations_settings_object CHECK (jsonb_typeof(settings) = 'object'),
  CONSTRAINT conversations_metadata_object CHECK (jsonb_typeof(metadata) = 'object'),
  CONSTRAINT conversations_deleted_consistent CHECK ((status = 'deleted') = (deleted_at IS NOT NULL)),
  FOREIGN KEY (tenant_id, workspace_id) REFERENCES workspaces (tenant_id, id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX conversations_tenant_id_workspace_id_idx ON conversations (tenant_id, workspace_id);
CREATE INDEX conversations_tenant_id_user_id_idx ON conversations (tenant_id, user_id);

COMMENT ON TABLE conversations IS 'Chat conversations';
COMMENT ON COLUMN conversations.user_id IS 'Owner; the conversations of a user go with the user';

-- Messages
CREATE TABLE messages (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  conversation_id UUID NOT NULL,
  parent_id UUID,
  user_id UUID,
  role message_role NOT NULL,
  content TEXT NOT NULL,
  tool_calls JSONB,
  model TEXT,
  finish_reason TEXT,
  input_tokens INTEGER NOT NULL DEFAULT 0,
  output_tokens INTEGER NOT NULL DEFAULT 0,
  latency_ms INTEGER,
  metadata JSONB NOT NULL DEFAULT '{}',
  search_vector TSVECTOR GENERATED ALWAYS AS (to_tsvector('simple'::REGCONFIG, content)) STORED,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT messages_tenant_id_id_key UNIQUE (tenant_id, id),
  CONSTRAINT messages_parent_is_another CHECK (parent_id <> id),
  CONSTRAINT messages_tool_calls_array CHECK (jsonb_typeof(tool_calls) = 'array'),
  CONSTRAINT messages_metadata_object CHECK (jsonb_typeof(metadata) = 'object'),
  CONSTRAINT messages_tokens_positive CHECK (input_tokens >= 0 AND output_tokens >= 0),
  CONSTRAINT messages_latency_ms_positive CHECK (latency_ms >= 0),
  FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversations (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, parent_id) REFERENCES messages (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);

CREATE INDEX messages_tenant_id_conversation_id_created_at_idx ON messages (tenant_id, conversation_id, created_at);
CREATE INDEX messages_tenant_id_parent_id_idx ON messages (tenant_id, parent_id);
CREATE INDEX messages_tenant_id_user_id_idx ON messages (tenant_id, user_id);

COMMENT ON TABLE messages IS 'Individual messages of a conversation';
COMMENT ON COLUMN messages.parent_id IS 'Message that this one answers; branches share a parent';
COMMENT ON COLUMN messages.user_id IS 'Author of a user message; null for the others';

-- Memory
CREATE TABLE conversation_memory (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  conversation_id UUID NOT NULL,
  message_id UUID,
  namespace TEXT NOT NULL DEFAULT 'default',
  kind memory_kind NOT NULL DEFAULT 'fact',
  content TEXT NOT NULL,
  embedding vector(1536),
  embedding_model TEXT,
  importance REAL NOT NULL DEFAULT 0.5,
  metadata JSONB NOT NULL DEFAULT '{}',
  expires_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT conversation_memory_importance_range CHECK (importance BETWEEN 0 AND 1),
  CONSTRAINT conversation_memory_metadata_object CHECK (jsonb_typeof(metadata) = 'object'),
  CONSTRAINT conversation_memory_model_known CHECK (embedding IS NULL OR embedding_model IS NOT NULL),
  FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversations (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, message_id) REFERENCES messages (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX conversation_memory_tenant_id_conversation_id_idx ON conversation_memory (tenant_id, conversation_id);
CREATE INDEX conversation_memory_tenant_id_message_id_idx ON conversation_memory (tenant_id, message_id);
CREATE INDEX conversation_memory_tenant_id_namespace_idx ON conversation_memory (tenant_id, namespace);

-- One index for all tenants: queries that filter by tenant need hnsw.iterative_scan (pgvector 0.8) to find enough rows
CREATE INDEX conversation_memory_embedding_idx ON conversation_memory USING hnsw (embedding vector_cosine_ops);

COMMENT ON TABLE conversation_memory IS 'Context of conversations with vector embeddings';
COMMENT ON COLUMN conversation_memory.namespace IS 'Part of the memory of a tenant that is searched on its own';

-- Attachments
CREATE TABLE message_attachments (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  message_id UUID NOT NULL,
  uploaded_by UUID,
  file_name TEXT NOT NULL,
  mime_type TEXT NOT NULL,
  size_bytes BIGINT NOT NULL,
  storage_key TEXT NOT NULL,
  checksum sha256_hex,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT message_attachments_storage_key_key UNIQUE (tenant_id, storage_key),
  CONSTRAINT message_attachments_file_name_length CHECK (length(file_name) BETWEEN 1 AND 255),
  CONSTRAINT message_attachments_size_bytes_positive CHECK (size_bytes >= 0),
  FOREIGN KEY (tenant_id, message_id) REFERENCES messages (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, uploaded_by) REFERENCES users (tenant_id, id)
);

CREATE INDEX message_attachments_tenant_id_message_id_idx ON message_attachments (tenant_id, message_id);
CREATE INDEX message_attachments_tenant_id_uploaded_by_idx ON message_attachments (tenant_id, uploaded_by);

COMMENT ON TABLE message_attachments IS 'Files attached to messages; the bytes live in object storage';

-- Triggers
CREATE TRIGGER conversations_set_updated_at BEFORE UPDATE ON conversations
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER messages_set_updated_at BEFORE UPDATE ON messages
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER conversation_memory_set_updated_at BEFORE UPDATE ON conversation_memory
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- Row level security
ALTER TABLE conversations ENABLE ROW LEVEL SECURITY;
ALTER TABLE conversations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON conversations
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE messages FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON messages
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE conversation_memory ENABLE ROW LEVEL SECURITY;
ALTER TABLE conversation_memory FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON conversation_memory
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE message_attachments ENABLE ROW LEVEL SECURITY;
ALTER TABLE message_attachments FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON message_attachments
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

-- Down migration

DROP TABLE message_attachments;
DROP TABLE conversation_memory;
DROP TABLE messages;
DROP TABLE conversations;

DROP TYPE memory_kind;
DROP TYPE message_role;
DROP TYPE conversation_status;
