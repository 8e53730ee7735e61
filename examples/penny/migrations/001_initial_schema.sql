-- Migration: 001_initial_schema
-- Description: Extensions and base types

-- Up migration

-- Extensions
CREATE EXTENSION IF NOT EXISTS vector;
CREATE EXTENSION IF NOT EXISTS btree_gin;
CREATE EXTENSION IF NOT EXISTS pgcrypto;

-- Domains: one spelling of a rule that many tables share
CREATE DOMAIN email_address AS TEXT
  CONSTRAINT email_address_length CHECK (length(VALUE) <= 320)
  CONSTRAINT email_address_format CHECK (VALUE ~ '^[^@[:space:]]+@[^@[:space:]]+\.[^@[:space:]]+$');

CREATE DOMAIN slug AS TEXT
  CONSTRAINT slug_length CHECK (length(VALUE) BETWEEN 1 AND 63)
  CONSTRAINT slug_format CHECK (VALUE ~ '^[a-z0-9]+(-[a-z0-9]+)*$');

CREATE DOMAIN currency_code AS TEXT
  CONSTRAINT currency_code_format CHECK (VALUE ~ '^[A-Z]{3}$');

CREATE DOMAIN http_url AS TEXT
  CONSTRAINT http_url_length CHECK (length(VALUE) <= 2048)
  CONSTRAINT http_url_format CHECK (VALUE ~ '^https?://[^[:space:]]+$');

CREATE DOMAIN sha256_hex AS TEXT
  CONSTRAINT sha256_hex_format CHECK (VALUE ~ '^[0-9a-f]{64}$');

COMMENT ON DOMAIN email_address IS 'E-mail address; compare with lower()';
COMMENT ON DOMAIN slug IS 'Lower-case identifier that is safe in a URL';
COMMENT ON DOMAIN currency_code IS 'ISO 4217 code in capitals';
COMMENT ON DOMAIN http_url IS 'Absolute http or https URL';
COMMENT ON DOMAIN sha256_hex IS 'SHA-256 digest as 64 lower-case hexadecimal digits';

-- Enums that more than one part of the schema uses
CREATE TYPE visibility AS ENUM ('private', 'workspace', 'tenant', 'public');
CREATE TYPE execution_status AS ENUM ('pending', 'running', 'succeeded', 'failed', 'cancelled');
CREATE TYPE severity AS ENUM ('debug', 'info', 'warning', 'error', 'critical');

COMMENT ON TYPE visibility IS 'Who inside a tenant may see a record';
COMMENT ON TYPE execution_status IS 'Life of a piece of work: tool execution, webhook delivery';
COMMENT ON TYPE severity IS 'Weight of an event, from debug to critical';

-- Functions
CREATE FUNCTION set_updated_at() RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path = ''
AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END;
$$;

COMMENT ON FUNCTION set_updated_at() IS 'Trigger: stamps updated_at on every update';

-- Down migration

DROP FUNCTION set_updated_at();

DROP TYPE severity;
DROP TYPE execution_status;
DROP TYPE visibility;

DROP DOMAIN sha256_hex;
DROP DOMAIN http_url;
DROP DOMAIN currency_code;
DROP DOMAIN slug;
DROP DOMAIN email_address;

-- Refused, on purpose, while anything outside this schema still uses one of them
DROP EXTENSION IF EXISTS pgcrypto;
DROP EXTENSION IF EXISTS btree_gin;
DROP EXTENSION IF EXISTS vector;
