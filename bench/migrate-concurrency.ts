import type { Bench, Row } from "./shared/bench.ts";
import { concurrentCorpus } from "./shared/corpus.ts";
import { run } from "./shared/measure.ts";
import { ask, type Server, startServer } from "./shared/server.ts";
import { dbmate, nodePgMigrate, pgsteward, type Tool } from "./shared/tools.ts";
import { installedProject, openWorkspace, type Workspace } from "./shared/workspace.ts";

const processes = 8;

export const migrateConcurrency: Bench = {
  name: "migrate-concurrency",
  claim: `${processes} processes run up at once, with a CREATE INDEX CONCURRENTLY among the files: all end well, applied once`,
  async run({ times = 50, peers, say }) {
    using workspace = openWorkspace();
    await using server = await startServer(workspace);
    const project = installedProject(workspace);
    say(`${server.description}; ${times} times ${processes} processes`);
    const ours = await series(workspace, server, pgsteward(project), times, say);
    const rows: Row[] = [{ ...rowOf("pgsteward", ours), wanted: `all of ${times}`, ok: ours.every(({ good }) => good) }];
    const others = [
      nodePgMigrate("node-pg-migrate, waits for its lock", ["--no-single-transaction", "--advisory-lock-mode", "wait"]),
      nodePgMigrate("node-pg-migrate, its default", ["--no-single-transaction"]),
      dbmate,
    ];
    for (const tool of peers ? others : []) rows.push(rowOf(tool.name, await series(workspace, server, tool, Math.min(times, 5), say)));
    return rows;
  },
};

interface Round {
  /** Every process ended with 0, and the database is what one run makes of it. */
  readonly good: boolean;
  readonly ended: number;
  readonly database: boolean;
}

function rowOf(name: string, rounds: readonly Round[]): Row {
  const good = rounds.filter((round) => round.good).length;
  const ended = rounds.reduce((sum, round) => sum + round.ended, 0);
  const right = rounds.filter(({ database }) => database).length;
  return {
    claim: name,
    ours: `${good} of ${rounds.length} times all right`,
    peer: `${ended} of ${rounds.length * processes} processes ended with 0; database right ${right} times`,
    ratio: good / rounds.length,
  };
}

async function series(
  workspace: Workspace,
  server: Server,
  tool: Tool,
  times: number,
  say: (text: string) => void,
): Promise<readonly Round[]> {
  const dir = workspace.make();
  tool.write(dir, concurrentCorpus());
  const rounds: Round[] = [];
  const failures: string[] = [];
  for (let i = 0; i < times; i++) {
    rounds.push(
      await server.withDatabase(async (url) => {
        const ran = await Promise.all(Array.from({ length: processes }, () => run(tool.up(dir, url))));
        const ended = ran.filter(({ code }) => code === 0).length;
        const database = await isRight(url, tool.name === "pgsteward");
        for (const { code, output } of ran) if (code !== 0) failures.push(tool.name === "pgsteward" ? output : complaint(output));
        return { good: ended === processes && database, ended, database };
      }),
    );
    if ((i + 1) % 5 === 0) say(`${tool.name}: ${i + 1} rounds, ${rounds.filter(({ good }) => good).length} all right`);
  }
  for (const failure of new Set(failures)) say(`${tool.name}, ${failures.filter((other) => other === failure).length} times: ${failure}`);
  return rounds;
}

/** The line of a tool's output that says what went wrong, without what differs from process to process. */
function complaint(output: string): string {
  const lines = output.split("\n");
  const telling = [/deadlock/i, /already exists|duplicate key|another migration/i, /^error/i];
  const line = telling.map((pattern) => lines.find((text) => pattern.test(text))).find((text) => text !== undefined) ?? "";
  return line.replace(/.*?((?:Error|error|pq):)/, "$1").trim();
}

/** Every statement took effect once, and the index is valid; of ours, the history says so too. */
async function isRight(url: string, ours: boolean): Promise<boolean> {
  const [catalog] = await ask<{ valid: number; invalid: number; payments: boolean }>(
    url,
    `select count(*) filter (where indisvalid)::int as valid, count(*) filter (where not indisvalid)::int as invalid,
      to_regclass('public.payments') is not null as payments
    from pg_index where indexrelid = to_regclass('public.orders_customer_idx')`,
  );
  if (catalog?.valid !== 1 || catalog.invalid !== 0 || !catalog.payments) return false;
  const [orders] = await ask<{ rows: number }>(url, "select count(*)::int as rows from orders");
  if (orders?.rows !== 20_000) return false;
  if (!ours) return true;
  const [history] = await ask<{ applied: number; runs: number; failed: number }>(
    url,
    `select (select count(*) from pgsteward.migration where state = 'applied')::int as applied,
      (select count(*) from pgsteward.run where result = 'done')::int as runs,
      (select count(*) from pgsteward.run where result is distinct from 'done')::int as failed`,
  );
  return history?.applied === 5 && history.runs === 1 && history.failed === 0;
}
