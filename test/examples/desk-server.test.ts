/** examples/agent-desk on the server of TEST_DATABASE_URL, or of 127.0.0.1:5432. */
import { after, describe, it } from "node:test";
import { deskAccess } from "./desk-access.ts";
import { deskMigrations, deskScripts } from "./desk-scripts.ts";
import { example } from "./example.ts";
import { serverPlace } from "./server-place.ts";
import { thereAndBack } from "./there-and-back.ts";

/** What the prelude makes. */
const roles = ["anon", "authenticated", "service_role"];
const place = await serverPlace({ roles });

if (typeof place === "string") describe("agent-desk on a server", { skip: place }, () => undefined);
else {
  const desk = example("agent-desk", place.url);
  const steward = await desk.steward();
  after(async () => {
    await steward.close();
    await place.close();
  });

  describe("agent-desk on a server", () => {
    deskScripts(desk, /^target {2}postgres, \S+, testing$/m);

    it("every down restores the catalog, and a second up makes the same one", async () =>
      void (await thereAndBack(steward, deskMigrations)));

    describe("access", () => deskAccess(() => steward.session()));
  });
}
