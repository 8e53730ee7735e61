import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Bench, Row } from "./shared/bench.ts";
import { corpus } from "./shared/corpus.ts";
import { cpuSource, differenceOf, inTurn, median, ms, type Program, ratioOf, runWell } from "./shared/measure.ts";
import { describeLoaded } from "./shared/modules.ts";
import { startServer } from "./shared/server.ts";
import { pgsteward } from "./shared/tools.ts";
import { installedProject, openWorkspace, type Project } from "./shared/workspace.ts";

export const startup: Bench = {
  name: "startup",
  claim: "a start costs little, and a command that has nothing to do little more than a connection",
  async run({ rounds = 21, say }) {
    using workspace = openWorkspace();
    await using server = await startServer(workspace);
    const project = installedProject(workspace);
    say(`${server.description}; CPU by ${cpuSource}; ${rounds} rounds, warm compile cache`);
    return await server.withDatabase((few) =>
      server.withDatabase(async (many) => {
        const upFew = await applied(project, few, 10);
        const upMany = await applied(project, many, 1000);
        const subjects = {
          node: { program: "node", args: ["-e", "0"] },
          version: project.pgsteward(["--version"]),
          help: project.pgsteward(["--help"]),
          bare: project.program("bare.mjs", [], { DATABASE_URL: few }),
          few: upFew,
          many: upMany,
        };
        for (const subject of Object.values(subjects)) await runWell(subject);
        const cpu = (subject: Program) => async (): Promise<number> => (await runWell(subject, { cpu: true })).cpuMs ?? NaN;
        const spent = await inTurn(rounds, {
          node: cpu(subjects.node),
          version: cpu(subjects.version),
          help: cpu(subjects.help),
          bare: cpu(subjects.bare),
          few: cpu(subjects.few),
          many: cpu(subjects.many),
        });
        for (const name of ["version", "help", "few"] as const) say(`${name}: ${await describeLoaded(workspace, subjects[name])}`);
        return [
          beyond("pgsteward --version, CPU beyond node -e 0", spent.version, spent.node, 100),
          beyond("pgsteward --help, CPU beyond node -e 0", spent.help, spent.node, 100),
          nothingToDo(spent.few, spent.bare),
          thousand(spent.many, spent.bare),
        ];
      }),
    );
  },
};

/** The command `up` of a database on which all `count` migrations are applied already. */
async function applied(project: Project, url: string, count: number): Promise<Program> {
  const dir = join(project.dir, `migrations-${count}`);
  mkdirSync(dir);
  const tool = pgsteward(project);
  tool.write(dir, corpus(count));
  await runWell(tool.up(dir, url));
  return tool.up(dir, url);
}

function beyond(claim: string, ours: readonly number[], node: readonly number[], limitMs: number): Row {
  const extra = differenceOf(ours, node);
  return {
    claim: `${claim}: ${ms(extra)}`,
    ours: ms(median(ours)),
    peer: `node -e 0: ${ms(median(node))}`,
    ratio: ratioOf(ours, node),
    wanted: `≤ ${limitMs} ms beyond`,
    ok: extra <= limitMs,
  };
}

const bareName = "node + pg + one query";

function nothingToDo(ours: readonly number[], bare: readonly number[]): Row {
  const ratio = ratioOf(ours, bare);
  const row = { claim: "migrate up with nothing to do, CPU", ours: ms(median(ours)), peer: `${bareName}: ${ms(median(bare))}`, ratio };
  return { ...row, wanted: "≤ 1.5", ok: ratio <= 1.5 };
}

function thousand(ours: readonly number[], bare: readonly number[]): Row {
  return {
    claim: "the same with 1,000 files, CPU",
    ours: ms(median(ours)),
    peer: `${bareName}: ${ms(median(bare))}`,
    ratio: ratioOf(ours, bare),
    wanted: "≤ 300 ms in all",
    ok: median(ours) <= 300,
  };
}
