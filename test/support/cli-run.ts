/** The command line as a child process, from dist. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { Project } from "./migrate-project.ts";
import { root } from "./migrate-server.ts";

/** PGSTEWARD_TEST_BIN names another build, for work on the tests while dist changes. */
export const bin: string = process.env["PGSTEWARD_TEST_BIN"] ?? join(root, "bin", "pgsteward.js");

export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd: string;
  /** The whole environment beside PATH, HOME and what a shell brings. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
}

/** A shell's environment without anything that configures a database. */
export function plainEnv(more: CliOptions["env"] = {}): Record<string, string> {
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], TMPDIR: process.env["TMPDIR"], USER: "tester", ...more };
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

export function startCli(args: readonly string[], { cwd, env }: CliOptions): ChildProcess {
  return spawn(process.execPath, [bin, ...args], { cwd, env: plainEnv(env), stdio: ["pipe", "pipe", "pipe"] });
}

export async function cli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  return finished(startCli(args, options), options.stdin);
}

/** The command line on a project's database, by DATABASE_URL. */
export function cliOn(project: Project, ...args: readonly string[]): Promise<CliResult> {
  return cli(args, { cwd: project.dir, env: { DATABASE_URL: project.url } });
}

/** What a child says until it ends. */
export function finished(child: ChildProcess, stdin = ""): Promise<CliResult> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin?.on("error", () => undefined).end(stdin);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
