DROP INDEX public.transactions_user_id_created_at_idx;
DROP INDEX public.transactions_pending_idx;
DROP INDEX public.savings_plans_active_end_date_idx;
DROP INDEX public.contributions_user_id_contributed_at_idx;
CREATE INDEX transactions_user_id_idx ON public.transactions USING btree (user_id);
