/** Makes and starts the embedded server, one starter at a time. */
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { failure } from "../core/errors.ts";
import { type Binaries, findBinaries } from "./binaries.ts";
import { checkDataVersion, createCluster, reachableBinaries, serverFailure } from "./cluster.ts";
import { engineErrors } from "./errors.ts";
import { describeHolder, type FileLock, tryLock } from "./lock-file.ts";
import { attach, connect, isPassing, type NativeEngine, type NativeOptions } from "./native.ts";
import { makeSocketDir, type NativePlace, preparePlace } from "./native-place.ts";
import { clearPidFile, runningPostmaster } from "./postmaster.ts";
import { type Spawned, spawnServer } from "./spawn-server.ts";

const silent = (): void => {};

/** Starts the server, or attaches to the one that another process was starting meanwhile. */
export async function startNative(place: NativePlace, options: NativeOptions, clock: Clock): Promise<NativeEngine> {
  const { config, events = silent } = options;
  const binaries = findBinaries({ ...config, ...(options.resolveFrom && { resolveFrom: options.resolveFrom }) });
  preparePlace(place, events);
  const lock = await lockOrServer(place, options, clock);
  if (!("held" in lock)) return lock;
  try {
    return (await attach(place, options, clock)) ?? (await start(place, reachableBinaries(binaries, place), options, clock));
  } finally {
    lock.release();
  }
}

async function lockOrServer(place: NativePlace, options: NativeOptions, clock: Clock): Promise<FileLock | NativeEngine> {
  const { events = silent, waitMs = 60_000 } = options;
  for (let waited = 0; ; waited += 20) {
    const lock = tryLock(place.lockDir, clock.now());
    if ("held" in lock) return lock;
    const server = runningPostmaster(place.dataDir)?.status === "ready" ? await attach(place, options, clock) : undefined;
    if (server) return server;
    const holder = describeHolder(lock);
    if (waited > waitMs) throw failure(engineErrors, "ENGINE_BUSY", { location: place.dir, holder });
    if (waited === 1_000) events({ type: "wait", message: `waiting for ${holder}, which is starting the embedded server` });
    await clock.sleep(20);
  }
}

async function start(place: NativePlace, binaries: Binaries, options: NativeOptions, clock: Clock): Promise<NativeEngine> {
  const { config, events = silent } = options;
  if (!existsSync(join(place.dataDir, "PG_VERSION"))) {
    events({ type: "note", level: "info", message: `creating the embedded database server in ${place.dir}` });
    await createCluster(place, binaries);
  }
  checkDataVersion(place.dataDir, binaries);
  const tcp = config.port > 0;
  writeAtomically(join(place.dir, "server.json"), JSON.stringify({ ...binaries, tcp }));
  return startAgain(place, binaries, options, clock);
}

/** After a kill -9 the dead server's last backends refuse the new one for a moment, until they notice. */
async function startAgain(place: NativePlace, binaries: Binaries, options: NativeOptions, clock: Clock): Promise<NativeEngine> {
  for (let tries = 1; ; tries++) {
    const crashed = clearPidFile(place.dataDir);
    const args = serverArguments(place.dataDir, makeSocketDir(place), options.config.port, options.settings);
    const server = spawnServer(join(binaries.binDir, "postgres"), args, place.dir, place.log, place.account);
    try {
      return await ready(server, place, options, clock);
    } catch (error) {
      if (!crashed || server.ended() === undefined || tries === 5) throw error;
      await clock.sleep(200 * tries);
    }
  }
}

function serverArguments(dataDir: string, socketDir: string, port: number, settings: NativeOptions["settings"] = {}): string[] {
  const all = {
    listen_addresses: port > 0 ? "127.0.0.1" : "",
    unix_socket_directories: socketDir,
    unix_socket_permissions: "0700",
    port: String(port > 0 ? port : 5432),
    ...settings,
  };
  return ["-D", dataDir, ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}

/** Ready is what can be connected to; the log's wording and the pid file's status are no promise. */
async function ready(server: Spawned, place: NativePlace, options: NativeOptions, clock: Clock): Promise<NativeEngine> {
  for (let waited = 0; ; waited += 5) {
    const problem = server.ended();
    if (problem !== undefined) throw serverFailure(problem, server.logged(), place.dir);
    const postmaster = runningPostmaster(place.dataDir);
    try {
      if (postmaster?.status === "ready") return await connect(postmaster, place, options);
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
    if (waited === 5_000) options.events?.({ type: "wait", message: "waiting for the embedded server to recover from a crash" });
    await clock.sleep(5);
  }
}

function writeAtomically(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
