/** The PostgreSQL that is measured against: TEST_DATABASE_URL's, else a private native server with a port. */
import { once } from "node:events";
import { type AddressInfo, createServer, type NetConnectOpts } from "node:net";
import { join } from "node:path";
import { Client, type QueryResultRow } from "pg";
import { createSteward } from "../../src/index.ts";
import type { Workspace } from "./workspace.ts";

export interface Server extends AsyncDisposable {
  /** `PostgreSQL 18.4, embedded`. */
  readonly description: string;
  /** Where it listens. */
  readonly address: NetConnectOpts;
  /** Runs `body` with the URL of a fresh, empty database, which is dropped afterwards. */
  withDatabase<T>(body: (url: string) => Promise<T>): Promise<T>;
}

export async function startServer(workspace: Workspace): Promise<Server> {
  const given = process.env["TEST_DATABASE_URL"];
  const { url, stop } = given === undefined || given === "" ? await startNative(workspace) : { url: given, stop: async () => undefined };
  const admin = new Client({ connectionString: url });
  await admin.connect();
  const { rows } = await admin.query<{ server_version: string }>("show server_version");
  let made = 0;
  return {
    description: `PostgreSQL ${rows[0]?.server_version}${given === url ? "" : ", embedded"}`,
    address: addressOf(url),
    async withDatabase(body) {
      const name = `bench_${process.pid}_${++made}`;
      await admin.query(`create database ${name}`);
      try {
        return await body(Object.assign(new URL(url), { pathname: `/${name}` }).href);
      } finally {
        await admin.query(`drop database ${name} with (force)`);
      }
    },
    async [Symbol.asyncDispose]() {
      await admin.end();
      await stop();
    },
  };
}

async function startNative(workspace: Workspace): Promise<{ url: string; stop: () => Promise<void> }> {
  const port = await freePort();
  const steward = await createSteward({
    cwd: workspace.make("server"),
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], PGSTEWARD_POSTGRES_BIN: process.env["PGSTEWARD_POSTGRES_BIN"] },
    config: { engine: "native", port, stateDir: join(workspace.dir, "server", "state"), idleTimeout: "10m" },
  });
  await steward.db.start();
  const url = `${await steward.db.url()}?sslmode=disable`;
  const stop = async (): Promise<void> => {
    await steward.db.stop();
    await steward.close();
  };
  return { url, stop };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

function addressOf(text: string): NetConnectOpts {
  const url = new URL(text);
  const port = Number(url.port || 5432);
  const host = url.searchParams.get("host") ?? url.hostname;
  return host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
}

/** The same database, reached through a link. */
export function throughLink(text: string, port: number): string {
  const url = new URL(text);
  url.searchParams.delete("host");
  url.hostname = "127.0.0.1";
  url.port = String(port);
  return url.href;
}

/** One query on a connection of its own. */
export async function ask<R extends QueryResultRow>(url: string, sql: string): Promise<R[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<R>(sql)).rows;
  } finally {
    await client.end();
  }
}
