/** `init`: configuration, folder of migrations, package scripts. Touches nothing that is there. */
import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { findMigrations } from "../core/migration-folder.ts";
import type { ActingOperation } from "../core/operation.ts";

export interface InitResult {
  readonly created: readonly string[];
  readonly kept: readonly string[];
}

export const init: ActingOperation<Record<string, never>, InitResult> = {
  kind: "act",
  name: "init",
  summary: "scaffold the configuration, the folder of migrations and the package scripts",
  risk: "reads",
  examples: ["pgsteward init", "pgsteward init --dir db/migrations"],
  async act({ config }) {
    const created: string[] = [];
    const kept: string[] = [];
    const note = (made: boolean, what: string): void => void (made ? created : kept).push(what);
    const folder = relative(config.root, findMigrations(config) ?? join(config.root, "migrations"));
    note(await writeNew(join(config.root, "pgsteward.config.ts"), configTemplate(folder)), "pgsteward.config.ts");
    note((await mkdir(join(config.root, folder), { recursive: true })) !== undefined, `${folder}/`);
    note(await ignoreState(join(config.root, ".gitignore")), ".gitignore: .pgsteward/");
    for (const [made, name] of await addScripts(join(config.root, "package.json"))) note(made, `package.json: ${name}`);
    return { created, kept };
  },
};

async function writeNew(path: string, text: string): Promise<boolean> {
  if (existsSync(path)) return false;
  await writeFile(path, text, { flag: "wx" });
  return true;
}

function configTemplate(dir: string): string {
  return `import { defineConfig } from "pgsteward";

export default defineConfig({
  // Without DATABASE_URL an embedded PostgreSQL under .pgsteward/ is used.
  migrate: { dir: ${JSON.stringify(dir)} },
});
`;
}

async function ignoreState(path: string): Promise<boolean> {
  const text = existsSync(path) ? await readFile(path, "utf8") : "";
  if (/^\.pgsteward\/?\s*$/m.test(text)) return false;
  await appendFile(path, `${text === "" || text.endsWith("\n") ? "" : "\n"}.pgsteward/\n`);
  return true;
}

const scripts: Readonly<Record<string, string>> = {
  "db:migrate": "pgsteward migrate up",
  "db:migrate:status": "pgsteward migrate status",
  "db:migrate:rollback": "pgsteward migrate rollback",
};

/** Keeps the file's indentation, and scripts that are there. */
async function addScripts(path: string): Promise<readonly (readonly [boolean, string])[]> {
  if (!existsSync(path)) return [];
  const text = await readFile(path, "utf8");
  const content = JSON.parse(text) as { scripts?: Record<string, string> };
  const present = content.scripts ?? {};
  const outcome = Object.keys(scripts).map((name) => [!(name in present), name] as const);
  if (outcome.some(([made]) => made)) {
    const indent = /^([ \t]+)"/m.exec(text)?.[1] ?? "  ";
    await writeFile(path, `${JSON.stringify({ ...content, scripts: { ...scripts, ...present } }, null, indent)}\n`);
  }
  return outcome;
}
