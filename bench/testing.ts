import { cpSync } from "node:fs";
import { join } from "node:path";
import { createSteward } from "../src/index.ts";
import { testDatabase } from "../src/testing/index.ts";
import type { Bench } from "./shared/bench.ts";
import { inTurn, median, ms, ratioOf } from "./shared/measure.ts";
import { startServer } from "./shared/server.ts";
import { checkout, openWorkspace } from "./shared/workspace.ts";

export const testing: Bench = {
  name: "testing",
  claim: "a migrated and seeded database for a test file costs what copying one costs",
  async run({ rounds = 9, say }) {
    using workspace = openWorkspace();
    await using server = await startServer(workspace);
    const cwd = workspace.make("project");
    cpSync(join(checkout, "examples/agent-desk"), cwd, {
      recursive: true,
      filter: (path) => !/\/(?:node_modules|\.pgsteward|pgsteward\.config\.ts)$/.test(path),
    });
    // The example's own configuration imports the package from its node_modules, which a copy does not have.
    const config = { migrate: { dir: "supabase/migrations", prelude: "supabase/prelude.sql" } };
    const env = { PGSTEWARD_MIGRATE_DIR: config.migrate.dir, PGSTEWARD_MIGRATE_PRELUDE: config.migrate.prelude };
    say(`${server.description}; ${rounds} rounds; examples/agent-desk with its seeds`);
    return await server.withDatabase(async (url) => {
      const copied = async (): Promise<number> => {
        const started = performance.now();
        const database = await testDatabase({ cwd, url, env });
        const session = await database.session();
        await session.query("select 1");
        const took = performance.now() - started;
        await session.close();
        await database.drop();
        return took;
      };
      const anew = (): Promise<number> =>
        server.withDatabase(async (empty) => {
          const started = performance.now();
          const steward = await createSteward({ cwd, env, config: { url: empty, environment: "testing", ...config } });
          await steward.migrate.up();
          await steward.seed.run();
          const took = performance.now() - started;
          await steward.close();
          return took;
        });
      await copied();
      const { ours, peer } = await inTurn(rounds, { ours: copied, peer: anew });
      const ratio = ratioOf(ours, peer);
      return [
        {
          claim: "a copy of the template, with a session on it",
          ours: ms(median(ours)),
          peer: `${ms(median(peer))} migrate up and seed run`,
          ratio,
          wanted: "≤ 0.25",
          ok: ratio <= 0.25,
        },
      ];
    });
  },
};
