-- Migration: users_and_organizations
-- Description: Users, organizations, memberships and the functions that row level security asks

-- Up migration
CREATE SCHEMA private;
REVOKE ALL ON SCHEMA private FROM PUBLIC;
GRANT USAGE ON SCHEMA private TO authenticated, service_role;
COMMENT ON SCHEMA private IS 'Functions that are not part of the API';

CREATE FUNCTION private.set_updated_at() RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path = ''
AS $$
BEGIN
  NEW.updated_at := NOW();
  RETURN NEW;
END;
$$;

COMMENT ON FUNCTION private.set_updated_at() IS 'Trigger: stamps updated_at on every update';

-- Tables
CREATE TABLE users (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  email TEXT NOT NULL,
  full_name TEXT,
  avatar_url TEXT,
  locale TEXT NOT NULL DEFAULT 'ru',
  onboarded_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  CONSTRAINT users_email_format CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+$')
);

COMMENT ON TABLE users IS 'Profiles of the people who use the application';
COMMENT ON COLUMN users.id IS 'The id of the account in auth.users, that is auth.uid()';

CREATE TABLE organizations (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  name TEXT NOT NULL,
  slug TEXT NOT NULL UNIQUE,
  settings JSONB NOT NULL DEFAULT '{}',
  created_by UUID REFERENCES users(id) ON DELETE SET NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  CONSTRAINT organizations_name_length CHECK (length(name) BETWEEN 1 AND 200),
  CONSTRAINT organizations_slug_format CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$')
);

COMMENT ON TABLE organizations IS 'Customers; every other record belongs to one';

CREATE TABLE organization_members (
  organization_id UUID NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
  user_id UUID NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  role TEXT NOT NULL DEFAULT 'member',
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  PRIMARY KEY (organization_id, user_id),
  CONSTRAINT organization_members_role_known CHECK (role IN ('owner', 'admin', 'member'))
);

COMMENT ON TABLE organization_members IS 'Who belongs to which organization, and as what';

CREATE TABLE organization_invitations (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  organization_id UUID NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
  email TEXT NOT NULL,
  role TEXT NOT NULL DEFAULT 'member',
  token_hash TEXT NOT NULL UNIQUE,
  invited_by UUID REFERENCES users(id) ON DELETE SET NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW() + INTERVAL '7 days',
  accepted_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT organization_invitations_role_known CHECK (role IN ('admin', 'member')),
  CONSTRAINT organization_invitations_token_hash_format CHECK (token_hash ~ '^[0-9a-f]{64}$')
);

COMMENT ON TABLE organization_invitations IS 'Invitations by e-mail; the token is stored as a SHA-256 digest';

-- Indexes
CREATE UNIQUE INDEX idx_users_email ON users(lower(email));
CREATE INDEX idx_organizations_created_by ON organizations(created_by);
CREATE INDEX idx_organization_members_user_id ON organization_members(user_id);
CREATE UNIQUE INDEX idx_organization_invitations_open ON organization_invitations(organization_id, lower(email)) WHERE accepted_at IS NULL;
CREATE INDEX idx_organization_invitations_organization_id ON organization_invitations(organization_id);
CREATE INDEX idx_organization_invitations_invited_by ON organization_invitations(invited_by);

-- Triggers
CREATE TRIGGER users_set_updated_at BEFORE UPDATE ON users
  FOR EACH ROW EXECUTE FUNCTION private.set_updated_at();
CREATE TRIGGER organizations_set_updated_at BEFORE UPDATE ON organizations
  FOR EACH ROW EXECUTE FUNCTION private.set_updated_at();

-- Membership, read past the policies of organization_members, which would ask it again without end.
-- Policies call these as organization_id = ANY (ARRAY(SELECT ...)): once per statement, and the index stays usable.
CREATE FUNCTION private.user_organization_ids(roles TEXT[] DEFAULT ARRAY['owner', 'admin', 'member']) RETURNS SETOF UUID
  LANGUAGE sql
  STABLE
  SECURITY DEFINER
  SET search_path = ''
AS $$
  SELECT organization_id
  FROM public.organization_members
  WHERE user_id = (SELECT auth.uid()) AND role = ANY (roles)
$$;

CREATE FUNCTION private.user_colleague_ids() RETURNS SETOF UUID
  LANGUAGE sql
  STABLE
  SECURITY DEFINER
  SET search_path = ''
AS $$
  SELECT DISTINCT colleagues.user_id
  FROM public.organization_members AS mine
  JOIN public.organization_members AS colleagues USING (organization_id)
  WHERE mine.user_id = (SELECT auth.uid())
$$;

-- The first member cannot be added under the policies below, so an organization is created here, with its owner
CREATE FUNCTION create_organization(name TEXT, slug TEXT) RETURNS organizations
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path = ''
AS $$
DECLARE
  organization public.organizations;
