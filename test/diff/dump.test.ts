/** A dump run on an empty database makes the schema that it is of; and what can be made can be taken away. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import type { Session } from "../../src/core/engine.ts";
import { describeDifference, diffCatalogs } from "../../src/core/schema-diff.ts";
import { readCatalog } from "../../src/core/catalog.ts";
import { dumpSchema, dumpStatements, pristine } from "../../src/migrate/diff/dump.ts";
import { statementsBetween } from "../../src/migrate/diff/statements.ts";
import { corpus } from "../core/catalog-corpus.ts";
import { systemUrl } from "../support/migrate-server.ts";
import { type Bench, look, openBench, outcome, roles, trying } from "./bench.ts";
import { openScratchPglite } from "./pglite.ts";

describe("the dump of a schema of every kind of object", () => {
  let benches: Bench[] = [];
  before(async () => {
    const old = await systemUrl();
    benches = await Promise.all([openBench(), openScratchPglite(["citext"]), ...(old === undefined ? [] : [openBench(old)])]);
  });
  after(() => Promise.all(benches.map((bench) => bench.close())));

  it("makes it again, and its drops leave nothing", async () => {
    for (const bench of benches) {
      const { session, version } = bench;
      const made = await trying(bench, async () => {
        const empty = await look(session);
        assert.deepEqual(statementsBetween(pristine(empty.schema), empty.schema), [], `${version}: a new database is as we think`);
        for (const statement of corpus(roles, version)) await session.script(statement);
        const seen = await look(session);
        assert.deepEqual(statementsBetween(seen.schema, seen.schema), []);
        assert.deepEqual(await outcome(session, statementsBetween(seen.schema, empty.schema), empty.catalog), [], `${version}: dropped`);
        return seen;
      });
      await trying(bench, async () => {
        assert.deepEqual(await outcome(session, dumpStatements(made.schema), made.catalog), [], `${version}: made`);
      });
    }
  });

  it("holds no secret, and says so", async () => {
    const [bench] = benches as [Bench];
    const sql = await trying(bench, async () => {
      await bench.session.script(
        "create foreign data wrapper w; create server s foreign data wrapper w options (host 'h', api_key 'hidden')",
      );
      return dumpSchema(bench.session);
    });
    assert.doesNotMatch(sql, /hidden/);
    assert.match(sql, /-- left out: the secret api_key of server s/);
  });
});

/** Migrations of an example, without their down sections. */
function upsOf(dir: string, names: readonly string[]): string[] {
  return names.map(
    (name) => readFileSync(new URL(`../../examples/${dir}/${name}`, import.meta.url), "utf8").split(/^-- Down migration/im)[0] ?? "",
  );
}

async function roundTrip(
  session: Session,
  texts: readonly string[],
  prelude: string,
  ignoreSchemas: readonly string[],
): Promise<readonly string[]> {
  const options = { ignoreSchemas };
  const run = async (work: () => Promise<void>): Promise<void> => {
    await session.script("begin");
    if (prelude !== "") await session.script(prelude);
    await work();
  };
  let [sql, expected] = ["", await readCatalog(session)];
  await run(async () => {
    const { readSchema } = await import("../../src/migrate/diff/read.ts");
    const onto = await readSchema(session, options);
    for (const text of texts) await session.script(text);
    sql = await dumpSchema(session, { ...options, onto });
    expected = await readCatalog(session, options);
  });
  await session.script("rollback");
  let left: string[] = [];
  await run(async () => {
    await session.script(sql);
    left = diffCatalogs(expected, await readCatalog(session, options)).map(describeDifference);
  });
  await session.script("rollback");
  assert.ok(expected.objects.length > 100);
  return left;
}

describe("the dump of an example", () => {
  it("penny", async () => {
    const bench = await openScratchPglite(["vector", "btree_gin", "pgcrypto"]);
    const names = ["001_initial_schema", "002_user_management", "003_tenant_system", "004_conversation_system", "005_artifact_system"];
    const more = [
      "006_tool_registry",
      "007_billing_system",
      "008_monitoring_system",
      "009_webhooks_notifications",
      "010_indexes_performance",
    ];
    const texts = upsOf(
      "penny/migrations",
      [...names, ...more].map((name) => `${name}.sql`),
    );
    assert.deepEqual(await roundTrip(bench.session, texts, "", []), []);
    await bench.close();
  });

  it("agent-desk, on what its platform brings", async () => {
    const bench = await openScratchPglite(["vector", "pgcrypto", "uuid-ossp"]);
    const dir = "agent-desk/supabase";
    const order =
      upsOf(dir, ["migrations/order"])[0]
        ?.trim()
        .split("\n")
        .map((line) => line.trim()) ?? [];
    const texts = upsOf(
      dir,
      order.filter(Boolean).map((name) => `migrations/${name.replace(/\.sql$/, "")}.sql`),
    );
    const prelude = upsOf(dir, ["prelude.sql"])[0] ?? "";
    assert.deepEqual(await roundTrip(bench.session, texts, prelude, ["auth"]), []);
    await bench.close();
  });
});
