-- Migration: job_status
-- Description: Status of background jobs

-- Up migration
CREATE TABLE job_status (
  id TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'pending',
  user_id TEXT NOT NULL,
  organization_id TEXT,
  payload JSONB,
  progress JSONB,
  result JSONB,
  error TEXT,
  duration INTEGER,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
  started_at TIMESTAMP WITH TIME ZONE,
  completed_at TIMESTAMP WITH TIME ZONE,
  failed_at TIMESTAMP WITH TIME ZONE,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW()
);

COMMENT ON TABLE job_status IS 'Background jobs and how far they are; written by the worker';
COMMENT ON COLUMN job_status.user_id IS 'User who asked for the job, as text: a job outlives the account';

-- Indexes
CREATE INDEX idx_job_status_user_id_created_at ON job_status(user_id, created_at DESC);
CREATE INDEX idx_job_status_organization_id_created_at ON job_status(organization_id, created_at DESC);
CREATE INDEX idx_job_status_status_created_at ON job_status(status, created_at);
CREATE INDEX idx_job_status_type_status ON job_status(type, status);

-- Privileges
REVOKE ALL ON job_status FROM anon, authenticated;
GRANT SELECT ON job_status TO authenticated;
GRANT ALL ON job_status TO service_role;

-- RLS Policies
ALTER TABLE job_status ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Users can view their own jobs" ON job_status
  FOR SELECT TO authenticated
  USING (user_id = (SELECT auth.uid())::TEXT);

CREATE POLICY "Admins can view the jobs of their organizations" ON job_status
  FOR SELECT TO authenticated
  USING (organization_id = ANY (ARRAY(SELECT private.user_organization_ids(ARRAY['owner', 'admin'])::TEXT)));

-- Down migration
DROP TABLE job_status;
