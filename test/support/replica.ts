/** A primary and its streaming replica: two native servers of the test's own. */
import { spawnSync } from "node:child_process";
import { appendFileSync, chownSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Session } from "../../src/core/engine.ts";
import { nativePlace, preparePlace } from "../../src/engines/native-place.ts";
import { nativeStatus, openNative, stopNative } from "../../src/engines/native.ts";
import { testProject, until } from "./project.ts";

export interface Replicated {
  /** URL of the primary's database. */
  readonly url: string;
  readonly primary: Session;
  readonly replica: Session;
}

const settings = { fsync: "off", full_page_writes: "off" };

/** Streams from a copy of the stopped primary: the npm packages bring no pg_basebackup. */
export async function replicated(t: TestContext): Promise<Replicated> {
  const [main, copy] = [testProject(t), testProject(t)];
  const first = await openNative({ config: main, settings });
  await first.close();
  await stopNative(main);
  const [from, to] = [nativePlace(main), nativePlace(copy)];
  preparePlace(to, () => undefined);
  spawnSync("cp", ["-a", from.dataDir, to.dataDir]);
  const server = await openNative({ config: main, settings });
  const { socketDir = "" } = nativeStatus(main);
  appendFileSync(join(to.dataDir, "postgresql.auto.conf"), `primary_conninfo = 'host=${socketDir} user=postgres'\n`);
  const signal = join(to.dataDir, "standby.signal");
  writeFileSync(signal, "");
  if (to.account) chownSync(signal, to.account.uid, to.account.gid);
  const standby = await openNative({ config: copy, settings });
  const [primary, replica] = [await server.session(), await standby.session()];
  t.after(async () => {
    for (const closing of [primary, replica, server, standby]) await closing.close();
    // The primary would wait for its replica.
    await stopNative(copy);
  });
  await until(async () => (await primary.query("select from pg_stat_replication where state = 'streaming'")).rows.length === 1);
  return { url: server.url(), primary, replica };
}
