import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Bench, Row } from "./shared/bench.ts";
import { cpuSource, inTurn, median, ms, type Program, type Ran, ratioOf, runWell } from "./shared/measure.ts";
import { describeLoaded } from "./shared/modules.ts";
import { installedProject, openWorkspace } from "./shared/workspace.ts";

export const engines: Bench = {
  name: "engines",
  claim: "an embedded engine is open in the time of one command; PGlite never runs initdb on the way",
  async run({ rounds = 5, say }) {
    using workspace = openWorkspace();
    const project = installedProject(workspace);
    const env = { XDG_CACHE_HOME: workspace.make("cache") };
    const state = join(project.dir, ".pgsteward");
    const native = project.program("open-engine.mjs", ["native"], env);
    const pglite = project.program("open-engine.mjs", ["pglite"], env);
    const plain = project.program("plain-pglite.mjs", [join(project.dir, "plain")], env);
    say(`CPU by ${cpuSource}; ${rounds} rounds; native: CPU without the server's own`);

    const remove = (path: string) => () => rmSync(path, { recursive: true, force: true });
    const stop = (): Promise<Ran> => runWell(project.pgsteward(["db", "stop"], { PGSTEWARD_ENGINE: "native" }));
    // Each in the state that it is measured in, whatever ran before it.
    const subjects: Readonly<Record<string, Subject>> = {
      "native, first start (initdb)": { program: native, before: () => stop().then(remove(state)) },
      "native, cold start": { program: native, before: stop },
      "native, attach": { program: native, before: () => runWell(native) },
      "pglite, its data is there": { program: pglite, before: () => runWell(pglite) },
      "pglite, new from the cached template": { program: pglite, before: () => runWell(pglite).then(stop).then(remove(state)) },
      "pglite, the very first (initdb, writes the template)": {
        program: pglite,
        before: () => stop().then(() => [state, env.XDG_CACHE_HOME].forEach((path) => remove(path)())),
      },
      "plain PGlite, new directory (initdb)": { program: plain, before: remove(join(project.dir, "plain")) },
    };
    const walls = new Map<string, number[]>();
    const measured = Object.entries(subjects).map(([name, { program, before }]) => {
      const cpu = async (): Promise<number> => {
        await before();
        const { cpuMs = NaN, wallMs } = await runWell(program, { cpu: true });
        walls.set(name, [...(walls.get(name) ?? []), wallMs]);
        return cpuMs;
      };
      return [name, cpu] as const;
    });
    const cpus = await inTurn(rounds, Object.fromEntries(measured));
    for (const [name, { program, before }] of Object.entries(subjects)) {
      await before();
      say(`${name}: ${await describeLoaded(workspace, program)}`);
    }
    await stop();
    return rowsOf(cpus, walls);
  },
};

interface Subject {
  readonly program: Program;
  /** Puts the project into the state that is measured. */
  readonly before: () => unknown;
}

const initdb = "plain PGlite, new directory (initdb)";

function rowsOf(cpus: Readonly<Record<string, readonly number[]>>, walls: ReadonlyMap<string, readonly number[]>): readonly Row[] {
  const peer = cpus[initdb] ?? [];
  return Object.entries(cpus).map(([claim, values]) => {
    const ratio = ratioOf(values, peer);
    const ours = `CPU ${ms(median(values))}, wall ${ms(median(walls.get(claim) ?? []))}`;
    const verdict = claim.includes("cached template") ? { wanted: "≤ 0.5", ok: ratio <= 0.5 } : {};
    return { claim, ours, peer: `plain PGlite's initdb: CPU ${ms(median(peer))}`, ratio, ...verdict };
  });
}
