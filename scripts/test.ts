/**
 * Runs the tests: all of them, or those whose path contains one of the words given (`npm test -- migrate`, a room's
 * inner loop). Two files at a time: each may hold a PostgreSQL server, and the smallest machines have two cores.
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";

const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const flags = process.argv.slice(2).filter((word) => word.startsWith("--"));
const files = globSync("test/**/*.test.ts")
  .sort()
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
if (files.length === 0) {
  console.error(`no test file contains ${words.join(" or ")}`);
  process.exit(2);
}
const env = { ...process.env, NODE_ENV: "test", NODE_OPTIONS: "" };
delete (env as Record<string, string>)["DATABASE_URL"];
const { status } = spawnSync(process.execPath, ["--test", "--test-concurrency=2", "--test-timeout=180000", ...flags, ...files], {
  stdio: "inherit",
  env,
});
process.exit(status ?? 1);
