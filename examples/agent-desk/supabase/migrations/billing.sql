-- Migration: billing
-- Description: Subscription plans, subscriptions and payments

-- Up migration
CREATE TABLE subscription_plans (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  description TEXT,
  price_cents INTEGER NOT NULL,
  currency TEXT NOT NULL DEFAULT 'RUB',
  billing_period TEXT NOT NULL DEFAULT 'month',
  limits JSONB NOT NULL DEFAULT '{}',
  features JSONB NOT NULL DEFAULT '[]',
  is_active BOOLEAN NOT NULL DEFAULT true,
  sort_order INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  CONSTRAINT subscription_plans_price_cents_positive CHECK (price_cents >= 0),
  CONSTRAINT subscription_plans_currency_format CHECK (currency ~ '^[A-Z]{3}$'),
  CONSTRAINT subscription_plans_billing_period_known CHECK (billing_period IN ('month', 'year')),
  CONSTRAINT subscription_plans_limits_object CHECK (jsonb_typeof(limits) = 'object'),
  CONSTRAINT subscription_plans_features_array CHECK (jsonb_typeof(features) = 'array')
);

COMMENT ON TABLE subscription_plans IS 'Plans and their limits';
COMMENT ON COLUMN subscription_plans.limits IS 'Metric of usage_daily to the quantity that a period includes';

CREATE TABLE subscriptions (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  organization_id UUID NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
  plan_id UUID NOT NULL REFERENCES subscription_plans(id) ON DELETE RESTRICT,
  status TEXT NOT NULL,
  current_period_start TIMESTAMP WITH TIME ZONE NOT NULL,
  current_period_end TIMESTAMP WITH TIME ZONE NOT NULL,
  cancel_at_period_end BOOLEAN NOT NULL DEFAULT false,
  cancelled_at TIMESTAMP WITH TIME ZONE,
  provider TEXT,
  provider_subscription_id TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  CONSTRAINT subscriptions_organization_id_id_key UNIQUE (organization_id, id),
  CONSTRAINT subscriptions_provider_key UNIQUE (provider, provider_subscription_id),
  CONSTRAINT subscriptions_status_known CHECK (status IN ('trialing', 'active', 'past_due', 'cancelled', 'expired')),
  CONSTRAINT subscriptions_period_forward CHECK (current_period_end > current_period_start)
);

COMMENT ON TABLE subscriptions IS 'Subscriptions of organizations; at most one is live';

CREATE TABLE payments (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  organization_id UUID NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
  subscription_id UUID,
  amount_cents INTEGER NOT NULL,
  currency TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'pending',
  provider TEXT NOT NULL,
  provider_payment_id TEXT,
  failure_reason TEXT,
  paid_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  CONSTRAINT payments_provider_key UNIQUE (provider, provider_payment_id),
  CONSTRAINT payments_amount_cents_positive CHECK (amount_cents > 0),
  CONSTRAINT payments_currency_format CHECK (currency ~ '^[A-Z]{3}$'),
  CONSTRAINT payments_status_known CHECK (status IN ('pending', 'succeeded', 'failed', 'refunded')),
  CONSTRAINT payments_payment_dated CHECK (status NOT IN ('succeeded', 'refunded') OR paid_at IS NOT NULL),
  FOREIGN KEY (organization_id, subscription_id) REFERENCES subscriptions(organization_id, id)
);

COMMENT ON TABLE payments IS 'Payments of organizations; card data stays with the payment provider';

-- Indexes
CREATE UNIQUE INDEX idx_subscriptions_live ON subscriptions(organization_id) WHERE status IN ('trialing', 'active', 'past_due');
CREATE INDEX idx_subscriptions_plan_id ON subscriptions(plan_id);
CREATE INDEX idx_payments_organization_id_subscription_id ON payments(organization_id, subscription_id);
CREATE INDEX idx_payments_organization_id_created_at ON payments(organization_id, created_at DESC);

-- Triggers
CREATE TRIGGER subscription_plans_set_updated_at BEFORE UPDATE ON subscription_plans
  FOR EACH ROW EXECUTE FUNCTION private.set_updated_at();
CREATE TRIGGER subscriptions_set_updated_at BEFORE UPDATE ON subscriptions
  FOR EACH ROW EXECUTE FUNCTION private.set_updated_at();
CREATE TRIGGER payments_set_updated_at BEFORE UPDATE ON payments
  FOR EACH ROW EXECUTE FUNCTION private.set_updated_at();

-- Privileges: the API reads; only the payment worker (service_role) writes
REVOKE ALL ON subscription_plans, subscriptions, payments FROM anon, authenticated;
GRANT SELECT ON subscription_plans TO anon, authenticated;
GRANT SELECT ON subscriptions, payments TO authenticated;
GRANT ALL ON subscription_plans, subscriptions, payments TO service_role;

-- RLS Policies
ALTER TABLE subscription_plans ENABLE ROW LEVEL SECURITY;
ALTER TABLE subscriptions ENABLE ROW LEVEL SECURITY;
ALTER TABLE payments ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Everyone can view the plans on offer" ON subscription_plans
  FOR SELECT TO anon, authenticated
  USING (is_active);

CREATE POLICY "Members can view the subscriptions of their organizations" ON subscriptions
  FOR SELECT TO authenticated
  USING (organization_id = ANY (ARRAY(SELECT private.user_organization_ids())));

CREATE POLICY "Admins can view the payments of their organizations" ON payments
  FOR SELECT TO authenticated
  USING (organization_id = ANY (ARRAY(SELECT private.user_organization_ids(ARRAY['owner', 'admin']))));

-- Down migration
DROP TABLE payments;
DROP TABLE subscriptions;
DROP TABLE subscription_plans;
