-- Migration: knowledge_base
-- Description: Categories and articles of the knowledge base

-- Up migration
-- An organization of NULL marks the documentation of the product itself, which everybody may read
CREATE TABLE knowledge_categories (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  organization_id UUID REFERENCES organizations(id) ON DELETE CASCADE,
  parent_id UUID REFERENCES knowledge_categories(id) ON DELETE CASCADE,
  slug TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  icon TEXT,
  sort_order INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  CONSTRAINT knowledge_categories_organization_id_id_key UNIQUE (organization_id, id),
  CONSTRAINT knowledge_categories_slug_format CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  CONSTRAINT knowledge_categories_parent_is_another CHECK (parent_id <> id),
  FOREIGN KEY (organization_id, parent_id) REFERENCES knowledge_categories(organization_id, id) ON DELETE CASCADE
);

COMMENT ON TABLE knowledge_categories IS 'Categories of the knowledge base';
COMMENT ON COLUMN knowledge_categories.organization_id IS 'NULL for the documentation of the product';

CREATE TABLE knowledge_articles (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  organization_id UUID REFERENCES organizations(id) ON DELETE CASCADE,
  category_id UUID NOT NULL REFERENCES knowledge_categories(id) ON DELETE CASCADE,
  slug TEXT NOT NULL,
  title TEXT NOT NULL,
  summary TEXT,
  content TEXT NOT NULL,
  locale TEXT NOT NULL DEFAULT 'ru',
  status TEXT NOT NULL DEFAULT 'draft',
  tags TEXT[] NOT NULL DEFAULT '{}',
  author_id UUID REFERENCES users(id) ON DELETE SET NULL,
  search_vector TSVECTOR GENERATED ALWAYS AS (
    setweight(to_tsvector('simple'::REGCONFIG, title), 'A') || setweight(to_tsvector('simple'::REGCONFIG, content), 'B')
  ) STORED,
  published_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  CONSTRAINT knowledge_articles_slug_format CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  CONSTRAINT knowledge_articles_status_known CHECK (status IN ('draft', 'published', 'archived')),
  CONSTRAINT knowledge_articles_publication_dated CHECK (status <> 'published' OR published_at IS NOT NULL),
  FOREIGN KEY (organization_id, category_id) REFERENCES knowledge_categories(organization_id, id) ON DELETE CASCADE
);

COMMENT ON TABLE knowledge_articles IS 'Articles of the knowledge base';
COMMENT ON COLUMN knowledge_articles.organization_id IS 'NULL for the documentation of the product';

-- Indexes
CREATE UNIQUE INDEX idx_knowledge_categories_organization_id_slug ON knowledge_categories(organization_id, slug);
CREATE UNIQUE INDEX idx_knowledge_categories_product_slug ON knowledge_categories(slug) WHERE organization_id IS NULL;
CREATE INDEX idx_knowledge_categories_parent_id ON knowledge_categories(parent_id);
CREATE INDEX idx_knowledge_categories_organization_id_parent_id ON knowledge_categories(organization_id, parent_id);
CREATE UNIQUE INDEX idx_knowledge_articles_organization_id_slug ON knowledge_articles(organization_id, slug, locale);
CREATE UNIQUE INDEX idx_knowledge_articles_product_slug ON knowledge_articles(slug, locale) WHERE organization_id IS NULL;
CREATE INDEX idx_knowledge_articles_category_id ON knowledge_articles(category_id);
CREATE INDEX idx_knowledge_articles_organization_id_category_id ON knowledge_articles(organization_id, category_id);
CREATE INDEX idx_knowledge_articles_author_id ON knowledge_articles(author_id);
CREATE INDEX idx_knowledge_articles_search ON knowledge_articles USING gin(search_vector);

-- Triggers
CREATE TRIGGER knowledge_categories_set_updated_at BEFORE UPDATE ON knowledge_categories
  FOR EACH ROW EXECUTE FUNCTION private.set_updated_at();
CREATE TRIGGER knowledge_articles_set_updated_at BEFORE UPDATE ON knowledge_articles
  FOR EACH ROW EXECUTE FUNCTION private.set_updated_at();

-- Privileges
REVOKE ALL ON knowledge_categories, knowledge_articles FROM anon, authenticated;
GRANT SELECT ON knowledge_categories, knowledge_articles TO anon;
GRANT SELECT, INSERT, UPDATE, DELETE ON knowledge_categories, knowledge_articles TO authenticated;
GRANT ALL ON knowledge_categories, knowledge_articles TO service_role;

-- RLS Policies
ALTER TABLE knowledge_categories ENABLE ROW LEVEL SECURITY;
ALTER TABLE knowledge_articles ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Everyone can view the categories of the product" ON knowledge_categories
  FOR SELECT TO anon, authenticated
  USING (organization_id IS NULL);

CREATE POLICY "Members can view the categories of their organizations" ON knowledge_categories
  FOR SELECT TO authenticated
  USING (organization_id = ANY (ARRAY(SELECT private.user_organization_ids())));

CREATE POLICY "Admins can manage the categories of their organizations" ON knowledge_categories
  FOR ALL TO authenticated
  USING (organization_id = ANY (ARRAY(SELECT private.user_organization_ids(ARRAY['owner', 'admin']))))
  WITH CHECK (organization_id = ANY (ARRAY(SELECT private.user_organization_ids(ARRAY['owner', 'admin']))));

CREATE POLICY "Everyone can view published articles of the product" ON knowledge_articles
  FOR SELECT TO anon, authenticated
  USING (organization_id IS NULL AND status = 'published');

CREATE POLICY "Members can view published articles of their organizations" ON knowledge_articles
  FOR SELECT TO authenticated
  USING (organization_id = ANY (ARRAY(SELECT private.user_organization_ids())) AND status = 'published');

CREATE POLICY "Admins can manage the articles of their organizations" ON knowledge_articles
  FOR ALL TO authenticated
  USING (organization_id = ANY (ARRAY(SELECT private.user_organization_ids(ARRAY['owner', 'admin']))))
  WITH CHECK (organization_id = ANY (ARRAY(SELECT private.user_organization_ids(ARRAY['owner', 'admin']))));

-- Down migration
DROP TABLE knowledge_articles;
DROP TABLE knowledge_categories;
