/** SIGKILL after every step of undoing everything: the next run goes on where it stopped. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startChild } from "../support/migrate-child.ts";
import { mixed } from "../support/migrate-kill.ts";
import { project } from "../support/migrate-project.ts";

const one = { migrate: { batchBytes: 0 } };

test("down, killed after every step, goes on where it stopped", { concurrency: 4 }, async (t) => {
  const p = await project(t, mixed);
  const empty = await p.fingerprint();
  const steward = await p.steward();
  await steward.migrate.up();
  const total = (await steward.migrate.down({ steps: 6 }, { dryRun: true })).plan.steps.length;
  await steward.close();
  const kills = Array.from({ length: total }, (_, i) =>
    t.test(`step ${i + 1} of ${total}`, async (t) => {
      const p = await project(t, mixed);
      await (await p.steward()).migrate.up();
      const { signal } = await startChild(t, {
        dir: p.dir,
        config: { url: p.url, ...one },
        verb: "down",
        input: { steps: 6 },
        kill: { step: i + 1 },
      }).ended;
      assert.equal(signal, "SIGKILL");
      const { migrate } = await p.steward();
      await migrate.to({ version: "0" });
      assert.equal(await p.fingerprint(), empty);
      assert.deepEqual(await p.applied(), []);
      assert.equal((await migrate.status()).data.pending, 6);
    }),
  );
  await Promise.all(kills);
});
