DROP TABLE public.contributions;
DROP TABLE public.group_members;
DROP TABLE public.groups;
-- lossy: it fails while a row has 'group_payout'
ALTER TYPE public.transaction_type RENAME TO "transaction_type__with_more_values";
CREATE TYPE public.transaction_type AS ENUM ('deposit', 'withdrawal', 'savings_deposit', 'savings_withdrawal', 'group_contribution');
ALTER TABLE public.transactions ALTER COLUMN type TYPE public.transaction_type USING type::text::public.transaction_type;
DROP TYPE public."transaction_type__with_more_values";
-- lossy: it fails while a row has 'group_contribution'
ALTER TYPE public.transaction_type RENAME TO "transaction_type__with_more_values";
CREATE TYPE public.transaction_type AS ENUM ('deposit', 'withdrawal', 'savings_deposit', 'savings_withdrawal');
ALTER TABLE public.transactions ALTER COLUMN type TYPE public.transaction_type USING type::text::public.transaction_type;
DROP TYPE public."transaction_type__with_more_values";
DROP TYPE public.group_status;
DROP TYPE public.group_role;
