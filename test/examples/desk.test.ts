/** examples/agent-desk by its npm scripts, up and down, and its access rules on the embedded default, which is the native server. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { deskAccess } from "./desk-access.ts";
import { deskMigrations, deskScripts } from "./desk-scripts.ts";
import { example } from "./example.ts";
import { thereAndBack } from "./there-and-back.ts";

const desk = example("agent-desk");

describe("agent-desk on the embedded default", () => {
  deskScripts(desk, /^target {2}native, .*\/state\/native\/app, development$/m);

  it("leaves nothing in the project", () => {
    assert.equal(existsSync(join(desk.dir, ".pgsteward")), false);
  });

  describe("through the library", async () => {
    const steward = await desk.steward();
    after(() => steward.close());

    it("every down restores the catalog, and a second up makes the same one", async () =>
      void (await thereAndBack(steward, deskMigrations)));

    describe("access", () => deskAccess(() => steward.session()));
  });
});
