import { applier } from "./shared/apply.ts";
import type { Bench, Row } from "./shared/bench.ts";
import { corpus } from "./shared/corpus.ts";
import { openLink } from "./shared/link.ts";
import { inTurn, median, ms, ratioOf } from "./shared/measure.ts";
import { startServer } from "./shared/server.ts";
import { otherTools, pgsteward, script, type Tool } from "./shared/tools.ts";
import { installedProject, openWorkspace } from "./shared/workspace.ts";

const roundTripMs = 20;
const count = 200;

export const migrateLatency: Bench = {
  name: "migrate-latency",
  claim: `${count} small migrations over a link with ${roundTripMs} ms round trip cost what psql -f costs, and a third of it batched`,
  async run({ rounds = 3, peers, say }) {
    using workspace = openWorkspace();
    await using server = await startServer(workspace);
    const link = await openLink(server.address, roundTripMs);
    const apply = applier(workspace, server, corpus(count), link);
    const project = installedProject(workspace);
    const single = pgsteward(project, "pgsteward, unbatched", ["--batch-bytes", "0"]);
    const batched = pgsteward(project, "pgsteward, batched");
    say(`${server.description}; ${count} migrations, ${rounds} rounds`);
    const trips = new Map<string, number>();
    const measured = (tool: Tool) => async (): Promise<number> => {
      const { wallMs, trips: needed } = await apply(tool);
      trips.set(tool.name, needed);
      say(`${tool.name}: ${ms(wallMs)}, ${needed} round trips`);
      return wallMs;
    };
    await measured(batched)(); // warms the compile cache
    const walls = await inTurn(rounds, { psql: measured(script), single: measured(single), batched: measured(batched) });
    const row = (tool: Tool, values: readonly number[], psql: readonly number[], limit?: number): Row => {
      const ratio = ratioOf(values, psql);
      const spent = trips.get(tool.name) ?? 0;
      return {
        claim: `${tool.name}: ${spent} round trips, ${(spent / count).toFixed(2)} a migration`,
        ours: ms(median(values)),
        peer: `${script.name}: ${ms(median(psql))}, ${trips.get(script.name)} round trips`,
        ratio,
        ...(limit !== undefined && { wanted: `≤ ${limit}`, ok: ratio <= limit }),
      };
    };
    const rows = [row(single, walls.single, walls.psql, 1.1), row(batched, walls.batched, walls.psql, 0.35)];
    // The others once: they take up to 40 s, and what they need is round trips, which do not vary.
    for (const tool of peers ? otherTools(say) : []) {
      const { psql, other } = await inTurn(1, { psql: measured(script), other: measured(tool) });
      rows.push(row(tool, other, psql));
    }
    await link.close();
    return rows;
  },
};
