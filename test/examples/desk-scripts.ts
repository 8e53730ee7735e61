/** What the npm scripts of examples/agent-desk do, one after the other, on whatever database the project has. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import type { Example } from "./example.ts";

/** In the order that supabase/migrations/order records: their names have no number. */
export const deskMigrations = [
  "users_and_organizations",
  "ai_agents",
  "knowledge_base",
  "crm_connections",
  "analytics",
  "billing",
  "job_status",
  "email_templates",
  "add_user_preferences",
] as const;

/** `target` is what every command says first. */
export function deskScripts({ dir, npm, npmJson }: Example, target: RegExp): void {
  it("db:migrate applies all of them, in the recorded order", async () => {
    const order = join(dir, "supabase/migrations/order");
    const before = await readFile(order, "utf8");
    const { code, stdout, stderr } = await npm("db:migrate");
    assert.equal(code, 0, stderr);
    assert.match(stderr, target);
    assert.match(stdout, /^applied 9 migrations in /m);
    assert.deepEqual(
      [...stderr.matchAll(/^✓ (.+)$/gm)].map(([, title]) => title),
      ["prelude", ...deskMigrations],
    );
    assert.equal(await readFile(order, "utf8"), before);
  });

  it("db:migrate:status says yes, and that each can be undone", async () => {
    const { ok, result } = await npmJson("db:migrate:status");
    assert.equal(ok, true);
    assert.deepEqual(
      result.migrations.map(({ name, state, reversible }) => [name, state, reversible]),
      deskMigrations.map((name) => [name, "applied", true]),
    );
  });

  it("db:migrate rollback <version> undoes it and what came after it", async () => {
    const { code, stdout, stderr } = await npm("db:migrate", "rollback", "billing");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^undid add_user_preferences, email_templates, job_status, billing in /m);
    const status = await npm("db:migrate:status");
    assert.equal(status.code, 1);
    assert.match(status.stdout, /^5 migrations applied, 4 pending /m);
  });

  it("db:migrate rollback of a version that there is not names those that there are", async () => {
    const { code, stderr } = await npm("db:migrate", "rollback", "biling");
    assert.equal(code, 2);
    assert.match(stderr, /biling/);
    assert.match(stderr, /billing/);
  });

  it("db:migrate goes on from there, and db:migrate rollback undoes everything", async () => {
    const { code, stdout, stderr } = await npm("db:migrate");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^applied 4 migrations in /m);
    const back = await npm("db:migrate", "rollback", "users_and_organizations");
    assert.equal(back.code, 0, back.stderr);
    assert.match(back.stdout, new RegExp(`^undid ${deskMigrations.toReversed().join(", ")} in `, "m"));
  });
}
