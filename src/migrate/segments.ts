/**
 * A section of a file cut into what can run as one transaction and what must run alone. A file that holds no such
 * statement is one segment, its text as it stands.
 */
import { failure } from "../core/errors.ts";
import { lineOf, type Statement, scanStatements } from "../core/sql-text.ts";
import type { Backfill } from "./backfill.ts";
import { backfillIn, updateTarget } from "./backfill-directive.ts";
import { migrateErrors } from "./errors.ts";
import { hashOf, type Section } from "./file.ts";
import { setsForSession } from "./settings.ts";
import { type BareKind, bareKind, bareOnDemand, enumValuesUsedAtOnce, transactionControl } from "./statements.ts";

export interface Segment {
  /** Undefined for a transaction; else why it runs alone. */
  readonly bare: BareKind | undefined;
  /** How the statement is run in chunks, where the file asks for it. */
  readonly backfill?: Backfill;
  readonly statements: readonly Statement[];
  readonly text: string;
  /** Where `text` begins in the section's text. */
  readonly offset: number;
  readonly hash: string;
  /** SETs of earlier segments: they hold to the end of the file, also when a later run continues it. */
  readonly settings: readonly Statement[];
}

/** Cuts a section. `transaction: false` runs every statement outside BEGIN … COMMIT as a transaction of its own. */
export function segmentsOf(section: Section, transaction: boolean): readonly Segment[] {
  const text = withoutPsqlGuards(section.text);
  const { statements, unclosed } = scanStatements(text);
  // What stands behind it in our message would become a part of it. Where strings have other rules, only the server knows.
  if (unclosed !== undefined && !/standard_conforming_strings/i.test(text))
    throw failure(migrateErrors, "MIGRATE_UNCLOSED", {
      path: section.path,
      line: lineAt(section, unclosed),
      quote: text.slice(unclosed, unclosed + 20),
    });
  for (const statement of statements) refuse(statement, section);
  const alone = enumValuesUsedAtOnce(statements);
  const backfills = backfillsOf(text, statements, section.path);
  const groups: { bare: BareKind | undefined; statements: Statement[] }[] = [];
  let open = false;
  let inside = transaction;
  for (const statement of statements) {
    const control = transactionControl(statement);
    const backfill = backfills.has(statement) ? "backfill" : undefined;
    const enumValue = alone.has(statement) ? "add enum value" : undefined;
    const bare = backfill ?? enumValue ?? bareKind(statement) ?? (inside ? undefined : bareOnDemand(statement));
    if (control !== undefined) inside = transaction || control === "begin";
    else if (bare !== undefined || !open) groups.push({ bare, statements: [statement] });
    else groups.at(-1)?.statements.push(statement);
    open = control === undefined && bare === undefined && inside;
  }
  const whole = groups.length === 1 && groups[0]?.bare === undefined && statements.every((s) => transactionControl(s) === undefined);
  if (whole) return [{ bare: undefined, statements, text, offset: 0, hash: hashOf(text), settings: [] }];
  return groups.map(({ bare, statements: own }) => {
    const [start, end] = [own[0]?.start ?? 0, own.at(-1)?.end ?? 0];
    const settings = statements.filter((statement) => statement.end < start && setsForSession(statement));
    const backfill = own[0] && backfills.get(own[0]);
    const part = { bare, statements: own, text: text.slice(start, end), offset: start, hash: hashOf(text.slice(start, end)), settings };
    return backfill ? { ...part, backfill } : part;
  });
}

/** The statements below a backfill directive. */
function backfillsOf(text: string, statements: readonly Statement[], path: string): ReadonlyMap<Statement, Backfill> {
  if (!/pgsteward:\s*backfill/i.test(text)) return new Map();
  return new Map(
    statements.flatMap((statement, i) => {
      const backfill = backfillIn(text.slice(statements[i - 1]?.end ?? 0, statement.start), path);
      if (backfill) updateTarget(statement, path);
      return backfill ? [[statement, backfill] as const] : [];
    }),
  );
}

/** The SETs that earlier segments of the file made. */
export const replaySettings = ({ settings }: Segment): string => settings.map(({ text }) => `${text};\n`).join("");

/** pg_dump since 17.6 frames its output in `\restrict` and `\unrestrict`; to a server they are nothing. */
function withoutPsqlGuards(text: string): string {
  return text.replace(/^\\(un)?restrict\b.*$/gm, (line) => " ".repeat(line.length));
}

const lineAt = (section: Section, offset: number): number => section.line + lineOf(section.text, offset).line - 1;

function refuse(statement: Statement, section: Section): void {
  const at = { path: section.path, line: lineAt(section, statement.start) };
  if (statement.text.startsWith("\\")) throw failure(migrateErrors, "MIGRATE_PSQL_COMMAND", { ...at, command: statement.text });
  if (transactionControl(statement) === "rollback") throw failure(migrateErrors, "MIGRATE_ROLLBACK_IN_FILE", at);
  if (statement.tokens[0]?.value === "PREPARE" && statement.tokens[1]?.value === "TRANSACTION")
    throw failure(migrateErrors, "MIGRATE_PREPARE_IN_FILE", at);
  const words = statement.tokens.map(({ value }) => value.toUpperCase());
  if (words[0] === "COPY" && words.includes("STDIN")) throw failure(migrateErrors, "MIGRATE_COPY_STDIN", at);
}
