import { defineConfig } from "pgsteward";

export default defineConfig({
  migrate: { dir: "migrations" },
});
