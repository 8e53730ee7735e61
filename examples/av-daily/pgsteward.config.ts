import { defineConfig } from "pgsteward";

export default defineConfig({
  migrate: { dir: "src/migrations" },
  seed: { dir: "src/seeders" },
  check: { dir: "checks" },
});
