-- Migration: 005_artifact_system
-- Description: Artifact storage/versioning

-- Up migration

CREATE TYPE artifact_kind AS ENUM ('document', 'code', 'chart', 'dashboard', 'table', 'image', 'diagram', 'other');
CREATE TYPE artifact_relationship_kind AS ENUM ('depends_on', 'derived_from', 'references', 'replaces');
COMMENT ON TYPE artifact_kind IS 'What an artifact is';
COMMENT ON TYPE artifact_relationship_kind IS 'How the source of a relationship stands to its target';

-- Artifacts
CREATE TABLE artifacts (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  workspace_id UUID,
  conversation_id UUID REFERENCES conversations (id) ON DELETE SET NULL,
  created_by UUID NOT NULL,
  kind artifact_kind NOT NULL,
  title TEXT NOT NULL,
  description TEXT,
  visibility visibility NOT NULL DEFAULT 'private',
  latest_version INTEGER NOT NULL DEFAULT 1,
  tags TEXT[] NOT NULL DEFAULT '{}',
  metadata JSONB NOT NULL DEFAULT '{}',
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  deleted_at TIMESTAMPTZ,
  CONSTRAINT artifacts_tenant_id_id_key UNIQUE (tenant_id, id),
  CONSTRAINT artifacts_title_length CHECK (length(title) BETWEEN 1 AND 500),
  CONSTRAINT artifacts_latest_version_positive CHECK (latest_version > 0),
  CONSTRAINT artifacts_metadata_object CHECK (jsonb_typeof(metadata) = 'object'),
  FOREIGN KEY (tenant_id, workspace_id) REFERENCES workspaces (tenant_id, id),
  FOREIGN KEY (tenant_id, created_by) REFERENCES users (tenant_id, id)
);

CREATE INDEX artifacts_tenant_id_workspace_id_idx ON artifacts (tenant_id, workspace_id);
CREATE INDEX artifacts_conversation_id_idx ON artifacts (conversation_id);
CREATE INDEX artifacts_tenant_id_created_by_idx ON artifacts (tenant_id, created_by);

-- An artifact outlives its conversation, so this key is not composite: SET NULL would clear tenant_id too before PostgreSQL 15
CREATE TRIGGER artifacts_conversation_tenant AFTER INSERT OR UPDATE OF conversation_id, tenant_id ON artifacts
  FOR EACH ROW EXECUTE FUNCTION enforce_tenant_reference('conversation_id', 'conversations');

COMMENT ON TABLE artifacts IS 'Versioned artifacts with metadata';
COMMENT ON COLUMN artifacts.latest_version IS 'Highest version_number in artifact_versions';

CREATE TABLE artifact_versions (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  artifact_id UUID NOT NULL,
  version_number INTEGER NOT NULL,
  content TEXT,
  storage_key TEXT,
  checksum sha256_hex NOT NULL,
  size_bytes BIGINT NOT NULL,
  change_summary TEXT,
  created_by UUID NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT artifact_versions_number_key UNIQUE (tenant_id, artifact_id, version_number),
  CONSTRAINT artifact_versions_version_number_positive CHECK (version_number > 0),
  CONSTRAINT artifact_versions_size_bytes_positive CHECK (size_bytes >= 0),
  CONSTRAINT artifact_versions_one_place CHECK (num_nonnulls(content, storage_key) = 1),
  FOREIGN KEY (tenant_id, artifact_id) REFERENCES artifacts (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, created_by) REFERENCES users (tenant_id, id)
);

CREATE INDEX artifact_versions_tenant_id_created_by_idx ON artifact_versions (tenant_id, created_by);

COMMENT ON TABLE artifact_versions IS 'Every state of an artifact, inline or in object storage';

-- Collections
CREATE TABLE artifact_collections (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  workspace_id UUID,
  created_by UUID NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  visibility visibility NOT NULL DEFAULT 'private',
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT artifact_collections_tenant_id_id_key UNIQUE (tenant_id, id),
  CONSTRAINT artifact_collections_name_length CHECK (length(name) BETWEEN 1 AND 200),
  FOREIGN KEY (tenant_id, workspace_id) REFERENCES workspaces (tenant_id, id),
  FOREIGN KEY (tenant_id, created_by) REFERENCES users (tenant_id, id)
);

CREATE INDEX artifact_collections_tenant_id_workspace_id_idx ON artifact_collections (tenant_id, workspace_id);
CREATE INDEX artifact_collections_tenant_id_created_by_idx ON artifact_collections (tenant_id, created_by);

