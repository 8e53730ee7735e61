-- Description: generated from drizzle (6 files)
CREATE TYPE public.frequency AS ENUM ('daily', 'weekly', 'monthly');
--> statement-breakpoint
CREATE TYPE public.kyc_status AS ENUM ('not_started', 'pending', 'approved', 'rejected');
--> statement-breakpoint
CREATE TYPE public.plan_status AS ENUM ('active', 'paused', 'completed', 'cancelled');
--> statement-breakpoint
CREATE TYPE public.transaction_status AS ENUM ('pending', 'completed', 'failed', 'reversed');
--> statement-breakpoint
CREATE TYPE public.transaction_type AS ENUM ('deposit', 'withdrawal', 'savings_deposit', 'savings_withdrawal');
--> statement-breakpoint
CREATE TABLE public.permissions (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  resource text NOT NULL,
  action text NOT NULL,
  description text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT permissions_pkey PRIMARY KEY (id),
  CONSTRAINT permissions_resource_action_unique UNIQUE (resource, action)
);
--> statement-breakpoint
CREATE TABLE public.roles (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  name text NOT NULL,
  description text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT roles_name_unique UNIQUE (name),
  CONSTRAINT roles_pkey PRIMARY KEY (id)
);
--> statement-breakpoint
CREATE TABLE public.role_permissions (
  role_id uuid NOT NULL,
  permission_id uuid NOT NULL,
  CONSTRAINT role_permissions_permission_id_permissions_id_fk FOREIGN KEY (permission_id) REFERENCES public.permissions(id) ON DELETE CASCADE,
  CONSTRAINT role_permissions_role_id_permission_id_pk PRIMARY KEY (role_id, permission_id),
  CONSTRAINT role_permissions_role_id_roles_id_fk FOREIGN KEY (role_id) REFERENCES public.roles(id) ON DELETE CASCADE
);
--> statement-breakpoint
CREATE TABLE public.users (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  email text NOT NULL,
  phone text NOT NULL,
  first_name text NOT NULL,
  last_name text NOT NULL,
  kyc_tier smallint DEFAULT 0 NOT NULL,
  kyc_status public.kyc_status DEFAULT 'not_started'::public.kyc_status NOT NULL,
  is_active boolean DEFAULT true NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT users_email_unique UNIQUE (email),
  CONSTRAINT users_phone_unique UNIQUE (phone),
  CONSTRAINT users_pkey PRIMARY KEY (id)
);
--> statement-breakpoint
CREATE TABLE public.savings_plans (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  user_id uuid NOT NULL,
  name text NOT NULL,
  status public.plan_status DEFAULT 'active'::public.plan_status NOT NULL,
  frequency public.frequency NOT NULL,
  contribution_kobo bigint NOT NULL,
  target_kobo bigint NOT NULL,
  saved_kobo bigint DEFAULT 0 NOT NULL,
  start_date date NOT NULL,
  end_date date NOT NULL,
  is_automatic boolean DEFAULT false NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT savings_plans_pkey PRIMARY KEY (id),
  CONSTRAINT savings_plans_user_id_name_unique UNIQUE (user_id, name),
  CONSTRAINT savings_plans_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE RESTRICT
);
--> statement-breakpoint
CREATE TABLE public.user_roles (
  user_id uuid NOT NULL,
  role_id uuid NOT NULL,
  assigned_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT user_roles_role_id_roles_id_fk FOREIGN KEY (role_id) REFERENCES public.roles(id) ON DELETE RESTRICT,
  CONSTRAINT user_roles_user_id_role_id_pk PRIMARY KEY (user_id, role_id),
  CONSTRAINT user_roles_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE
);
--> statement-breakpoint
CREATE TABLE public.wallets (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  user_id uuid NOT NULL,
  balance_kobo bigint DEFAULT 0 NOT NULL,
  currency text DEFAULT 'NGN'::text NOT NULL,
  is_active boolean DEFAULT true NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT wallets_pkey PRIMARY KEY (id),
  CONSTRAINT wallets_user_id_unique UNIQUE (user_id),
  CONSTRAINT wallets_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE RESTRICT
);
--> statement-breakpoint
CREATE TABLE public.transactions (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  user_id uuid NOT NULL,
  wallet_id uuid NOT NULL,
  savings_plan_id uuid,
  type public.transaction_type NOT NULL,
  status public.transaction_status DEFAULT 'pending'::public.transaction_status NOT NULL,
  amount_kobo bigint NOT NULL,
  reference text NOT NULL,
  description text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  completed_at timestamp with time zone,
  CONSTRAINT transactions_amount_kobo_positive CHECK ((amount_kobo > 0)),
  CONSTRAINT transactions_pkey PRIMARY KEY (id),
  CONSTRAINT transactions_reference_unique UNIQUE (reference),
  CONSTRAINT transactions_savings_plan_id_savings_plans_id_fk FOREIGN KEY (savings_plan_id) REFERENCES public.savings_plans(id) ON DELETE RESTRICT,
  CONSTRAINT transactions_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE RESTRICT,
  CONSTRAINT transactions_wallet_id_wallets_id_fk FOREIGN KEY (wallet_id) REFERENCES public.wallets(id) ON DELETE RESTRICT
);
--> statement-breakpoint
CREATE INDEX role_permissions_permission_id_idx ON public.role_permissions USING btree (permission_id);
--> statement-breakpoint
CREATE INDEX transactions_savings_plan_id_idx ON public.transactions USING btree (savings_plan_id);
--> statement-breakpoint
CREATE INDEX transactions_user_id_idx ON public.transactions USING btree (user_id);
--> statement-breakpoint
CREATE INDEX transactions_wallet_id_idx ON public.transactions USING btree (wallet_id);
--> statement-breakpoint
CREATE INDEX user_roles_role_id_idx ON public.user_roles USING btree (role_id);
