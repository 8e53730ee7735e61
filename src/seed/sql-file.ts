/** `.sql` seeders: SQL as psql would run it, with what it declares in its first comments. */
import { asStewardError, failure, StewardError } from "../core/errors.ts";
import { sha256 } from "../core/hash.ts";
import { lineOf, type Statement, splitStatements } from "../core/sql-text.ts";
import { declared, refuseUnknown } from "./declare.ts";
import { seedErrors } from "./errors.ts";
import type { SeederFile, SeederRun } from "./file.ts";

export function readSql(name: string, path: string, source: string): SeederFile {
  const text = source.replace(/^\ufeff/, "");
  const statements = splitStatements(text);
  refuseUnfit(path, text, statements);
  const facts = directivesOf(path, text);
  return {
    ...declared(path, name, facts),
    name,
    path,
    kind: "sql",
    hash: sha256(source),
    sql: text.trim(),
    run: (seed) => runSql(seed, text, statements),
  };
}

const lists = ["environments", "after", "tables"];

/** `-- pgsteward: environments=development,testing category=plans production-safe`, in the comments before the first statement. */
function directivesOf(path: string, text: string): Readonly<Record<string, unknown>> {
  const facts: Record<string, unknown> = {};
  for (const line of text.split("\n")) {
    if (!/^\s*(--|$)/.test(line)) break;
    const words = /^\s*--\s*pgsteward:\s*(.*)$/.exec(line)?.[1]?.trim().split(/\s+/) ?? [];
    for (const word of words.filter(Boolean)) {
      const [written = "", value] = word.split("=", 2);
      const key = written.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
      refuseUnknown(path, [key]);
      facts[key] = lists.includes(key)
        ? (value ?? "").split(",").filter(Boolean)
        : value === undefined || value === "true"
          ? true
          : value === "false"
            ? false
            : value;
    }
  }
  return facts;
}

const transactionWords = ["BEGIN", "COMMIT", "END", "ROLLBACK", "ABORT", "START", "SAVEPOINT", "RELEASE", "PREPARE"];

/** A seeder is one transaction, which is not the file's to end; and nobody answers to psql's own commands here. */
function refuseUnfit(path: string, text: string, statements: readonly Statement[]): void {
  for (const { tokens, start } of statements) {
    const [first, second] = tokens;
    const named = first?.kind === "word" ? first.value : "";
    const ends = transactionWords.includes(named) && (named !== "PREPARE" || second?.value === "TRANSACTION");
    const copies = named === "COPY" && tokens.some(({ kind, value }) => kind === "word" && value === "STDIN");
    const problem = ends
      ? `${named} is not the file's to say: a seeder runs in one transaction`
      : copies
        ? "COPY … FROM STDIN with its data in the file: put the data into a .csv seeder"
        : first?.kind === "symbol" && first.value.startsWith("\\")
          ? `${first.value.split(/\s/)[0] ?? ""} is a command of psql, not SQL`
          : undefined;
    if (problem !== undefined) throw failure(seedErrors, "SEED_FILE_INVALID", { path: `${path}:${lineOf(text, start).line}`, problem });
  }
}

async function runSql({ session }: SeederRun, text: string, statements: readonly Statement[]): Promise<void> {
  if (statements.length === 0) return;
  try {
    await session.script(text);
  } catch (thrown) {
    const error = asStewardError(thrown);
    if (error.code !== "SQL_ERROR") throw error;
    const { line } = lineOf(text, offsetOf(error, text, statements));
    throw Object.assign(error, { data: { ...error.data, line } });
  }
}

/** Where the server points, else where the first statement begins that was not completed. */
function offsetOf({ data }: StewardError, text: string, statements: readonly Statement[]): number {
  const position = data["position"] as number | undefined;
  // The server counts characters, JavaScript counts UTF-16 code units.
  if (position !== undefined) return [...text].slice(0, position - 1).join("").length;
  const completed = (data["completed"] as readonly string[] | undefined)?.length ?? 0;
  return statements[Math.min(completed, statements.length - 1)]?.start ?? 0;
}
