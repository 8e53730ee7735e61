/** What the npm scripts of examples/penny do, one after the other, on whatever database the project has. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import type { Example } from "./example.ts";

export const pennyMigrations = [
  "001_initial_schema",
  "002_user_management",
  "003_tenant_system",
  "004_conversation_system",
  "005_artifact_system",
  "006_tool_registry",
  "007_billing_system",
  "008_monitoring_system",
  "009_webhooks_notifications",
  "010_indexes_performance",
] as const;
const last = pennyMigrations.at(-1) ?? "";

/** `target` is what every command says first. */
export function pennyScripts({ dir, npm, npmJson }: Example, target: RegExp): void {
  it("migrate:up applies all of them, in order", async () => {
    const { code, stdout, stderr } = await npm("migrate:up");
    assert.equal(code, 0, stderr);
    assert.match(stderr, target);
    assert.match(stdout, /^applied 10 migrations in /m);
    assert.deepEqual(
      [...stderr.matchAll(/^✓ (.+)$/gm)].map(([, title]) => title),
      pennyMigrations,
    );
  });

  it("migrate:down undoes the last one, and db:migrate:status says no", async () => {
    const { code, stdout, stderr } = await npm("migrate:down");
    assert.equal(code, 0, stderr);
    assert.match(stdout, new RegExp(`^undid ${last} in `, "m"));
    const status = await npm("db:migrate:status");
    assert.equal(status.code, 1);
    assert.match(status.stdout, new RegExp(`^· ${last} +pending$`, "m"));
    assert.match(status.stdout, /^9 migrations applied, 1 pending /m);
  });

  it("db:migrate applies it again, db:migrate:rollback undoes it again", async () => {
    const { code, stdout, stderr } = await npm("db:migrate");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^applied 1 migration in /m);
    const back = await npm("db:migrate:rollback");
    assert.equal(back.code, 0, back.stderr);
    assert.match(back.stdout, new RegExp(`^undid ${last} in `, "m"));
  });

  it("migrate:up -- --force accepts an edited file and goes on; migrate:status says yes", async () => {
    const path = join(dir, "migrations", "004_conversation_system.sql");
    await writeFile(path, (await readFile(path, "utf8")).replace("-- Down migration", "-- An afterthought\n\n-- Down migration"));
    const { code, stdout, stderr } = await npm("migrate:up", "--", "--force");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^applied 1 migration, accepted 1 changed file in /m);
    const { ok, result } = await npmJson("migrate:status");
    assert.equal(ok, true);
    assert.deepEqual(
      result.migrations.map(({ name, state, reversible }) => [name, state, reversible]),
      pennyMigrations.map((name) => [name, "applied", true]),
    );
  });
}
