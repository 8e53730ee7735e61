-- Migration: 007_billing_system
-- Description: Billing and subscriptions

-- Up migration

CREATE TYPE billing_interval AS ENUM ('month', 'year');
CREATE TYPE subscription_status AS ENUM ('trialing', 'active', 'past_due', 'paused', 'cancelled', 'expired');
CREATE TYPE invoice_status AS ENUM ('draft', 'open', 'paid', 'void', 'uncollectible');
CREATE TYPE payment_method_kind AS ENUM ('card', 'bank_transfer', 'direct_debit', 'wallet');
CREATE TYPE transaction_kind AS ENUM ('charge', 'refund', 'dispute');
CREATE TYPE transaction_status AS ENUM ('pending', 'succeeded', 'failed');
COMMENT ON TYPE billing_interval IS 'How often a plan is billed';
COMMENT ON TYPE subscription_status IS 'Life of a subscription';
COMMENT ON TYPE invoice_status IS 'Life of an invoice';
COMMENT ON TYPE payment_method_kind IS 'How a tenant pays';
COMMENT ON TYPE transaction_kind IS 'Direction of a payment';
COMMENT ON TYPE transaction_status IS 'Result of a payment';

-- Plans: one catalogue for all tenants
CREATE TABLE subscription_plans (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  code slug NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  price_cents BIGINT NOT NULL,
  currency currency_code NOT NULL DEFAULT 'USD',
  billing_interval billing_interval NOT NULL DEFAULT 'month',
  trial_days SMALLINT NOT NULL DEFAULT 0,
  limits JSONB NOT NULL DEFAULT '{}',
  features TEXT[] NOT NULL DEFAULT '{}',
  is_active BOOLEAN NOT NULL DEFAULT true,
  sort_order INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT subscription_plans_code_key UNIQUE (code),
  CONSTRAINT subscription_plans_price_cents_positive CHECK (price_cents >= 0),
  CONSTRAINT subscription_plans_trial_days_range CHECK (trial_days BETWEEN 0 AND 365),
  CONSTRAINT subscription_plans_limits_object CHECK (jsonb_typeof(limits) = 'object')
);

COMMENT ON TABLE subscription_plans IS 'Available plans; tenants read them, only the owner writes';

-- Payment methods
CREATE TABLE payment_methods (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  kind payment_method_kind NOT NULL,
  provider TEXT NOT NULL,
  provider_payment_method_id TEXT NOT NULL,
  brand TEXT,
  last_four TEXT,
  expires_on DATE,
  billing_email email_address,
  is_default BOOLEAN NOT NULL DEFAULT false,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  detached_at TIMESTAMPTZ,
  CONSTRAINT payment_methods_tenant_id_id_key UNIQUE (tenant_id, id),
  CONSTRAINT payment_methods_provider_key UNIQUE (provider, provider_payment_method_id),
  CONSTRAINT payment_methods_last_four_format CHECK (last_four ~ '^[0-9]{4}$')
);

CREATE UNIQUE INDEX payment_methods_one_default_key ON payment_methods (tenant_id) WHERE is_default AND detached_at IS NULL;

COMMENT ON TABLE payment_methods IS 'How a tenant pays; card data stays with the payment provider';

-- Subscriptions
CREATE TABLE subscriptions (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  plan_id UUID NOT NULL REFERENCES subscription_plans (id),
  payment_method_id UUID,
  status subscription_status NOT NULL,
  quantity INTEGER NOT NULL DEFAULT 1,
  current_period_start TIMESTAMPTZ NOT NULL,
  current_period_end TIMESTAMPTZ NOT NULL,
  trial_ends_at TIMESTAMPTZ,
  cancel_at_period_end BOOLEAN NOT NULL DEFAULT false,
  cancelled_at TIMESTAMPTZ,
  provider TEXT,
  provider_subscription_id TEXT,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT subscriptions_tenant_id_id_key UNIQUE (tenant_id, id),
  CONSTRAINT subscriptions_provider_key UNIQUE (provider, provider_subscription_id),
  CONSTRAINT subscriptions_quantity_positive CHECK (quantity > 0),
  CONSTRAINT subscriptions_period_forward CHECK (current_period_end > current_period_start),
  CONSTRAINT subscriptions_cancellation_dated CHECK (status <> 'cancelled' OR cancelled_at IS NOT NULL),
  FOREIGN KEY (tenant_id, payment_method_id) REFERENCES payment_methods (tenant_id, id)
);

CREATE UNIQUE INDEX subscriptions_one_live_key ON subscriptions (tenant_id) WHERE status IN ('trialing', 'active', 'past_due', 'paused');
CREATE INDEX subscriptions_plan_id_idx ON subscriptions (plan_id);
CREATE INDEX subscriptions_tenant_id_payment_method_id_idx ON subscriptions (tenant_id, payment_method_id);

COMMENT ON TABLE subscriptions IS 'Subscriptions of tenants; at most one is live';

