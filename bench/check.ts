/** What looking for orphans and for broken rules costs, beside the plain queries that nobody could do without. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { createSteward, type Steward } from "../src/index.ts";
import type { Bench, Row } from "./shared/bench.ts";
import { inTurn, median, ms, ratioOf } from "./shared/measure.ts";
import { startServer } from "./shared/server.ts";
import { openWorkspace, type Workspace } from "./shared/workspace.ts";

export const check: Bench = {
  name: "check",
  claim: "orphans cost little more than counting the rows, and forty rules little more than a few",
  async run({ rounds = 7, say }) {
    using workspace = openWorkspace();
    await using server = await startServer(workspace);
    say(`${server.description}; ${rounds} rounds`);
    const first = await server.withDatabase((url) => onPlace(workspace, url, false, (place) => orphans(place, rounds, say)));
    const second = await server.withDatabase((url) => onPlace(workspace, url, true, (place) => rules(place, rounds, say)));
    return [...first, ...second];
  },
};

interface Place {
  readonly steward: Steward;
  readonly client: Client;
}

/** The forty rules; one of them finds something. */
const conditions = Array.from(
  { length: 40 },
  (_, i) =>
    [
      `t.amount < ${-1 - i}`,
      `t.quantity > ${2_000 + i}`,
      `t.status = 'unknown${i}'`,
      `t.ends_at < t.starts_at - interval '${i} days'`,
      `t.amount > ${1_000_000 + i} and t.quantity = 0`,
      `t.note is null and t.quantity > ${500 + i}`,
      `length(t.status) > ${20 + i}`,
      i === 7 ? "t.id = 2999999" : `t.id < ${-i}`,
    ][i % 8],
);

async function onPlace<T>(workspace: Workspace, url: string, withRules: boolean, work: (place: Place) => Promise<T>): Promise<T> {
  const cwd = workspace.make("check");
  mkdirSync(join(cwd, "checks"), { recursive: true });
  const checks = (withRules ? conditions : []).map((where, i) => ({ name: `rule ${i}`, table: "facts", where, category: "consistency" }));
  writeFileSync(join(cwd, "checks", "rules.ts"), `export default ${JSON.stringify(checks)};\n`);
  const client = new Client({ connectionString: url });
  await client.connect();
  const steward = await createSteward({ cwd, env: { PATH: process.env["PATH"] }, config: { url } });
  try {
    return await work({ steward, client });
  } finally {
    await steward.close();
    await client.end();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function orphans({ steward, client }: Place, rounds: number, say: (text: string) => void): Promise<readonly Row[]> {
  await client.query(`
    create table parent (id bigint primary key, name text);
    create table child (id bigint not null, parent_id bigint not null, note text not null);
    insert into parent select i, 'p' || i from generate_series(1, 1000000) i where i % 500 <> 0;
    insert into child select i, case when i % 10000 = 0 then i / 20 else (i * 7919) % 2000 * 500 + 1 + i % 499 end,
      'some text that makes a row about as long as most rows are, that is one hundred bytes ' || i
      from generate_series(1::bigint, 10000000) i;
    alter table child add primary key (id);
    create index on child (parent_id);
    alter table child add foreign key (parent_id) references parent not valid`);
  await client.query("vacuum analyze");
  const spent = await inTurn(rounds, {
    ours: async () => timed(async () => expect(await violations(steward, "orphans"), "orphans public.child.parent_id", 1_000)),
    peer: async () => timed(() => client.query("select count(*) from child")),
    planner: async () => timed(() => client.query(plain)),
  });
  say(
    "a table of 10 million rows, 1 GB, with 1,000 orphans; 2,000 gaps in the parent's keys; the whole `check run --only orphans`, with examples",
  );
  const ratio = ratioOf(spent.ours, spent.peer);
  return [
    {
      claim: "orphans of 10 million rows",
      ours: ms(median(spent.ours)),
      peer: `select count(*): ${ms(median(spent.peer))}`,
      ratio,
      wanted: "≤ 1.3",
      ok: ratio <= 1.3,
    },
    {
      claim: "the same, as the planner would",
      ours: ms(median(spent.ours)),
      peer: `not exists: ${ms(median(spent.planner))}`,
      ratio: ratioOf(spent.ours, spent.planner),
    },
  ];
}

const plain = "select count(*) from child t where not exists (select from parent p where p.id = t.parent_id)";

async function rules({ steward, client }: Place, rounds: number, say: (text: string) => void): Promise<readonly Row[]> {
  await client.query(`
    create table facts (id bigint primary key, amount numeric not null, quantity int not null, status text not null,
      starts_at timestamptz not null, ends_at timestamptz not null, note text);
    insert into facts select i, (i % 5000) / 100.0, i % 1000, 'status' || i % 5, now() - i * interval '1 second', now(), 'x'
      from generate_series(1, 3000000) i`);
  await client.query("vacuum analyze");
  const spent = await inTurn(rounds, {
    ours: async () => timed(async () => expect(await violations(steward, "consistency"), "rule 7", 1)),
    peer: async () =>
      timed(async () => {
        for (const where of conditions) await client.query(`select count(*) from facts t where ${where}`);
      }),
  });
  say("40 rules on a table of 3 million rows; the whole `check run --only consistency` against a count for each rule");
  const ratio = ratioOf(spent.ours, spent.peer);
  return [
    {
      claim: "40 rules on 3 million rows",
      ours: ms(median(spent.ours)),
      peer: `40 queries: ${ms(median(spent.peer))}`,
      ratio,
      wanted: "≤ 0.6",
      ok: ratio <= 0.6,
    },
  ];
}

async function violations(steward: Steward, category: string): Promise<ReadonlyMap<string, number>> {
  const { data } = await steward.check.run({ only: [category] });
  return new Map(data.rules.map(({ rule, violations }) => [rule, violations]));
}

/** What finds less would be faster. */
function expect(found: ReadonlyMap<string, number>, rule: string, count: number): void {
  if (found.get(rule) !== count) throw new Error(`${rule}: found ${found.get(rule)} instead of ${count}`);
}
