/** `.env` of the working directory and of the project around it; what is set already wins, and the nearer file over the farther. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { cli } from "../support/cli-run.ts";
import { temporary, writeFiles } from "../support/migrate-project.ts";

async function databaseSeen(cwd: string, env: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const { stdout } = await cli(["db", "url", "--json"], { cwd, env });
  return (JSON.parse(stdout) as { target: { database: string } }).target.database;
}

test("a command in a folder of the project reads the project's .env", async (t) => {
  const dir = await temporary(t);
  await writeFiles(dir, {
    "package.json": "{}",
    "pgsteward.config.ts": "export default {};",
    ".env": "DATABASE_URL=postgres://localhost:1/of_project",
    "src/.env": "OTHER=1",
    "near/.env": "DATABASE_URL=postgres://localhost:1/of_folder",
  });
  assert.equal(await databaseSeen(join(dir, "src")), "of_project");
  assert.equal(await databaseSeen(join(dir, "near")), "of_folder");
  assert.equal(await databaseSeen(join(dir, "src"), { DATABASE_URL: "postgres://localhost:1/of_shell" }), "of_shell");
});
