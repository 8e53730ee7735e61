/** The examples' own folders, on a scratch database: proved as they stand, and with their downs derived anew. */
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { JudgingOperation } from "../../src/core/operation.ts";
import type { Steward } from "../../src/steward.ts";
import type { MigrationFile } from "../../src/migrate/file.ts";
import { readFolder } from "../../src/migrate/folder.ts";
import { derivedDown } from "../../src/migrate/prove/derive/derived-down.ts";
import { extensionsOf, onScratch } from "../../src/migrate/replay.ts";
import { project } from "../support/migrate-project.ts";
import { root } from "../support/migrate-server.ts";

export interface Example {
  readonly name: string;
  readonly dir: string;
  readonly prelude?: string;
  readonly scratch: "pglite" | "target";
  /** What each lossy file loses; every other file is proved. */
  readonly lossy: Readonly<Record<string, readonly string[]>>;
}

export const penny: Example = {
  name: "penny",
  dir: "examples/penny/migrations",
  // The native server of the tests has no pgvector.
  scratch: "pglite",
  lossy: {
    "003_tenant_system": [
      "the values of public.users.updated_at change in 1 of 3 rows",
      "the values of public.api_keys.updated_at change in 3 of 3 rows",
    ],
  },
};

export const agentDesk: Example = {
  name: "agent-desk",
  dir: "examples/agent-desk/supabase/migrations",
  prelude: "examples/agent-desk/supabase/prelude.sql",
  scratch: "target",
  lossy: {},
};

async function stewardOf(t: Parameters<typeof project>[0], { dir, prelude, scratch }: Example): Promise<Steward> {
  const p = await project(t);
  const migrate = { dir: join(root, dir), ...(prelude === undefined ? {} : { prelude: join(root, prelude) }) };
  const env = { PATH: process.env["PATH"], USER: "tester", XDG_CACHE_HOME: join(tmpdir(), "pgsteward-test-cache") };
  return p.steward({ scratch, migrate }, { env, cwd: root });
}

export function testProve(example: Example): void {
  test(`every migration of ${example.name} is proved, or says what it loses`, async (t) => {
    const steward = await stewardOf(t, example);
    const { ok, data, findings } = await steward.migrate.prove();
    assert.equal(ok, true);
    assert.ok(data.files.length > 5);
    for (const { name, verdict, lost, problems, unfilled } of data.files) {
      assert.deepEqual(lost, example.lossy[name] ?? [], name);
      assert.equal(verdict, name in example.lossy ? "lossy" : "proved", problems.join("\n"));
      assert.deepEqual(unfilled, [], name);
    }
    assert.equal(data.chain.verdict, "proved", data.chain.problems.join("\n"));
    assert.deepEqual(findings, [], "losses are declared");
  });
}

export function testDerive(example: Example): void {
  test(`the down of every migration of ${example.name} is derived and proved`, async (t) => {
    const steward = await stewardOf(t, example);
    const operation: JudgingOperation<Record<string, never>, null> = {
      kind: "judge",
      name: "migrate experiment",
      summary: "run a test on a bench",
      risk: "reads",
      report: async (ctx) => {
        const { files } = await readFolder(ctx.config);
        await onScratch(ctx, extensionsOf(files), async (bench) => {
          const making = { rows: 3, solved: new Map() };
          for (const file of files) {
            const bare: MigrationFile = { ...file, down: undefined };
            const { verdict, sql, losses, refused, problems } = await derivedDown(bench, bare, making);
            const why = [...refused.map(({ reason }) => reason), ...problems, sql].join("\n");
            assert.equal(verdict, file.name in example.lossy ? "lossy" : "proved", `${file.name}: ${why}`);
            assert.deepEqual(losses, example.lossy[file.name] ?? [], file.name);
            await bench.apply(file);
          }
        });
        return { ok: true, findings: [], data: null };
      },
    };
    await steward.run(operation);
  });
}
