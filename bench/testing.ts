import { cpSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { createSteward } from "../src/index.ts";
import { testDatabase } from "../src/testing/index.ts";
import type { Bench } from "./shared/bench.ts";
import { inTurn, median, ms, ratioOf } from "./shared/measure.ts";
import { ask, startServer } from "./shared/server.ts";
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
      filter: (path) => !/\/(?:node_modules|\.pgsteward)$/.test(path),
    });
    workspace.make("project/node_modules");
    symlinkSync(checkout, join(cwd, "node_modules/pgsteward"));
    say(`${server.description}; ${rounds} rounds; examples/agent-desk with its seeds`);
    return await server.withDatabase(async (url) => {
      const copied = async (): Promise<number> => {
        const started = performance.now();
        const database = await testDatabase({ cwd, url, env: {} });
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
          const steward = await createSteward({ cwd, env: {}, overrides: { url: empty, environment: "testing" } });
          await steward.migrate.up();
          await steward.seed.run();
          const took = performance.now() - started;
          await steward.close();
          return took;
        });
      await copied();
      const [template] = await ask<{ name: string }>(url, "select datname as name from pg_database where datname ~ '^pgsteward_template_'");
      const plain = async (): Promise<number> => {
        const started = performance.now();
        await ask(url, `create database plain template ${template?.name}`);
        await ask(Object.assign(new URL(url), { pathname: "/plain" }).href, "select 1");
        const took = performance.now() - started;
        await ask(url, "drop database plain with (force)");
        return took;
      };
      const { ours, peer, least } = await inTurn(rounds, { ours: copied, peer: anew, least: plain });
      const ratio = ratioOf(ours, least);
      return [
        {
          claim: "a copy of the template, with a session on it",
          ours: ms(median(ours)),
          peer: `${ms(median(least))} CREATE DATABASE … TEMPLATE and a connection`,
          ratio,
          wanted: "≤ 1.5",
          ok: ratio <= 1.5,
        },
        { claim: "", ours: ms(median(ours)), peer: `${ms(median(peer))} migrate up and seed run`, ratio: ratioOf(ours, peer) },
      ];
    });
  },
};
