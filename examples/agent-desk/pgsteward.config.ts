import { defineConfig } from "pgsteward";

export default defineConfig({
  migrate: { dir: "supabase/migrations", prelude: "supabase/prelude.sql" },
});
