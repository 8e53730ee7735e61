import { applier, countTrips } from "./shared/apply.ts";
import type { Bench, Row } from "./shared/bench.ts";
import { corpus } from "./shared/corpus.ts";
import { inTurn, median, ms, ratioOf } from "./shared/measure.ts";
import { startServer } from "./shared/server.ts";
import { otherTools, pgsteward, script, type Tool } from "./shared/tools.ts";
import { installedProject, openWorkspace } from "./shared/workspace.ts";

const count = 1000;

export const migrateLocal: Bench = {
  name: "migrate-local",
  claim: `${count} migrations on the local server cost what psql -f costs`,
  async run({ rounds = 9, peers, say }) {
    using workspace = openWorkspace();
    await using server = await startServer(workspace);
    const migrations = corpus(count);
    const apply = applier(workspace, server, migrations);
    const project = installedProject(workspace);
    const batched = pgsteward(project, "pgsteward");
    const single = pgsteward(project, "pgsteward, unbatched", ["--batch-bytes", "0"]);
    const others = peers ? otherTools(say) : [];
    say(`${server.description}; ${count} migrations, ${rounds} rounds`);
    const measured = (tool: Tool) => async (): Promise<number> => {
      const { wallMs } = await apply(tool);
      say(`${tool.name}: ${ms(wallMs)}`);
      return wallMs;
    };
    const row = (tool: Tool, values: readonly number[], psql: readonly number[], limit?: number): Row => {
      const ratio = ratioOf(values, psql);
      const verdict = limit === undefined ? {} : { wanted: `≤ ${limit}`, ok: ratio <= limit };
      return { claim: tool.name, ours: ms(median(values)), peer: `${script.name}: ${ms(median(psql))}`, ratio, ...verdict };
    };
    await measured(batched)(); // warms the compile cache
    const walls = await inTurn(rounds, { psql: measured(script), batched: measured(batched), single: measured(single) });
    const rows = [row(batched, walls.batched, walls.psql, 1.2), row(single, walls.single, walls.psql)];
    for (const tool of others) {
      const { psql, other } = await inTurn(2, { psql: measured(script), other: measured(tool) });
      rows.push(row(tool, other, psql));
    }
    const tools = [script, batched, single, ...others];
    const trips = await countTrips(workspace, server, migrations, tools);
    say(tools.map(({ name }, i) => `${name}: ${trips[i]} round trips`).join("; "));
    return rows;
  },
};
