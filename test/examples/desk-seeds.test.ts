/** Seeding examples/agent-desk by its npm scripts, on the embedded default, which is the native server. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { example } from "./example.ts";

const { npm, npmJson } = example("agent-desk");

const ran = (stderr: string): readonly (string | undefined)[] => [...stderr.matchAll(/^✓ (0.+)$/gm)].map(([, title]) => title);
const states = async (): Promise<readonly string[]> => {
  const { result } = (await npmJson("db:seed:status")) as unknown as { result: { seeders: readonly { name: string; state: string }[] } };
  return result.seeders.map(({ name, state }) => `${name} ${state}`);
};

describe("seeding agent-desk", () => {
  it("db:setup migrates and seeds; db:seed:status says yes", async () => {
    const { code, stdout, stderr } = await npm("db:setup");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^applied 9 migrations in /m);
    assert.match(stdout, /^ran 4 seeders \(development\): 18 rows inserted, 0 updated, 0 unchanged in /m);
    assert.equal((await npm("db:seed:status")).code, 0);
  });

  for (const [category, seeder, rows] of [
    ["knowledge", "010_knowledge_base", 5],
    ["emails", "020_email_templates", 3],
    ["plans", "030_subscription_plans", 3],
  ] as const) {
    it(`db:seed ${category} seeds only that, and finds it as it should be`, async () => {
      const { code, stdout, stderr } = await npm("db:seed", category);
      assert.equal(code, 0, stderr);
      assert.deepEqual(ran(stderr), [seeder]);
      assert.match(stdout, new RegExp(`^ran 1 seeder \\(development\\): 0 rows inserted, 0 updated, ${rows} unchanged in `, "m"));
    });
  }

  it("db:seed of what there is not names what there is", async () => {
    const { code, stderr } = await npm("db:seed", "knowlege");
    assert.equal(code, 2);
    assert.match(stderr, /did you mean knowledge\?.*the categories are emails, knowledge, plans, sample/);
  });

  it("db:seed:reset empties everything and seeds again", async () => {
    const { code, stdout, stderr } = await npm("db:seed:reset");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^emptied 18 tables; ran 4 seeders \(development\): 18 rows inserted, 0 updated, 0 unchanged in /m);
    assert.deepEqual(await states(), [
      "010_knowledge_base applied",
      "020_email_templates applied",
      "030_subscription_plans applied",
      "040_sample_data applied",
    ]);
  });
});
