/** Is the process that wrote a pid down still the one that has it? Pids are reused, the start time tells. */
import { readFileSync } from "node:fs";

export interface ProcessId {
  readonly pid: number;
  /** When it started, in the words of the platform; compared, never read. */
  readonly start: string;
}

export function ownProcess(): ProcessId {
  return { pid: process.pid, start: startOf(process.pid) ?? "" };
}

/** Start time of a process, or undefined when there is none with this pid. */
export function startOf(pid: number): string | undefined {
  if (process.platform === "linux") return statOf(pid)?.start;
  if (process.platform === "win32") return exists(pid) ? "" : undefined;
  return ps(pid, "lstart") || undefined;
}

/** The program's name, to tell a postmaster from whatever else got its pid. */
export function programOf(pid: number): string | undefined {
  return process.platform === "linux" ? statOf(pid)?.program : ps(pid, "comm") || undefined;
}

export function isRunning({ pid, start }: ProcessId): boolean {
  if (!exists(pid)) return false;
  const actual = startOf(pid);
  // Where /proc hides other people's processes there is only the pid to go by.
  return actual === undefined || actual === start;
}

/** True also for a process of somebody else. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function statOf(pid: number): { program: string; start: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const close = text.lastIndexOf(")");
    const fields = text.slice(close + 2).split(" ");
    // A zombie is dead; only its parent has not looked yet.
    return fields[0] === "Z" ? undefined : { program: text.slice(text.indexOf("(") + 1, close), start: fields[19] ?? "" };
  } catch {
    return undefined;
  }
}

function ps(pid: number, column: string): string {
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  return spawnSync("ps", ["-o", `${column}=`, "-p", String(pid)], { encoding: "utf8" }).stdout?.trim() ?? "";
}
