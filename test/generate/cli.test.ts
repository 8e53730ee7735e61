/** `pgsteward migrate generate` as people and scripts see it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type CliResult, cliOn } from "../support/cli-run.ts";
import { declared, drizzleConfig } from "./support.ts";

const schema = (column: string): string =>
  `import { pgTable, text } from "drizzle-orm/pg-core";\nexport const users = pgTable("users", { name: text("${column}").notNull() });\n`;

test("a decision exits with 3 and the flag; what is written is said; nothing to do is said", async (t) => {
  const p = await declared(t, { "drizzle.config.ts": drizzleConfig('"./schema.ts"'), "schema.ts": schema("name") });
  const run = (...words: readonly string[]): Promise<CliResult> => cliOn(p, "migrate", "generate", ...words, "--scratch", "target");
  const first = await run("init");
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^created .*001_init.sql\nequal to .*schema.ts, proved on scratch postgres [\d.]+; down: proved\n$/);

  await p.put({ "schema.ts": schema("full_name") });
  const undecided = await run("names");
  assert.deepEqual([undecided.code, undecided.stdout], [3, ""]);
  assert.match(undecided.stderr, /→ if it was renamed: `pgsteward migrate generate names --rename users.name=full_name`/);

  const printed = await run("names", "--rename", "users.name=full_name", "--no-write");
  assert.match(printed.stdout, /^ALTER TABLE public.users RENAME COLUMN name TO full_name;\n\n-- Down migration\n\nALTER/);
  const written = await run("names", "--rename", "users.name=full_name", "--json");
  const document = JSON.parse(written.stdout) as { ok: boolean; findings: { code: string }[]; result: { path: string } };
  assert.equal(document.ok, true);
  assert.match(document.result.path, /002_names.sql$/);
  assert.ok(document.findings.some(({ code }) => code === "LINT_RENAME"));
  assert.match((await run("again")).stdout, /^nothing to generate: the migrations make what .*schema.ts declares/);
  await p.put({ "more.ts": "export {};\n" });
  const two = await run("again", "--schema", "./{schema,more}.ts");
  assert.match(two.stdout, /^nothing to generate: the migrations make what 2 schema files declare /);
});
