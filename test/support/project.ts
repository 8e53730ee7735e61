/** A throw-away project directory with its configuration. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type Config, type ConfigInput, resolveConfig } from "../../src/core/config.ts";
import { watcherOf } from "../../src/engines/idle.ts";
import { nativeStatus, stopNative } from "../../src/engines/native.ts";
import { exists } from "../../src/engines/process-info.ts";

/**
 * Made in a directory that every account can pass through; after the test its server, if one was started, is stopped and
 * everything removed. `env` adds PGSTEWARD_… variables.
 */
export function testProject(t: TestContext, input: ConfigInput = {}, env: Record<string, string> = {}): Config {
  const root = mkdtempSync(join(tmpdir(), "pgsteward-project-"));
  chmodSync(root, 0o755);
  const config = projectConfig(root, input, env);
  t.after(async () => {
    await stopProject(config);
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  });
  return config;
}

/** TEST_POSTGRES_BIN: the directory of another version's `initdb` and `postgres`. Default: those that a project would take. */
export const postgresBin: string | undefined = process.env["TEST_POSTGRES_BIN"];

/** The configuration of a project in `root`. No watcher runs beside its servers: a test stops them itself. */
export function projectConfig(root: string, input: ConfigInput = {}, env: Record<string, string> = {}): Config {
  const binaries = postgresBin === undefined ? {} : { PGSTEWARD_POSTGRES_BIN: postgresBin };
  return resolveConfig({ idleTimeout: 0, ...input }, undefined, { cwd: root, env: { ...binaries, ...env } });
}

/** Stops the project's server and its watcher, and waits until both are gone. */
export async function stopProject(config: Config): Promise<void> {
  if (config.postgresUser !== undefined) return;
  const watcher = watcherOf(nativeStatus(config).dir);
  await stopNative(config);
  if (watcher) await until(() => !exists(watcher.pid));
}

/** Polls; the test's own time limit is the only one. */
export async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 20));
}