COMMENT ON TABLE artifact_collections IS 'Grouped artifacts';

CREATE TABLE artifact_collection_items (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  collection_id UUID NOT NULL,
  artifact_id UUID NOT NULL,
  position INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT artifact_collection_items_key UNIQUE (tenant_id, collection_id, artifact_id),
  CONSTRAINT artifact_collection_items_position_positive CHECK (position >= 0),
  FOREIGN KEY (tenant_id, collection_id) REFERENCES artifact_collections (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, artifact_id) REFERENCES artifacts (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX artifact_collection_items_tenant_id_artifact_id_idx ON artifact_collection_items (tenant_id, artifact_id);

COMMENT ON TABLE artifact_collection_items IS 'Artifacts of a collection, in order';

-- Comments
CREATE TABLE artifact_comments (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  artifact_id UUID NOT NULL,
  parent_id UUID,
  user_id UUID NOT NULL,
  version_number INTEGER,
  content TEXT NOT NULL,
  anchor JSONB,
  resolved_at TIMESTAMPTZ,
  resolved_by UUID,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT artifact_comments_tenant_id_id_key UNIQUE (tenant_id, id),
  CONSTRAINT artifact_comments_parent_is_another CHECK (parent_id <> id),
  CONSTRAINT artifact_comments_content_length CHECK (length(content) BETWEEN 1 AND 20000),
  CONSTRAINT artifact_comments_resolution_whole CHECK (num_nonnulls(resolved_at, resolved_by) IN (0, 2)),
  FOREIGN KEY (tenant_id, artifact_id) REFERENCES artifacts (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, artifact_id, version_number)
    REFERENCES artifact_versions (tenant_id, artifact_id, version_number) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, parent_id) REFERENCES artifact_comments (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id),
  FOREIGN KEY (tenant_id, resolved_by) REFERENCES users (tenant_id, id)
);

CREATE INDEX artifact_comments_tenant_id_artifact_id_version_number_idx ON artifact_comments (tenant_id, artifact_id, version_number);
CREATE INDEX artifact_comments_tenant_id_parent_id_idx ON artifact_comments (tenant_id, parent_id);
CREATE INDEX artifact_comments_tenant_id_user_id_idx ON artifact_comments (tenant_id, user_id);
CREATE INDEX artifact_comments_tenant_id_resolved_by_idx ON artifact_comments (tenant_id, resolved_by);

COMMENT ON TABLE artifact_comments IS 'Threaded comments on artifacts';
COMMENT ON COLUMN artifact_comments.anchor IS 'Place in the content, for example {"line": 12}';

-- Relationships
CREATE TABLE artifact_relationships (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  source_id UUID NOT NULL,
  target_id UUID NOT NULL,
  kind artifact_relationship_kind NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT artifact_relationships_key UNIQUE (tenant_id, source_id, target_id, kind),
  CONSTRAINT artifact_relationships_between_two CHECK (source_id <> target_id),
  FOREIGN KEY (tenant_id, source_id) REFERENCES artifacts (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, target_id) REFERENCES artifacts (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX artifact_relationships_tenant_id_target_id_idx ON artifact_relationships (tenant_id, target_id);

COMMENT ON TABLE artifact_relationships IS 'Dependencies between artifacts';

-- Triggers
CREATE TRIGGER artifacts_set_updated_at BEFORE UPDATE ON artifacts
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER artifact_collections_set_updated_at BEFORE UPDATE ON artifact_collections
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER artifact_comments_set_updated_at BEFORE UPDATE ON artifact_comments
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- Row level security
ALTER TABLE artifacts ENABLE ROW LEVEL SECURITY;
ALTER TABLE artifacts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON artifacts
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE artifact_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE artifact_versions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON artifact_versions
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE artifact_collections ENABLE ROW LEVEL SECURITY;
ALTER TABLE artifact_collections FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON artifact_collections
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE artifact_collection_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE artifact_collection_items FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON artifact_collection_items
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE artifact_comments ENABLE ROW LEVEL SECURITY;
ALTER TABLE artifact_comments FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON artifact_comments
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE artifact_relationships ENABLE ROW LEVEL SECURITY;
ALTER TABLE artifact_relationships FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON artifact_relationships
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

-- Down migration

DROP TABLE artifact_relationships;
DROP TABLE artifact_comments;
DROP TABLE artifact_collection_items;
DROP TABLE artifact_collections;
DROP TABLE artifact_versions;
DROP TABLE artifacts;

DROP TYPE artifact_relationship_kind;
DROP TYPE artifact_kind;
