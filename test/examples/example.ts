/** The example projects, each as a copy that is run by its own npm scripts and thrown away. */
import { spawn } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after } from "node:test";
import { type Config, loadConfig } from "../../src/core/config.ts";
import { nativeStatus, stopNative } from "../../src/engines/native.ts";
import { watcherOf } from "../../src/engines/idle.ts";
import { exists } from "../../src/engines/process-info.ts";
import { createSteward, type Steward } from "../../src/steward.ts";
import { bin, type CliResult, finished, plainEnv } from "../support/cli-run.ts";
import { root } from "../support/migrate-server.ts";
import { until } from "../support/project.ts";
import { testCacheDir } from "../support/testDatabase.ts";

export interface Example {
  readonly dir: string;
  /** `npm run <script> …`, with a shell's environment, `npm install` done and no terminal. */
  readonly npm: (script: string, ...args: readonly string[]) => Promise<CliResult>;
  /** `node …` in the project. */
  readonly node: (...args: readonly string[]) => Promise<CliResult>;
  /** The document that the script prints when it is given `--json`. */
  readonly npmJson: (script: string, ...args: readonly string[]) => Promise<Answer>;
  /** The project through the library; the caller closes it. */
  steward(): Promise<Steward>;
  /** The same project and server with other variables in the shell. */
  with(variables: Readonly<Record<string, string>>): Example;
}

/** As much of the envelope as the tests look at. */
export interface Answer {
  readonly ok: boolean;
  readonly target: { readonly engine: string; readonly database: string; readonly environment: string };
  readonly result: {
    readonly applied: number;
    readonly pending: number;
    readonly migrations: readonly { readonly name: string; readonly state: string; readonly reversible: boolean }[];
  };
}

/** Removed at the end of the file, with the server that it may have started. `url` is its DATABASE_URL. */
export function example(name: "penny" | "agent-desk" | "av-daily", url?: string): Example {
  const base = mkdtempSync(join(tmpdir(), "pgsteward-example-"));
  // The account that runs the embedded server for root has to get through.
  chmodSync(base, 0o755);
  const dir = join(base, name);
  cpSync(join(root, "examples", name), dir, { recursive: true, filter: (path) => !/\/(?:node_modules|\.pgsteward)$/.test(path) });
  install(dir);
  // One template of PGlite for all tests of this machine.
  mkdirSync(testCacheDir, { recursive: true });
  mkdirSync(join(base, "cache"));
  symlinkSync(testCacheDir, join(base, "cache", "pgsteward"));
  const env = plainEnv({
    PATH: [join(dir, "node_modules", ".bin"), dirname(process.execPath), process.env["PATH"]].join(delimiter),
    HOME: base,
    XDG_CACHE_HOME: join(base, "cache"),
    PGSTEWARD_STATE_DIR: join(base, "state"),
    DATABASE_URL: url,
    npm_config_cache: join(base, "npm"),
    npm_config_update_notifier: "false",
  });
  after(async () => {
    await stop(await loadConfig({ cwd: dir, env }));
    rmSync(base, { recursive: true, force: true, maxRetries: 5 });
  });
  return exampleIn(dir, env);
}

function exampleIn(dir: string, env: Readonly<Record<string, string>>): Example {
  const npm = (...args: readonly string[]): Promise<CliResult> => finished(spawn("npm", ["run", ...args], { cwd: dir, env }));
  return {
    dir,
    npm,
    node: (...args) => finished(spawn(process.execPath, args, { cwd: dir, env })),
    npmJson: async (script, ...args) => JSON.parse((await npm("--silent", script, "--", "--json", ...args)).stdout) as Answer,
    steward: () => createSteward({ cwd: dir, env }),
    with: (variables) => exampleIn(dir, { ...env, ...variables }),
  };
}

/** What `npm install` leaves in a directory; the packages are this repository's. */
function install(dir: string): void {
  const modules = join(dir, "node_modules");
  mkdirSync(join(modules, ".bin"), { recursive: true });
  const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(join(dir, "package.json"), "utf8")) as Manifest;
  for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
    symlinkSync(name === "pgsteward" ? dirname(dirname(bin)) : join(root, "node_modules", name), join(modules, name));
  }
  symlinkSync("../pgsteward/bin/pgsteward.js", join(modules, ".bin", "pgsteward"));
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

async function stop(config: Config): Promise<void> {
  if (!existsSync(config.stateDir) || config.url !== undefined) return;
  const watcher = watcherOf(nativeStatus(config).dir);
  await stopNative(config);
  if (watcher) await until(() => !exists(watcher.pid));
}
