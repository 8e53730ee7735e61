/** The server's process: is it running, stop it. */
import { existsSync, readFileSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
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
