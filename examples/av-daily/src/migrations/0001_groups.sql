-- Description: generated from drizzle (7 files)
CREATE TYPE public.group_role AS ENUM ('admin', 'member');
--> statement-breakpoint
CREATE TYPE public.group_status AS ENUM ('forming', 'active', 'completed');
--> statement-breakpoint
ALTER TYPE public.transaction_type ADD VALUE 'group_contribution' AFTER 'savings_withdrawal';
--> statement-breakpoint
ALTER TYPE public.transaction_type ADD VALUE 'group_payout' AFTER 'group_contribution';
--> statement-breakpoint
CREATE TABLE public.groups (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  code text NOT NULL,
  name text NOT NULL,
  owner_id uuid NOT NULL,
  status public.group_status DEFAULT 'forming'::public.group_status NOT NULL,
  frequency public.frequency NOT NULL,
  contribution_kobo bigint NOT NULL,
  start_date date NOT NULL,
  member_count integer DEFAULT 0 NOT NULL,
  contributed_kobo bigint DEFAULT 0 NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT groups_code_unique UNIQUE (code),
  CONSTRAINT groups_owner_id_users_id_fk FOREIGN KEY (owner_id) REFERENCES public.users(id) ON DELETE RESTRICT,
  CONSTRAINT groups_pkey PRIMARY KEY (id)
);
--> statement-breakpoint
CREATE TABLE public.group_members (
  group_id uuid NOT NULL,
  user_id uuid NOT NULL,
  role public.group_role DEFAULT 'member'::public.group_role NOT NULL,
  contributed_kobo bigint DEFAULT 0 NOT NULL,
  joined_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT group_members_group_id_groups_id_fk FOREIGN KEY (group_id) REFERENCES public.groups(id) ON DELETE RESTRICT,
  CONSTRAINT group_members_group_id_user_id_pk PRIMARY KEY (group_id, user_id),
  CONSTRAINT group_members_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE RESTRICT
);
--> statement-breakpoint
CREATE TABLE public.contributions (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  group_id uuid NOT NULL,
  user_id uuid NOT NULL,
  transaction_id uuid NOT NULL,
  amount_kobo bigint NOT NULL,
  contributed_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT contributions_amount_kobo_positive CHECK ((amount_kobo > 0)),
  CONSTRAINT contributions_member_fk FOREIGN KEY (group_id, user_id) REFERENCES public.group_members(group_id, user_id) ON DELETE RESTRICT,
  CONSTRAINT contributions_pkey PRIMARY KEY (id),
  CONSTRAINT contributions_transaction_id_transactions_id_fk FOREIGN KEY (transaction_id) REFERENCES public.transactions(id) ON DELETE RESTRICT,
  CONSTRAINT contributions_transaction_id_unique UNIQUE (transaction_id)
);
--> statement-breakpoint
CREATE INDEX contributions_group_id_user_id_idx ON public.contributions USING btree (group_id, user_id);
--> statement-breakpoint
CREATE INDEX group_members_user_id_idx ON public.group_members USING btree (user_id);
--> statement-breakpoint
CREATE INDEX groups_owner_id_idx ON public.groups USING btree (owner_id);
