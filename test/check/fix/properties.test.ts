/** undo(fix(x)) = x, on the newest server and on the one that is installed here. */
import test from "node:test";
import { systemUrl } from "../../support/migrate-server.ts";
import { undoIsExact } from "./properties.ts";

const seed = Number(process.env["FUZZ_SEED"] ?? 20_261);
const runs = Number(process.env["FUZZ_RUNS"] ?? 15);

test("undo puts back what a fix took, whatever the schema and the types", (t) => undoIsExact(t, { runs, seed }));

test("the same on the installed server", async (t) => {
  const server = await systemUrl();
  if (server === undefined) return t.skip("no server here");
  await undoIsExact(t, { server, runs, seed: seed + 1 });
});
