/** Idle shutdown: a small process beside the server that stops it when nobody has used it for a while. */
import { readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isRunning, type ProcessId, startOf } from "./process-info.ts";

export interface WatchOptions {
  /** How often the watcher looks, in ms. Default 30,000. */
  readonly watchIntervalMs?: number | undefined;
}

/** Notes that somebody is about to use the server. Does nothing before the place exists. */
export function markUsed(dir: string): void {
  const path = join(dir, "used");
  try {
    writeFileSync(path, "", { flag: "a" });
    const now = (performance.timeOrigin + performance.now()) / 1000;
    utimesSync(path, now, now);
  } catch {
    // The first start has not made the place yet; or the disk is full, which whoever writes next will say.
  }
}

/** Epoch ms of the last use. */
export function lastUsed(dir: string): number {
  return statSync(join(dir, "used"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Starts a watcher unless one is at work; `idleTimeoutMs` 0 means none. Without a watcher the server simply keeps running. */
export function watchIdle(dir: string, idleTimeoutMs: number, { watchIntervalMs = 30_000 }: WatchOptions): void {
  if (idleTimeoutMs === 0 || watcherOf(dir)) return;
  const script = fileURLToPath(new URL(`./idle-watch.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url));
  const argument = JSON.stringify({ dir, idleTimeoutMs, watchIntervalMs });
  const { spawn } = process.getBuiltinModule("node:child_process");
  const child = spawn(process.execPath, [script, argument], { cwd: "/", detached: true, stdio: "ignore", env: {} });
  child.once("error", () => {});
  child.unref();
  if (child.pid === undefined) return;
  const record: ProcessId = { pid: child.pid, start: startOf(child.pid) ?? "" };
  writeFileSync(join(dir, "watcher.json"), JSON.stringify(record));
}

/** The watcher at work, if there is one. */
export function watcherOf(dir: string): ProcessId | undefined {
  try {
    const record = JSON.parse(readFileSync(join(dir, "watcher.json"), "utf8")) as ProcessId;
    return isRunning(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

export function stopWatcher(dir: string): void {
  const watcher = watcherOf(dir);
  if (watcher) process.kill(watcher.pid, "SIGTERM");
}
