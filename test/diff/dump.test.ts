/** A dump run on an empty database makes the schema that it is of; and what can be made can be taken away. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
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

  it("runs with the settings of a new session, functions in a circle too", async () => {
    const [bench] = benches as [Bench];
    const circle =
      "create function one() returns int language sql as 'select two()'; create function two() returns int language sql as 'select one()'";
    const sql = await trying(bench, async () => {
      await bench.session.script(`set local check_function_bodies = off; ${circle}`);
      return dumpSchema(bench.session);
    });
    assert.match(sql, /^SET check_function_bodies = off;/);
    await trying(bench, () => bench.session.script(sql));
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
