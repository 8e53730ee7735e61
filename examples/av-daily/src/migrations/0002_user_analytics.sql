-- Description: generated from drizzle (8 files)
CREATE TABLE public.user_analytics (
  user_id uuid NOT NULL,
  total_saved_kobo bigint DEFAULT 0 NOT NULL,
  total_contributed_kobo bigint DEFAULT 0 NOT NULL,
  transaction_count integer DEFAULT 0 NOT NULL,
  savings_streak_days integer DEFAULT 0 NOT NULL,
  last_active_at timestamp with time zone,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT user_analytics_pkey PRIMARY KEY (user_id),
  CONSTRAINT user_analytics_user_id_users_id_fk FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE
);
