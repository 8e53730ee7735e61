/** examples/penny up and down, and its tenants, on the embedded default. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Steward } from "../../src/steward.ts";
import { example } from "./example.ts";
import { pennyMigrations } from "./penny-scripts.ts";
import { pennyTenants } from "./penny-tenants.ts";
import { thereAndBack } from "./there-and-back.ts";

const penny = example("penny");

describe("penny on PGlite", () => {
  let steward: Steward;
  before(async () => {
    steward = await penny.steward();
    assert.equal(steward.target.engine, "pglite");
  });
  after(() => steward.close());

  it("every down restores the catalog, and a second up makes the same one", async () =>
    void (await thereAndBack(steward, pennyMigrations)));

  describe("tenants", () => pennyTenants(() => steward.session()));
});
