/** A bench for the tests of prove and derive-down: migrations that are values, on a scratch database of the test server. */
import type { TestContext } from "node:test";
import type { JudgingOperation } from "../../src/core/operation.ts";
import { type MigrationFile, sqlMigration } from "../../src/migrate/file.ts";
import { type Bench, onScratch } from "../../src/migrate/replay.ts";
import { project } from "../support/migrate-project.ts";

/** Roles belong to the server, which test files share. */
export const reader: string = `prove_reader_${process.pid}`;

/** Runs `body` on a bench where `base` has run, with the role `reader`; everything is taken back. */
export async function onBench(t: TestContext, base: string, body: (bench: Bench) => Promise<void>): Promise<void> {
  const p = await project(t);
  const steward = await p.steward();
  const operation: JudgingOperation<Record<string, never>, null> = {
    kind: "judge",
    name: "migrate experiment",
    summary: "run a test on a bench",
    risk: "reads",
    report: (ctx) =>
      onScratch(ctx, [], async (bench) => {
        await bench.session.script(`create role ${reader}; ${base}`);
        await body(bench);
        return { ok: true, findings: [], data: null };
      }),
  };
  await steward.run(operation);
}

export function migration(up: string, down?: string): MigrationFile {
  const text = `-- Up migration\n${up}\n${down === undefined ? "" : `-- Down migration\n${down}\n`}`;
  return sqlMigration({ name: "005_change", version: "005", path: "migrations/005_change.sql", text });
}
