/** Connecting, and losing the connection. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, statSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import type { Session } from "../../src/core/engine.ts";
import { nativeStatus, openNative, stopNative } from "../../src/engines/native.ts";
import { detectTransactionPooling } from "../../src/engines/pooler.ts";
import { openEngine } from "../../src/engines/open.ts";
import { openPostgres, type PostgresEngine, type PostgresOptions } from "../../src/engines/postgres.ts";
import { halfOpenProxy, type Proxy } from "../support/halfOpenProxy.ts";
import { pooler, type PoolerOptions } from "../support/pooler.ts";
import { freePort } from "../support/freePort.ts";
import { projectConfig, testProject } from "../support/project.ts";
import { testCacheDir, testDatabase } from "../support/testDatabase.ts";
import { errorOf } from "./checks-errors.ts";
import { withSession } from "./check.ts";

const database = await testDatabase();
const socketPath = `${new URL(database.url).searchParams.get("host")}/.s.PGSQL.${new URL(database.url).port}`;

/** An engine on the test database through a proxy; both closed after the test. */
async function proxied(
  t: TestContext,
  options: Partial<PostgresOptions> = {},
): Promise<{ proxy: Proxy; engine: PostgresEngine; session: Session }> {
  const proxy = await halfOpenProxy({ path: socketPath });
  const engine = await openPostgres({ url: urlOf(proxy.port), ...options });
  t.after(async () => {
    await proxy.close();
    await engine.close();
  });
  return { proxy, engine, session: await engine.session() };
}

const urlOf = (port: number, query = ""): string => `postgres://postgres@127.0.0.1:${port}/${database.name}${query}`;