-- Invoices
CREATE TABLE invoices (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  subscription_id UUID,
  number TEXT NOT NULL,
  status invoice_status NOT NULL DEFAULT 'draft',
  currency currency_code NOT NULL,
  subtotal_cents BIGINT NOT NULL DEFAULT 0,
  discount_cents BIGINT NOT NULL DEFAULT 0,
  tax_cents BIGINT NOT NULL DEFAULT 0,
  total_cents BIGINT NOT NULL GENERATED ALWAYS AS (subtotal_cents - discount_cents + tax_cents) STORED,
  period_start TIMESTAMPTZ,
  period_end TIMESTAMPTZ,
  issued_at TIMESTAMPTZ,
  due_at TIMESTAMPTZ,
  paid_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT invoices_tenant_id_id_key UNIQUE (tenant_id, id),
  CONSTRAINT invoices_tenant_id_number_key UNIQUE (tenant_id, number),
  CONSTRAINT invoices_amounts_positive CHECK (subtotal_cents >= 0 AND tax_cents >= 0),
  CONSTRAINT invoices_discount_cents_range CHECK (discount_cents BETWEEN 0 AND subtotal_cents),
  CONSTRAINT invoices_period_forward CHECK (period_end > period_start),
  CONSTRAINT invoices_payment_dated CHECK ((status = 'paid') = (paid_at IS NOT NULL)),
  FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscriptions (tenant_id, id)
);

CREATE INDEX invoices_tenant_id_subscription_id_idx ON invoices (tenant_id, subscription_id);

COMMENT ON TABLE invoices IS 'Billing records';

CREATE TABLE invoice_line_items (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  invoice_id UUID NOT NULL,
  description TEXT NOT NULL,
  quantity NUMERIC(20, 6) NOT NULL DEFAULT 1,
  unit_price_cents NUMERIC(20, 6) NOT NULL,
  amount_cents BIGINT NOT NULL GENERATED ALWAYS AS (round(quantity * unit_price_cents)::BIGINT) STORED,
  metadata JSONB NOT NULL DEFAULT '{}',
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT invoice_line_items_quantity_positive CHECK (quantity > 0),
  CONSTRAINT invoice_line_items_metadata_object CHECK (jsonb_typeof(metadata) = 'object'),
  FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoices (tenant_id, id) ON DELETE CASCADE
);

CREATE INDEX invoice_line_items_tenant_id_invoice_id_idx ON invoice_line_items (tenant_id, invoice_id);

COMMENT ON TABLE invoice_line_items IS 'Lines of an invoice; a negative unit price is a credit';

-- Payments
CREATE TABLE payment_transactions (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  invoice_id UUID,
  payment_method_id UUID,
  kind transaction_kind NOT NULL DEFAULT 'charge',
  status transaction_status NOT NULL DEFAULT 'pending',
  amount_cents BIGINT NOT NULL,
  currency currency_code NOT NULL,
  provider TEXT NOT NULL,
  provider_transaction_id TEXT,
  failure_code TEXT,
  failure_message TEXT,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  processed_at TIMESTAMPTZ,
  CONSTRAINT payment_transactions_provider_key UNIQUE (provider, provider_transaction_id),
  CONSTRAINT payment_transactions_amount_cents_positive CHECK (amount_cents > 0),
  CONSTRAINT payment_transactions_processing_dated CHECK ((status = 'pending') = (processed_at IS NULL)),
  FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoices (tenant_id, id),
  FOREIGN KEY (tenant_id, payment_method_id) REFERENCES payment_methods (tenant_id, id)
);

CREATE INDEX payment_transactions_tenant_id_invoice_id_idx ON payment_transactions (tenant_id, invoice_id);
CREATE INDEX payment_transactions_tenant_id_payment_method_id_idx ON payment_transactions (tenant_id, payment_method_id);

COMMENT ON TABLE payment_transactions IS 'Payment processing: charges, refunds, disputes';

-- Triggers
CREATE TRIGGER subscription_plans_set_updated_at BEFORE UPDATE ON subscription_plans
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER payment_methods_set_updated_at BEFORE UPDATE ON payment_methods
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER subscriptions_set_updated_at BEFORE UPDATE ON subscriptions
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER invoices_set_updated_at BEFORE UPDATE ON invoices
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER payment_transactions_set_updated_at BEFORE UPDATE ON payment_transactions
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- Row level security
-- Not forced: the owner maintains the catalogue, everybody else may only read it
ALTER TABLE subscription_plans ENABLE ROW LEVEL SECURITY;
CREATE POLICY catalogue_read ON subscription_plans FOR SELECT
  USING (true);

ALTER TABLE payment_methods ENABLE ROW LEVEL SECURITY;
ALTER TABLE payment_methods FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON payment_methods
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE subscriptions ENABLE ROW LEVEL SECURITY;
ALTER TABLE subscriptions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON subscriptions
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE invoices ENABLE ROW LEVEL SECURITY;
ALTER TABLE invoices FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON invoices
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE invoice_line_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE invoice_line_items FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON invoice_line_items
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

ALTER TABLE payment_transactions ENABLE ROW LEVEL SECURITY;
ALTER TABLE payment_transactions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON payment_transactions
  USING (tenant_id = (SELECT current_tenant_id()))
  WITH CHECK (tenant_id = (SELECT current_tenant_id()));

-- Down migration

DROP TABLE payment_transactions;
DROP TABLE invoice_line_items;
DROP TABLE invoices;
DROP TABLE subscriptions;
DROP TABLE payment_methods;
DROP TABLE subscription_plans;

DROP TYPE transaction_status;
DROP TYPE transaction_kind;
DROP TYPE payment_method_kind;
DROP TYPE invoice_status;
DROP TYPE subscription_status;
DROP TYPE billing_interval;
