/**
 * What PostgreSQL refuses inside a transaction block, recognised from tokens: the list of PreventInTransactionBlock
 * calls of PostgreSQL 14 to 18, and ALTER TYPE … ADD VALUE where the new value is used at once (55P04).
 */
import type { Statement, Token } from "../core/sql-text.ts";

/** How a statement that runs outside a transaction is resumed when a run was killed in it; see resume.ts. */
export type BareKind =
  | "create index"
  | "drop index"
  | "reindex"
  | "detach partition"
  | "add enum value"
  | "create object"
  | "drop object"
  | "repeatable"
  | "backfill"
  | "unknown";

export type TransactionControl = "begin" | "commit" | "rollback";

/** BEGIN, COMMIT or ROLLBACK of a whole transaction; savepoints are none. */
export function transactionControl({ tokens }: Statement): TransactionControl | undefined {
  const [first, second, third] = words(tokens);
  if (first === "BEGIN" || (first === "START" && second === "TRANSACTION")) return "begin";
  if ((first === "COMMIT" || first === "END") && second !== "PREPARED") return "commit";
  const toSavepoint = second === "TO" || third === "TO";
  if (first === "ABORT" || (first === "ROLLBACK" && !toSavepoint && second !== "PREPARED")) return "rollback";
  return undefined;
}

/** Why a statement cannot run in a transaction, as the rule for resuming it; undefined where it can. */
export function bareKind({ tokens }: Statement): BareKind | undefined {
  const all = words(tokens);
  const [first = "", second = "", third = ""] = all;
  const concurrently = all.includes("CONCURRENTLY");
  switch (first) {
    case "CREATE":
      if (concurrently && (second === "INDEX" || third === "INDEX")) return "create index";
      return ["DATABASE", "TABLESPACE", "SUBSCRIPTION"].includes(second) ? "create object" : undefined;
    case "DROP":
      if (concurrently && second === "INDEX") return "drop index";
      return ["DATABASE", "TABLESPACE", "SUBSCRIPTION"].includes(second) ? "drop object" : undefined;
    case "REINDEX":
      return concurrently || all.includes("DATABASE") || all.includes("SYSTEM") || all.includes("SCHEMA") ? "reindex" : undefined;
    case "ALTER":
      if (concurrently && all.includes("DETACH")) return "detach partition";
      if (second === "SYSTEM" || (second === "DATABASE" && all.includes("TABLESPACE"))) return "repeatable";
      return second === "SUBSCRIPTION" ? "repeatable" : undefined;
    case "VACUUM":
      return "repeatable";
    case "CLUSTER":
      return tokens.length === 1 ? "repeatable" : undefined;
    default:
      return undefined;
  }
}

/** What runs outside a transaction only where the file asks for it: CALL and DO may commit, REINDEX may meet a partitioned table. */
export function bareOnDemand({ tokens }: Statement): BareKind | undefined {
  const [first] = tokens;
  if (first?.kind !== "word") return undefined;
  if (first.value === "REINDEX") return "reindex";
  return first.value === "CALL" || first.value === "DO" ? "unknown" : undefined;
}

/** `ALTER TYPE … ADD VALUE 'x'`: the type's last name and the value. */
export function addedEnumValue({ tokens }: Statement): { type: string; value: string } | undefined {
  const [alter, type] = tokens;
  const add = tokens.findIndex(({ value }, i) => value === "ADD" && tokens[i + 1]?.value === "VALUE");
  if (alter?.value !== "ALTER" || type?.value !== "TYPE" || add < 0) return undefined;
  const value = tokens.slice(add).find(({ kind }) => kind === "text");
  const name = tokens[add - 1];
  return value && name ? { type: nameOf(name), value: value.value } : undefined;
}

/** The statements of `list` that add an enum value which a later one uses, unless the type is made in the same list. */
export function enumValuesUsedAtOnce(list: readonly Statement[]): ReadonlySet<Statement> {
  const result = new Set<Statement>();
  list.forEach((statement, i) => {
    const added = addedEnumValue(statement);
    if (!added || list.slice(0, i).some((earlier) => createsType(earlier, added.type))) return;
    const quoted = `'${added.value.replaceAll("'", "''")}'`;
    // Function bodies are texts to the tokenizer: a use inside one shows as the quoted value in the text.
    if (list.slice(i + 1).some((later) => !addedEnumValue(later) && later.tokens.some((token) => uses(token, added.value, quoted))))
      result.add(statement);
  });
  return result;
}

function uses({ kind, value }: Token, wanted: string, quoted: string): boolean {
  return kind === "text" && (value === wanted || value.includes(quoted));
}

function createsType({ tokens }: Statement, type: string): boolean {
  const [create, word, ...rest] = tokens;
  return create?.value === "CREATE" && word?.value === "TYPE" && rest.slice(0, 3).some((token) => nameOf(token) === type);
}

/** A token as PostgreSQL folds it into a name. */
export function nameOf({ kind, value }: Token): string {
  return kind === "word" ? value.toLowerCase() : value;
}

function words(tokens: readonly Token[]): string[] {
  return tokens.filter(({ kind }) => kind === "word").map(({ value }) => value);
}

/** Names of the extensions that `CREATE EXTENSION` asks for. */
export function wantedExtensions(list: readonly Statement[]): string[] {
  return list.flatMap(({ tokens }) => {
    const [create, extension, ...rest] = tokens;
    if (create?.value !== "CREATE" || extension?.value !== "EXTENSION") return [];
    const name = rest.find(({ value }) => !["IF", "NOT", "EXISTS"].includes(value));
    return name ? [nameOf(name)] : [];
  });
}
