-- Description: generated from drizzle (8 files)
CREATE INDEX CONCURRENTLY contributions_user_id_contributed_at_idx ON public.contributions USING btree (user_id, contributed_at);
--> statement-breakpoint
CREATE INDEX CONCURRENTLY savings_plans_active_end_date_idx ON public.savings_plans USING btree (end_date) WHERE (status = 'active'::public.plan_status);
--> statement-breakpoint
CREATE INDEX CONCURRENTLY transactions_pending_idx ON public.transactions USING btree (created_at) WHERE (status = 'pending'::public.transaction_status);
--> statement-breakpoint
CREATE INDEX CONCURRENTLY transactions_user_id_created_at_idx ON public.transactions USING btree (user_id, created_at);
--> statement-breakpoint
DROP INDEX CONCURRENTLY public.transactions_user_id_idx;