/** A directory for one run, with pgsteward installed in it as a user would have it: from the tarball that npm makes. */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Program } from "./measure.ts";

export const checkout: string = fileURLToPath(new URL("../..", import.meta.url));
export const programs: string = fileURLToPath(new URL("../programs", import.meta.url));

export interface Workspace extends Disposable {
  readonly dir: string;
  /** A directory in it, made where it is not there; without a name a fresh one. */
  make(name?: string): string;
}

export function openWorkspace(): Workspace {
  const dir = mkdtempSync(join(tmpdir(), "pgsteward-bench-"));
  // As root the embedded server runs under another account, which has to get through.
  chmodSync(dir, 0o755);
  let made = 0;
  return {
    dir,
    make(name = `folder-${++made}`) {
      const path = join(dir, name);
      mkdirSync(path, { recursive: true });
      return path;
    },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** A project with pgsteward in its node_modules. */
export interface Project {
  readonly dir: string;
  /** `pgsteward …` in this project. */
  pgsteward(args: readonly string[], env?: Readonly<Record<string, string>>): Program;
  /** One of bench/programs, run from within the project. */
  program(name: string, args?: readonly string[], env?: Readonly<Record<string, string>>): Program;
}

/** Packs the checkout and unpacks it into a new project; its dependencies are links to the checkout's. Packs what is in dist/. */
export function installedProject(workspace: Workspace, name = "project"): Project {
  const dir = workspace.make(name);
  const modules = workspace.make(join(name, "node_modules"));
  const [{ filename }] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--silent", "--pack-destination", workspace.dir], {
      cwd: checkout,
      encoding: "utf8",
      shell: process.platform === "win32",
    }),
  ) as [{ filename: string }];
  execFileSync("tar", ["-xzf", join(workspace.dir, filename), "-C", modules]);
  cpSync(join(modules, "package"), join(modules, "pgsteward"), { recursive: true });
  rmSync(join(modules, "package"), { recursive: true });
  linkDependencies(modules);
  writeFileSync(join(dir, "package.json"), '{ "name": "bench", "private": true, "type": "module" }\n');
  const config = 'import { defineConfig } from "pgsteward";\n\nexport default defineConfig({ migrate: { dir: "migrations" } });\n';
  writeFileSync(join(dir, "pgsteward.config.ts"), config);
  cpSync(programs, join(dir, "programs"), { recursive: true });
  // Node keeps its compile cache in the temporary directory: this run's own, which starts cold and is warmed by a first run.
  const own = { TMPDIR: workspace.make("tmp"), TEMP: workspace.make("tmp") };
  return {
    dir,
    pgsteward: (args, env) => node(dir, join(modules, "pgsteward/bin/pgsteward.js"), args, { ...own, ...env }),
    program: (program, args = [], env = {}) => node(dir, join(dir, "programs", program), args, { ...own, ...env }),
  };
}

function node(cwd: string, file: string, args: readonly string[], env: Readonly<Record<string, string>>): Program {
  return { program: "node", args: [file, ...args], cwd, env };
}

function linkDependencies(modules: string): void {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
    peerDependencies: Record<string, string>;
  };
  for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(checkout, "node_modules", name), join(modules, name), "junction");
  }
}
