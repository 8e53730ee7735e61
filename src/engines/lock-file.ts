/**
 * A lock between processes on one directory that nobody ever has to remove by hand.
 *
 * The lock is a directory of numbered files. Whoever created the highest number holds it, unless that file is empty
 * (released) or its process is gone. Numbers only grow, so that of two who find the holder dead one gets the next
 * number and the other EEXIST. Removing a stale file and creating it again, the usual way, lets both in: the second
 * removes the first one's new lock.
 */
import {
  constants,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { isRunning, ownProcess, type ProcessId } from "./process-info.ts";

/** Who holds a lock. */
export interface Holder extends ProcessId {
  /** Machine, boot and pid namespace: only within one of these does a pid say anything. */
  readonly host: string;
  readonly command: string;
  /** ISO time. */
  readonly since: string;
}

export interface FileLock {
  readonly held: true;
  release(): void;
}

/** A holder of another host is believed as long as it touches its file; it does so every 10 s. */
const foreignSilenceMs = 60_000;
const heartbeatMs = 10_000;
/** Lower numbers are kept for a while, for those who are reading the directory. */
const keptNumbers = 3;

/** Takes the lock, or says who has it. `now` in ms since the epoch. */
export function tryLock(directory: string, now: number): FileLock | Holder {
  mkdirSync(directory, { recursive: true });
  const draft = join(directory, `draft-${process.pid}-${Math.floor(performance.now() * 1000)}`);
  writeFileSync(draft, JSON.stringify(selfAsHolder(now)));
  try {
    for (;;) {
      const top = highest(directory);
      const holder = holderOf(join(directory, String(top)));
      if (holder && isAlive(holder, join(directory, String(top)), draft)) return holder;
      const mine = join(directory, String(top + 1));
      if (!create(draft, mine)) continue;
      if (highest(directory) === top + 1) return hold(directory, mine, top + 1);
      unlinkSync(mine);
    }
  } finally {
    unlinkSync(draft);
  }
}

function hold(directory: string, file: string, number: number): FileLock {
  sweep(directory, number);
  const heartbeat = setInterval(() => touch(file), heartbeatMs).unref();
  return {
    held: true,
    release: () => {
      clearInterval(heartbeat);
      // Emptied, not removed: the number must not come back. Works on a full disk, too.
      ignoringErrors(() => truncateSync(file, 0));
    },
  };
}

/** "process 123 (node app.js) since 2026-11-20T10:00:00Z" */
export function describeHolder({ pid, command, since, host }: Holder): string {
  const place = host === hostKey() ? "" : ` on ${host.split("/")[0] ?? ""}`;
  return `${pid === process.pid ? "this process" : `process ${pid}`}${place} (${command}) since ${since}`;
}

function selfAsHolder(now: number): Holder {
  const command = process.argv.slice(0, 4).join(" ");
  return { ...ownProcess(), host: hostKey(), command, since: new Date(now).toISOString() };
}

function hostKey(): string {
  if (process.platform !== "linux") return hostname();
  const boot = ignoringErrors(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()) ?? "";
  return `${hostname()}/${boot}/${ignoringErrors(() => readlinkSync("/proc/self/ns/pid")) ?? ""}`;
}

function isAlive(holder: Holder, file: string, draft: string): boolean {
  if (holder.host === hostKey()) return isRunning(holder);
  // Both times come from the clock of the file system.
  const silence = ignoringErrors(() => statSync(draft).mtimeMs - statSync(file).mtimeMs) ?? 0;
  return silence < foreignSilenceMs;
}

/** False when somebody else was first. With content from the first moment on, where the file system has hard links. */
function create(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "ENOSYS") throw error;
  }
  try {
    copyFileSync(draft, file, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function highest(directory: string): number {
  return Math.max(0, ...readdirSync(directory).map(Number).filter(Number.isInteger));
}

function holderOf(file: string): Holder | undefined {
  return ignoringErrors(() => JSON.parse(readFileSync(file, "utf8")) as Holder);
}

function sweep(directory: string, number: number): void {
  for (const name of readdirSync(directory)) {
    if (Number(name) <= number - keptNumbers) ignoringErrors(() => unlinkSync(join(directory, name)));
    if (name.startsWith("draft-") && !isFresh(join(directory, name))) ignoringErrors(() => unlinkSync(join(directory, name)));
  }
}

function isFresh(file: string): boolean {
  const own = performance.timeOrigin + performance.now();
  return own - (ignoringErrors(() => statSync(file).mtimeMs) ?? own) < foreignSilenceMs;
}

function touch(file: string): void {
  const now = (performance.timeOrigin + performance.now()) / 1000;
  ignoringErrors(() => utimesSync(file, now, now));
}

function ignoringErrors<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
