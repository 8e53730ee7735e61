/** The project's own checks: `checks/*.ts` with `defineCheck`, and `checks/*.sql`, which return what is wrong. */
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import type { Config } from "../../core/config.ts";
import { failure } from "../../core/errors.ts";
import { sha256 } from "../../core/hash.ts";
import { checkErrors } from "../errors.ts";
import type { CheckDefinition } from "../rule.ts";
import { readSqlCheck } from "./sql-file.ts";

/** A definition with the place where it stands. */
export interface ProjectCheck {
  readonly definition: CheckDefinition;
  /** Relative to the project. */
  readonly file: string;
  /** Of the file, to find the line of what the server complains about. */
  readonly content: string;
}

/** Reads every file of the folder, by name; a project without the folder has no checks. Errors: CHECK_UNREADABLE, CHECK_INVALID. */
export async function loadProjectChecks({ root, check }: Pick<Config, "root" | "check">): Promise<readonly ProjectCheck[]> {
  const names = await readdir(check.dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const loaded: ProjectCheck[] = [];
  for (const name of names.filter((one) => /(?<!\.(?:d|test))\.(?:[cm]?[jt]s|sql)$/.test(one)).sort()) {
    const path = join(check.dir, name);
    const file = relative(root, path).replaceAll("\\", "/");
    const content = await readFile(path, "utf8");
    const definitions = name.endsWith(".sql") ? [readSqlCheck(file, name, content)] : await definitionsOf(path, file, content);
    loaded.push(...definitions.map((definition) => ({ definition, file, content })));
  }
  refuseTwins(loaded);
  return loaded;
}

/** Node keeps what it has loaded by its URL: a process that lives on must see what was edited. */
async function definitionsOf(path: string, file: string, content: string): Promise<readonly CheckDefinition[]> {
  const refuse = (problem: string, cause?: unknown): Error => failure(checkErrors, "CHECK_UNREADABLE", { file, problem }, { cause });
  const loaded = await import(`${pathToFileURL(path).href}?${sha256(content).slice(0, 12)}`).catch((cause: unknown) => {
    throw refuse(cause instanceof Error ? cause.message : String(cause), cause);
  });
  const given = (loaded as { default?: unknown }).default;
  if (typeof given !== "object" || given === null) throw refuse("it has no default export");
  return (Array.isArray(given) ? given : [given]) as CheckDefinition[];
}

function refuseTwins(checks: readonly ProjectCheck[]): void {
  const seen = new Map<string, string>();
  for (const { definition, file, content } of checks) {
    const other = seen.get(definition.name);
    if (other !== undefined) throw invalid({ file, content }, definition.name, `there is a check ${definition.name} in ${other} too`);
    seen.set(definition.name, file);
  }
}

/** The refusal of a check, at the line where `text` stands in its file. */
export function invalid({ file, content }: Pick<ProjectCheck, "file" | "content">, text: string, problem: string, cause?: unknown): Error {
  return failure(checkErrors, "CHECK_INVALID", { file, line: lineOf(content, text), problem }, { cause });
}

/** The line where a text begins, in quotes if it stands so; the first where it is not written as such: a template may have put it together. */
export function lineOf(content: string, text: string): number {
  const written = ['"', "'", "`"].map((quote) => `${quote}${text}${quote}`).find((one) => content.includes(one)) ?? text;
  const at = text === "" ? -1 : content.indexOf(written);
  return at < 0 ? 1 : content.slice(0, at).split("\n").length;
}
