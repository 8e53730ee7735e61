/** A drizzle schema as SQL, by the project's own drizzle-kit in a process of its own. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { failure, type StewardError } from "../../core/errors.ts";
import { migrateErrors } from "../errors.ts";
import type { DrizzleAnswer, DrizzleProblem, DrizzleTask, FolderAnswer } from "./drizzle-talk.ts";
import type { Declaration } from "./source.ts";

/** Errors: MIGRATE_ORM_MISSING, MIGRATE_ORM_VERSION, MIGRATE_ORM_SCHEMA. */
export async function readDrizzle(task: DrizzleTask, signal: AbortSignal | undefined): Promise<Declaration> {
  const answer = await ask(task, signal);
  if (answer.kind !== "schema") throw refusal(task, { kind: "problem", what: "kit", text: "it answered something else" });
  const sql = answer.statements.map((statement) => `${statement.trim().replace(/;$/, "")};`).join("\n\n");
  return { source: "drizzle", files: answer.files, sql, whole: false, drizzle: answer };
}

type Answer = DrizzleAnswer | FolderAnswer;

/** Runs a task in the project's directory; what a schema file keeps open ends with the process. */
export async function ask(task: DrizzleTask, signal: AbortSignal | undefined): Promise<Answer> {
  const script = fileURLToPath(new URL(`./drizzle-child.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(task)], {
    cwd: task.root,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    signal,
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text: string) => void said.push(text));
  const answer = await new Promise<Answer | DrizzleProblem>((resolve) => {
    child.once("message", (message) => resolve(message as Answer | DrizzleProblem));
    child.once("error", (error) => resolve({ kind: "problem", what: "kit", text: error.message }));
    // drizzle-kit prints what is wrong with a schema, and exits.
    child.once("close", (code) =>
      resolve({ kind: "problem", what: "schema", text: `drizzle-kit ended with code ${code}`, detail: said.join("") }),
    );
  });
  child.kill();
  signal?.throwIfAborted();
  if (answer.kind === "problem") throw refusal(task, answer);
  return answer;
}

function refusal({ root, config, schema }: DrizzleTask, { what, text, path, code, detail }: DrizzleProblem): StewardError {
  const more = detail === undefined || detail === "" ? {} : { detail };
  if (what === "missing")
    return failure(
      migrateErrors,
      "MIGRATE_ORM_MISSING",
      { package: text, root, install: "npm install --save-dev drizzle-kit && npm install drizzle-orm" },
      more,
    );
  if (what === "version")
    return failure(migrateErrors, "MIGRATE_ORM_VERSION", { package: "drizzle-kit", version: text, known: "0.30, 0.31 and 1.0" }, more);
  const where = path ?? schema ?? config ?? root;
  return failure(
    migrateErrors,
    "MIGRATE_ORM_SCHEMA",
    { path: where, problem: text },
    { ...more, hint: what === "schema" ? hintFor(text, code) : undefined },
  );
}

/** What Node says of files that bundlers and drizzle-kit's own loader take. */
function hintFor(text: string, code: string | undefined): string | undefined {
  if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND")
    return "schema files are loaded by Node itself: paths of tsconfig.json are not known to it; write relative imports, or `imports` in package.json (#db/users)";
  if (code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX" || code === "ERR_INVALID_TYPESCRIPT_SYNTAX")
    return "schema files are loaded by Node's type stripping: no enum, namespace or parameter property, and no .tsx";
  if (/does not provide an export named/.test(text)) return "import types with `import type`: Node strips types and nothing else";
  return undefined;
}
