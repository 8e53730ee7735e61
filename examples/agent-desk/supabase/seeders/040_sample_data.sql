-- An organization to look around in
-- pgsteward: category=sample environments=development,testing,demo after=030_subscription_plans

INSERT INTO users (id, email, full_name) VALUES
  ('11111111-1111-4111-8111-111111111111', 'owner@example.com', 'Анна Петрова'),
  ('22222222-2222-4222-8222-222222222222', 'member@example.com', 'Иван Смирнов')
ON CONFLICT (id) DO UPDATE SET full_name = excluded.full_name;

INSERT INTO organizations (id, name, slug, created_by) VALUES
  ('33333333-3333-4333-8333-333333333333', 'Демо', 'demo', '11111111-1111-4111-8111-111111111111')
ON CONFLICT (id) DO UPDATE SET name = excluded.name;

INSERT INTO organization_members (organization_id, user_id, role) VALUES
  ('33333333-3333-4333-8333-333333333333', '11111111-1111-4111-8111-111111111111', 'owner'),
  ('33333333-3333-4333-8333-333333333333', '22222222-2222-4222-8222-222222222222', 'member')
ON CONFLICT (organization_id, user_id) DO UPDATE SET role = excluded.role;

INSERT INTO ai_agents (organization_id, name, status, provider, model, system_prompt, created_by) VALUES
  ('33333333-3333-4333-8333-333333333333', 'Консультант', 'active', 'openai', 'gpt-sample', 'Отвечай коротко.', '11111111-1111-4111-8111-111111111111')
ON CONFLICT (organization_id, name) DO NOTHING;

INSERT INTO subscriptions (organization_id, plan_id, status, current_period_start, current_period_end)
SELECT '33333333-3333-4333-8333-333333333333', p.id, 'active', '2026-01-01', '2027-01-01' FROM subscription_plans p WHERE p.code = 'pro'
ON CONFLICT DO NOTHING;
