/** The watcher's program: `node idle-watch.js '{"dir": …}'`. Its end, by whatever cause, harms nobody: the next attach starts another. */
import { join } from "node:path";
import { systemClock } from "../core/clock.ts";
import { lastUsed } from "./idle.ts";
import { runningPostmaster } from "./postmaster.ts";
import { openSession } from "./session.ts";

interface Task {
  readonly dir: string;
  readonly idleTimeoutMs: number;
  readonly watchIntervalMs: number;
}

await watch(JSON.parse(process.argv[2] ?? "{}") as Task);

async function watch({ dir, idleTimeoutMs, watchIntervalMs }: Task): Promise<void> {
  const dataDir = join(dir, "data");
  const watched = runningPostmaster(dataDir)?.pid;
  let lastBusy = systemClock.now();
  for (;;) {
    await systemClock.sleep(watchIntervalMs);
    const postmaster = runningPostmaster(dataDir);
    if (!postmaster || postmaster.pid !== watched) return;
    if (await hasClients(postmaster)) lastBusy = systemClock.now();
    // No await between this look and the signal: whoever marks its use later cannot have connected before the signal.
    if (systemClock.now() - Math.max(lastBusy, lastUsed(dir)) >= idleTimeoutMs) return void process.kill(postmaster.pid, "SIGINT");
  }
}

/** In case of doubt yes: a server too busy to answer is not idle. */
async function hasClients({ socketDir, port }: { socketDir: string; port: number }): Promise<boolean> {
  try {
    const url = `postgres://postgres@localhost:${port}/postgres?host=${encodeURIComponent(socketDir)}`;
    const session = await openSession({ url, room: "idle-watch" });
    const { rows } = await session.query<{ busy: boolean }>(
      "select exists (select from pg_catalog.pg_stat_activity where backend_type in ('client backend', 'walsender') and pid <> pg_catalog.pg_backend_pid()) as busy",
    );
    await session.close();
    return rows[0]?.busy ?? true;
  } catch {
    return true;
  }
}