BEGIN
  IF auth.uid() IS NULL THEN
    RAISE EXCEPTION 'sign in to create an organization' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO public.organizations (name, slug, created_by)
  VALUES (create_organization.name, create_organization.slug, auth.uid())
  RETURNING * INTO organization;
  INSERT INTO public.organization_members (organization_id, user_id, role)
  VALUES (organization.id, auth.uid(), 'owner');
  RETURN organization;
END;
$$;

COMMENT ON FUNCTION private.user_organization_ids(TEXT[]) IS 'Organizations in which the current user has one of these roles';
COMMENT ON FUNCTION private.user_colleague_ids() IS 'Users who share an organization with the current user';
COMMENT ON FUNCTION create_organization(TEXT, TEXT) IS 'Creates an organization that the current user owns';

REVOKE ALL ON FUNCTION private.user_organization_ids(TEXT[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION private.user_colleague_ids() FROM PUBLIC;
REVOKE ALL ON FUNCTION create_organization(TEXT, TEXT) FROM PUBLIC, anon;
GRANT EXECUTE ON FUNCTION private.user_organization_ids(TEXT[]) TO authenticated, service_role;
GRANT EXECUTE ON FUNCTION private.user_colleague_ids() TO authenticated, service_role;
GRANT EXECUTE ON FUNCTION create_organization(TEXT, TEXT) TO authenticated;

-- Privileges
REVOKE ALL ON users, organizations, organization_members, organization_invitations FROM anon, authenticated;
GRANT SELECT, INSERT, UPDATE ON users TO authenticated;
GRANT SELECT, UPDATE, DELETE ON organizations TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON organization_members, organization_invitations TO authenticated;
GRANT ALL ON users, organizations, organization_members, organization_invitations TO service_role;

-- RLS Policies
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE organization_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE organization_invitations ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Users can view themselves and their colleagues" ON users
  FOR SELECT TO authenticated
  USING (id = (SELECT auth.uid()) OR id = ANY (ARRAY(SELECT private.user_colleague_ids())));

CREATE POLICY "Users can create their own profile" ON users
  FOR INSERT TO authenticated
  WITH CHECK (id = (SELECT auth.uid()));

CREATE POLICY "Users can update their own profile" ON users
  FOR UPDATE TO authenticated
  USING (id = (SELECT auth.uid()))
  WITH CHECK (id = (SELECT auth.uid()));

CREATE POLICY "Members can view their organizations" ON organizations
  FOR SELECT TO authenticated
  USING (id = ANY (ARRAY(SELECT private.user_organization_ids())));

CREATE POLICY "Admins can update their organizations" ON organizations
  FOR UPDATE TO authenticated
  USING (id = ANY (ARRAY(SELECT private.user_organization_ids(ARRAY['owner', 'admin']))))
  WITH CHECK (id = ANY (ARRAY(SELECT private.user_organization_ids(ARRAY['owner', 'admin']))));

CREATE POLICY "Owners can delete their organizations" ON organizations
  FOR DELETE TO authenticated
  USING (id = ANY (ARRAY(SELECT private.user_organization_ids(ARRAY['owner']))));

CREATE POLICY "Members can view the members of their organizations" ON organization_members
  FOR SELECT TO authenticated
  USING (organization_id = ANY (ARRAY(SELECT private.user_organization_ids())));

CREATE POLICY "Owners can manage all members" ON organization_members
  FOR ALL TO authenticated
  USING (organization_id = ANY (ARRAY(SELECT private.user_organization_ids(ARRAY['owner']))))
  WITH CHECK (organization_id = ANY (ARRAY(SELECT private.user_organization_ids(ARRAY['owner']))));

CREATE POLICY "Admins can manage members who are not owners" ON organization_members
  FOR ALL TO authenticated
  USING (role <> 'owner' AND organization_id = ANY (ARRAY(SELECT private.user_organization_ids(ARRAY['admin']))))
  WITH CHECK (role <> 'owner' AND organization_id = ANY (ARRAY(SELECT private.user_organization_ids(ARRAY['admin']))));

CREATE POLICY "Members can leave their organizations" ON organization_members
  FOR DELETE TO authenticated
  USING (user_id = (SELECT auth.uid()) AND role <> 'owner');

CREATE POLICY "Admins can manage invitations" ON organization_invitations
  FOR ALL TO authenticated
  USING (organization_id = ANY (ARRAY(SELECT private.user_organization_ids(ARRAY['owner', 'admin']))))
  WITH CHECK (organization_id = ANY (ARRAY(SELECT private.user_organization_ids(ARRAY['owner', 'admin']))));

-- Down migration
-- The policies use the functions, and one function returns rows of organizations
DROP FUNCTION create_organization(TEXT, TEXT);

DROP TABLE organization_invitations;
DROP TABLE organization_members;
DROP TABLE organizations;
DROP TABLE users;

DROP FUNCTION private.user_colleague_ids();
DROP FUNCTION private.user_organization_ids(TEXT[]);
DROP FUNCTION private.set_updated_at();

DROP SCHEMA private;
