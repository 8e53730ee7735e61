/** Everything that pgsteward can say no with: the rooms' error tables, and the findings that its source makes. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ErrorTable } from "../src/core/errors.ts";
import { callsOf, literalText, readFiles, repository, type SourceFile } from "./source.ts";

export interface NamedTable {
  /** `migrateErrors` */
  readonly name: string;
  readonly path: string;
  readonly table: ErrorTable;
}

const exportedTable = /\bexport const (\w+Errors)\b/g;

/** Every exported error table of src/, by file and name. */
export async function errorTables(sources: readonly SourceFile[] = readFiles("src/**/*.ts")): Promise<readonly NamedTable[]> {
  const found = sources.flatMap(({ path, text }) => [...text.matchAll(exportedTable)].map(({ 1: name = "" }) => ({ path, name })));
  return Promise.all(
    found.map(async ({ path, name }) => {
      const module = (await import(pathToFileURL(join(repository, path)).href)) as Record<string, ErrorTable>;
      return { name, path, table: module[name] as ErrorTable };
    }),
  );
}

export interface KnownFinding {
  readonly code: string;
  readonly path: string;
  /** `error`, `warning`, `info`; where the source computes it, all that it can be. */
  readonly severities: readonly string[];
  /** What it says, with `…` for what depends on the case; undefined where the source computes all of it. */
  readonly message: string | undefined;
  readonly hint: string | undefined;
}

export const code: RegExp = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/;

/** Every finding with a code of its own, by code. What passes an error on as a finding has the error's code. */
export function knownFindings(sources: readonly SourceFile[] = readFiles("src/**/*.ts")): readonly KnownFinding[] {
  const all = sources.flatMap(({ path, text }) => [
    ...["finding", "add"].flatMap((name) => callsOf(text, name).flatMap(({ args }) => describe(path, args))),
    ...callsOf(text, "differencesAsFindings").flatMap(({ args: [, given = ""] }) => describe(path, ['"error"', given])),
  ]);
  const byCode = new Map(all.map((finding) => [finding.code, finding]));
  return [...byCode.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** `severity, code, object, message, hint` as a call writes them. */
function describe(path: string, [severity = "", given = "", , message = "", hint = ""]: readonly string[]): readonly KnownFinding[] {
  const text = literalText(given);
  if (text === undefined || !code.test(text)) return [];
  const named = literalText(severity);
  const severities = named === undefined ? ["error", "warning"] : [named];
  return [{ code: text, path, severities, message: literalText(message), hint: literalText(hint) }];
}
