/** The conformance suite on a server that is there already: TEST_DATABASE_URL, or one on 127.0.0.1:5432. */
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import type { Engine } from "../../src/core/engine.ts";
import { openPostgres } from "../../src/engines/postgres.ts";
import { withSession } from "./check.ts";
import { conformance } from "./conformance.ts";

const candidates = [process.env["TEST_DATABASE_URL"], "postgres://postgres@127.0.0.1:5432/postgres", "postgres://127.0.0.1:5432/postgres"];

async function findServer(): Promise<Engine | undefined> {
  for (const url of candidates) {
    if (url === undefined) continue;
    try {
      return await openPostgres({ url, connectTimeoutMs: 3_000 });
    } catch (error) {
      if (url === process.env["TEST_DATABASE_URL"]) throw error;
    }
  }
  return undefined;
}

const server = await findServer();
if (server?.abilities.databases === true) {
  const name = `pgsteward_test_${randomBytes(5).toString("hex")}`;
  conformance(
    `server ${server.version}`,
    async () => {
      await withSession(server, (session) => session.query(`create database ${name}`));
      const url = server.url() ?? "";
      return openPostgres({ url: url.replace(/\/[^/?]*(\?.*)?$/, `/${name}$1`) });
    },
    async (engine) => {
      await engine.close();
      await withSession(server, (session) => session.query(`drop database ${name} with (force)`));
      await server.close();
    },
  );
} else {
  test("conformance: server", { skip: "no server at TEST_DATABASE_URL or 127.0.0.1:5432 where databases can be created" });
}
