DROP TABLE public.user_analytics;