/** A server that is none: does with each connection what it is told. */
async function pretender(t: TestContext, serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    serve(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

suite("connecting", () => {
  test("each reason not to get in has its own code, and none has the password in it", async (t) => {
    const silent = await pretender(t, () => {});
    const rude = await pretender(t, (socket) => socket.destroy());
    const web = await pretender(t, (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const socketUrl = (user: string, name: string): string => database.url.replace("postgres@", user).replace(database.name, name);
    for (const [url, code, problem] of [
      ["postgres://me:hush@127.0.0.1:1/app", "ENGINE_UNREACHABLE", /connection refused/],
      ["postgres://me:hush@nowhere.invalid/app?sslmode=disable", "ENGINE_UNREACHABLE", /does not resolve/],
      ["postgres://me:hush@localhost/app?host=/no/such/directory", "ENGINE_UNREACHABLE", /no such socket/],
      [`postgres://me:hush@127.0.0.1:${silent}/app`, "ENGINE_UNREACHABLE", /no answer within 300 ms/],
      [`postgres://me:hush@127.0.0.1:${rude}/app`, "ENGINE_UNREACHABLE", /./],
      [`postgres://me:hush@127.0.0.1:${web}/app`, "ENGINE_UNREACHABLE", /./],
      [socketUrl("no_such_role:hush@", database.name), "ENGINE_AUTH_FAILED", /no_such_role/],
      [socketUrl("postgres:hush@", "no_such_database"), "ENGINE_DATABASE_MISSING", /no_such_database/],
    ] as const) {
      const error = await errorOf(openPostgres({ url, connectTimeoutMs: 300 }));
      assert.equal(error.code, code, url);
      assert.equal(error.exit, 4);
      assert.match(error.message, problem);
      assert.doesNotMatch(`${JSON.stringify(error)} ${error.stack ?? ""}`, /hush/);
    }
  });

  test("a role at its limit of connections", async () => {
    await database.session.script("create role narrow login connection limit 0");
    const error = await errorOf(openPostgres({ url: database.url.replace("postgres@", "narrow@") }));
    await database.session.script("drop role narrow");
    assert.equal(error.code, "ENGINE_TOO_MANY_CONNECTIONS");
  });

  test("after the startup one round trip more, with the settings that free a dead client's locks", async (t) => {
    const { proxy, session } = await proxied(t);
    assert.equal(proxy.sent, 2, "startup, greeting");
    const { rows } = await session.query(
      "select current_setting('client_connection_check_interval') as checked, current_setting('tcp_keepalives_idle') as idle",
    );
    assert.equal(rows[0]?.["checked"], "5s");
  });

  test("the first session is the connection that asked the server for its version, under the room's name", async () => {
    const engine = await openPostgres({ url: `${database.url}&application_name=theirs`, room: "one" });
    const first = await engine.session({ room: "one" });
    const { rows } = await first.query(
      "select current_setting('application_name') as name, count(*)::int as n from pg_stat_activity where application_name = 'pgsteward/one'",
    );
    assert.deepEqual(rows, [{ name: "pgsteward/one", n: 1 }]);
    const other = await engine.session({ room: "two" });
    assert.equal((await other.query("select current_setting('application_name') as name")).rows[0]?.["name"], "pgsteward/two");
    await engine.close();
    assert.equal((await errorOf(other.query("select 1"))).code, "ENGINE_CONNECTION_LOST");
  });

  test("a renamed first session", async () => {
    const engine = await openPostgres({ url: database.url });
    const session = await engine.session({ room: "late" });
    assert.equal((await session.query("select current_setting('application_name') as name")).rows[0]?.["name"], "pgsteward/late");
    await engine.close();
  });

  test("sslmode on a server without TLS: prefer goes without, require does not", async (t) => {
    const proxy = await halfOpenProxy({ path: socketPath });
    t.after(() => proxy.close());
    await (await openPostgres({ url: urlOf(proxy.port, "?sslmode=prefer") })).close();
    await (await openPostgres({ url: urlOf(proxy.port, "?sslmode=disable") })).close();
    assert.equal((await errorOf(openPostgres({ url: urlOf(proxy.port, "?sslmode=require") }))).code, "ENGINE_TLS_FAILED");
  });

  test("sslmode on a server with a certificate of its own: require and prefer encrypt, verify-full wants to know the issuer", async (t) => {
    const config = testProject(t, { port: await freePort() });
    await (await openNative({ config })).close();
    const { dataDir } = nativeStatus(config);
    const [key, certificate] = [join(dataDir, "tls.key"), join(dataDir, "tls.crt")];
    const subject = "-subj /CN=localhost -addext subjectAltName=DNS:localhost";
    const made = spawnSync("openssl", `req -new -x509 -nodes -days 2 ${subject} -keyout ${key} -out ${certificate}`.split(" "));
    if (made.status !== 0) return t.skip("no openssl here");
    const { uid, gid } = statSync(dataDir);
    for (const file of [key, certificate]) chownSync(file, uid, gid);
    await stopNative(config);
    const engine = await openNative({ config, settings: { ssl: "on", ssl_cert_file: certificate, ssl_key_file: key } });
    const url = engine.url().replace("127.0.0.1", "localhost");
    for (const [query, encrypted] of [
      ["", false],
      ["?sslmode=disable", false],
      ["?sslmode=prefer", true],
      ["?sslmode=require", true],
      [`?sslmode=verify-full&sslrootcert=${certificate}`, true],
    ] as const) {
      const server = await openPostgres({ url: url + query });
      await withSession(server, async (session) => {
        const { rows } = await session.query("select ssl from pg_stat_ssl where pid = pg_backend_pid()");
        assert.deepEqual(rows, [{ ssl: encrypted }], query);
      });
      if (encrypted) await cancelled(server);
      await server.close();
    }
    assert.equal((await errorOf(openPostgres({ url: `${url}?sslmode=verify-full` }))).code, "ENGINE_TLS_FAILED");
    await engine.close();
  });
});

async function cancelled(server: PostgresEngine): Promise<void> {
  await withSession(server, async (session) => {
    const sleeping = errorOf(session.query("select pg_sleep(60)"));
    await new Promise((resolve) => setTimeout(resolve, 30));
    await session.cancel();
    assert.equal((await sleeping).data["sqlstate"], "57014");
  });
}

suite("losing the connection", () => {
  test("a network that is cut: the running statement, the ones behind it, and COPY fail as lost", async (t) => {
    const { proxy, session } = await proxied(t);
    const running = errorOf(session.query("select pg_sleep(60)"));
    const queued = errorOf(session.query("select 1"));
    const copying = errorOf(session.copyIn("copy pg_class from stdin", [new Uint8Array(10)]));
    while (proxy.sent < 3) await new Promise((resolve) => setImmediate(resolve));
    proxy.cut();
    for (const failed of [running, queued, copying]) assert.equal((await failed).code, "ENGINE_CONNECTION_LOST");
  });

  test("an idle connection that is cut tells its listener, and the process lives on", async (t) => {
    const { proxy, engine } = await proxied(t);
    const session = await engine.session();
    const lost = new Promise<string>((resolve) => session.onLost((error) => resolve(error.code)));
    proxy.cut();
    assert.equal(await lost, "ENGINE_CONNECTION_LOST");
    assert.equal((await errorOf(session.query("select 1"))).code, "ENGINE_CONNECTION_LOST");
  });

  test("cut in the middle of a COPY in either direction", async (t) => {
    const { proxy, engine, session } = await proxied(t);
    await session.script("create table if not exists cut (a text)");
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (let i = 0; ; i++) {
        yield new TextEncoder().encode(`${"x".repeat(1_000)}\n`);
        if (i === 100) proxy.cut();
      }
    };
    assert.equal((await errorOf(session.copyIn("copy cut from stdin", endless()))).code, "ENGINE_CONNECTION_LOST");
    const second = await engine.session();
    const reading = async (): Promise<void> => {
      for await (const chunk of second.copyOut("copy (select repeat('x', 1000) from generate_series(1, 1000000)) to stdout")) {
        assert.ok(chunk.length > 0);
        proxy.cut();
      }
    };
    assert.equal((await errorOf(reading())).code, "ENGINE_CONNECTION_LOST");
  });

  test("a peer that is gone without a word does not hold up close()", async (t) => {
    const { proxy, session } = await proxied(t);
    proxy.blackhole = true;
    await session.close();
  });

  test("a slow network changes nothing but the time", async (t) => {
    const { proxy, session } = await proxied(t);
    proxy.latencyMs = 5;
    assert.deepEqual((await session.transaction((tx) => tx.query("select 1 as one"))).rows, [{ one: 1 }]);
  });
});

suite("poolers", () => {
  async function pooled(t: TestContext, mode: PoolerOptions["mode"], size = 2): Promise<PostgresEngine> {
    const between = await pooler({ path: socketPath, database: database.name, mode, size });
    const engine = await openPostgres({ url: urlOf(between.port) });
    t.after(async () => {
      await engine.close();
      await between.close();
    });
    return engine;
  }

  test("transaction mode is seen, whatever the number of its connections", async (t) => {
    for (const size of [1, 2, 5]) {
      const engine = await pooled(t, "transaction", size);
      assert.equal(engine.behindPooler, true);
      const error = await errorOf(detectTransactionPooling(engine));
      assert.equal(error.code, "ENGINE_TRANSACTION_POOLER");
      assert.equal(error.exit, 2);
      assert.match(error.hint ?? "", /DIRECT_URL/);
    }
  });

  test("session mode is not taken for it", async (t) => {
    const engine = await pooled(t, "session");
    assert.equal(engine.behindPooler, true);
    await detectTransactionPooling(engine);
  });

  test("a direct connection is not asked", async () => {
    const engine = await openPostgres({ url: database.url });
    assert.equal(engine.behindPooler, false);
    await detectTransactionPooling(engine);
    await engine.close();
  });

  test("openEngine() refuses it where a session is needed, and takes DIRECT_URL", async (t) => {
    const between = await pooler({ path: socketPath, database: database.name, mode: "transaction" });
    t.after(() => between.close());
    const config = projectConfig(testProject(t).root, { url: urlOf(between.port) });
    const options = { cacheDir: testCacheDir };
    assert.equal((await errorOf(openEngine({ ...options, config, direct: true }))).code, "ENGINE_TRANSACTION_POOLER");
    await (await openEngine({ ...options, config })).close();
    await (await openEngine({ ...options, config: { ...config, directUrl: database.url }, direct: true })).close();
  });
});
