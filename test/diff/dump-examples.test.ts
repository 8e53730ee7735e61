/** The examples: what their migrations make, dumped and made again on PGlite, which has their extensions. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { readCatalog } from "../../src/core/catalog.ts";
import type { Session } from "../../src/core/engine.ts";
import { describeDifference, diffCatalogs } from "../../src/core/schema-diff.ts";
import { dumpSchema } from "../../src/migrate/diff/dump.ts";
import { readSchema } from "../../src/migrate/diff/read.ts";
import { openScratchPglite } from "./pglite.ts";

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
  it("penny", async (t) => {
    const bench = await openScratchPglite(["vector", "btree_gin", "pgcrypto"]);
    t.after(() => bench.close());
    const names = ["001_initial_schema", "002_user_management", "003_tenant_system", "004_conversation_system", "005_artifact_system"];
    const more = [
      "006_tool_registry",
      "007_billing_system",
      "008_monitoring_system",
      "009_webhooks_notifications",
      "010_indexes_performance",
    ];
    const paths = [...names, ...more].map((name) => `${name}.sql`);
    assert.deepEqual(await roundTrip(bench.session, upsOf("penny/migrations", paths), "", []), []);
  });

  it("agent-desk, on what its platform brings", async (t) => {
    const bench = await openScratchPglite(["vector", "pgcrypto", "uuid-ossp"]);
    t.after(() => bench.close());
    const dir = "agent-desk/supabase";
    const [list = "", prelude = ""] = upsOf(dir, ["migrations/order", "prelude.sql"]);
    const names = list.split("\n").filter((line) => /^\w/.test(line));
    const paths = names.map((name) => `migrations/${name}.sql`);
    assert.deepEqual(await roundTrip(bench.session, upsOf(dir, paths), prelude, ["auth"]), []);
  });
});
