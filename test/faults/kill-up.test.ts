/** SIGKILL after every step of a plan that mixes transactional and non-transactional files. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startChild } from "../support/migrate-child.ts";
import { assertRecovers, mixed, undisturbedOutcome } from "../support/migrate-kill.ts";
import { project } from "../support/migrate-project.ts";

const one = { migrate: { batchBytes: 0 } };

test("up, killed after every step, ends as an undisturbed run", { concurrency: 4 }, async (t) => {
  await undisturbedOutcome(t, mixed);
  const p = await project(t, mixed);
  const { steps } = (await (await p.steward()).migrate.plan()).data;
  assert.equal(steps.length, 14);
  const kills = steps.map(({ title }, i) =>
    t.test(`step ${i + 1}: ${title}`, async (t) => {
      const p = await project(t, mixed);
      const { signal, stdout } = await startChild(t, { dir: p.dir, config: { url: p.url, ...one }, verb: "up", kill: { step: i + 1 } })
        .ended;
      assert.equal(signal, "SIGKILL");
      assert.equal(stdout.trim().split("\n").at(-1), `step ${i + 1}`);
      await assertRecovers(t, p, mixed);
    }),
  );
  await Promise.all(kills);
});
