/** Starts the server's process, with its log in a file. */
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import type { Account } from "./account.ts";

export interface Spawned {
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
  return { ended: () => end, logged: () => readFileSync(log, "utf8").slice(from) };
}
