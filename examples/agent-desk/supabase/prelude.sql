-- What the Supabase platform brings to every project, for a plain PostgreSQL: the API roles, the schema auth and the
-- functions that row level security policies call. Where these exist, as on Supabase itself, it changes nothing, and it
-- can run any number of times.
-- Creating service_role (BYPASSRLS) takes a superuser.

DO $prelude$
DECLARE
  api_role TEXT;
BEGIN
  -- Roles belong to the whole cluster, so another database may be creating them right now
  FOREACH api_role IN ARRAY ARRAY['anon', 'authenticated', 'service_role'] LOOP
    IF to_regrole(api_role) IS NULL THEN
      BEGIN
        EXECUTE format(
          'CREATE ROLE %I NOLOGIN NOINHERIT %s',
          api_role, CASE api_role WHEN 'service_role' THEN 'BYPASSRLS' ELSE '' END
        );
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
      END;
    END IF;
  END LOOP;

  IF to_regnamespace('auth') IS NULL THEN
    CREATE SCHEMA auth;
    GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role;

    -- The platform lets its API roles reach what a project creates in public; row level security decides about the rows
    GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
  END IF;

  IF to_regclass('auth.users') IS NULL THEN
    CREATE TABLE auth.users (
      id UUID PRIMARY KEY,
      email TEXT,
      encrypted_password TEXT,
      email_confirmed_at TIMESTAMP WITH TIME ZONE,
      last_sign_in_at TIMESTAMP WITH TIME ZONE,
      raw_app_meta_data JSONB,
      raw_user_meta_data JSONB,
      created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
      updated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW()
    );
  END IF;

  -- The claims of the request: SET LOCAL request.jwt.claims = '{"sub": "<user id>", "role": "authenticated"}'
  IF to_regprocedure('auth.jwt()') IS NULL THEN
    CREATE FUNCTION auth.jwt() RETURNS JSONB LANGUAGE sql STABLE AS $function$
      SELECT nullif(current_setting('request.jwt.claims', true), '')::JSONB
    $function$;
  END IF;

  IF to_regprocedure('auth.uid()') IS NULL THEN
    CREATE FUNCTION auth.uid() RETURNS UUID LANGUAGE sql STABLE AS $function$
      SELECT nullif(nullif(current_setting('request.jwt.claims', true), '')::JSONB ->> 'sub', '')::UUID
    $function$;
  END IF;

  IF to_regprocedure('auth.role()') IS NULL THEN
    CREATE FUNCTION auth.role() RETURNS TEXT LANGUAGE sql STABLE AS $function$
      SELECT nullif(current_setting('request.jwt.claims', true), '')::JSONB ->> 'role'
    $function$;
  END IF;
END
$prelude$;
