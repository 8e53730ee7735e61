/** The server's process: is it running, start it, stop it. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, readlinkSync, realpathSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import type { Account } from "./account.ts";
import { exists, programOf } from "./process-info.ts";

export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly socketDir: string;
  /** `starting`, `ready`, `stopping`, …; undefined in the first moments. */
  readonly status: string | undefined;
  /** Epoch seconds. */
  readonly startedAt: number;
}

/** The server that runs on a data directory, whoever started it; undefined when none does. */
export function runningPostmaster(dataDir: string): Postmaster | undefined {
  const [pid, , startedAt, port, socketDir = "", , , status] = read(pidFile(dataDir))?.split("\n") ?? [];
  if (!pid || !isServerOf(Number(pid), dataDir)) return undefined;
  return { pid: Number(pid), port: Number(port), socketDir, status: status?.trim(), startedAt: Number(startedAt) };
}

/**
 * Removes a pid file that names a process of something else: PostgreSQL would believe it and refuse to start. A pid file
 * whose process is gone stays, because PostgreSQL finds by it whether backends of the dead server are still at work.
 * True when there was a pid file: the server did not end by itself.
 */
export function clearPidFile(dataDir: string): boolean {
  const [pid] = read(pidFile(dataDir))?.split("\n") ?? [];
  if (pid && exists(Number(pid)) && !isServerOf(Number(pid), dataDir)) rmSync(pidFile(dataDir), { force: true });
  return pid !== undefined;
}

function pidFile(dataDir: string): string {
  return join(dataDir, "postmaster.pid");
}

/** By its working directory, which is the data directory; where that cannot be seen, by its name. */
function isServerOf(pid: number, dataDir: string): boolean {
  if (!exists(pid)) return false;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataDir);
  } catch {
    return /postgres|postmaster/.test(programOf(pid) ?? "");
  }
}

export interface Spawned {
  readonly child: ChildProcess;
  /** Set once the process has ended, or could not be started. */
  ended(): string | undefined;
  /** What it has logged since it was started. */
  logged(): string;
}

/** English messages, whatever the user's locale: ENOSPC is told from the text of initdb, which has no sqlstate. */
const environment = { LC_ALL: "C", PATH: "/usr/local/bin:/usr/bin:/bin", TZ: "UTC" };
const logLimitBytes = 10_000_000;

/** Starts a program as the account, in its own session: it outlives us, and Ctrl-C in our terminal does not reach it. */
export function spawnServer(program: string, args: readonly string[], cwd: string, log: string, account: Account | undefined): Spawned {
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > logLimitBytes) renameSync(log, `${log}.1`);
  const output = openSync(log, "a", 0o600);
  const from = statSync(log).size;
  const identity = account && { uid: account.uid, gid: account.gid };
  const child = spawn(program, args, { cwd, env: environment, detached: true, stdio: ["ignore", output, output], ...identity });
  closeSync(output);
  let end: string | undefined;
  child.once("error", (error) => {
    end = error.message;
  });
  child.once("exit", (code, signal) => {
    end = signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`;
  });
  child.unref();
  return { child, ended: () => end, logged: () => (read(log) ?? "").slice(from) };
}

/** Fast shutdown: clients are disconnected, nothing committed is lost. False when it did not end within 30 s. */
export async function stopPostmaster({ pid }: Pick<Postmaster, "pid">, clock: Clock): Promise<boolean> {
  process.kill(pid, "SIGINT");
  for (let waited = 0; waited < 30_000; waited += 10) {
    if (!exists(pid) || programOf(pid) === undefined) return true;
    await clock.sleep(10);
  }
  return false;
}

function read(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
