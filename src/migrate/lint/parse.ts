/** PostgreSQL's own parser: 26 ms CPU to load, 0.07 ms a statement. The deparser costs another 8. */
import type { Node } from "libpg-query";

type KeysOf<T> = T extends T ? keyof T : never;
type ValueOf<T, K extends PropertyKey> = T extends T ? (K extends keyof T ? T[K] : never) : never;

export type NodeKind = KeysOf<Node>;
export type NodeOf<K extends NodeKind> = ValueOf<Node, K>;

export type Parse = (statement: string) => Node | undefined;

export interface Parser {
  /** One statement; undefined where the parser of PostgreSQL 18 does not take it. */
  readonly parse: Parse;
  /** The statements in the body of a DO block that are written out; those that it puts together are not known. */
  inBlock(statement: string): Node[];
  /** SQL of a node. It loses comments and form: only for what was changed. */
  readonly deparse: (node: Node) => string;
}

export async function loadParser(): Promise<Parser> {
  const [{ loadModule, parseSync, parsePlPgSQLSync }, { deparseSync }] = await Promise.all([
    import("libpg-query"),
    import("pgsql-deparser"),
  ]);
  await loadModule();
  const parse: Parse = (statement) => orUndefined(() => parseSync(statement).stmts?.[0]?.stmt);
  return {
    parse,
    inBlock(statement) {
      const body = orUndefined(() => parsePlPgSQLSync(statement)) as unknown;
      return queriesIn(body).flatMap((query) => parse(query) ?? []);
    },
    deparse: (node) => deparseSync(node),
  };
}

function orUndefined<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

interface BodyNode {
  readonly PLpgSQL_stmt_execsql?: { readonly sqlstmt?: Expression };
  readonly PLpgSQL_stmt_dynexecute?: { readonly query?: Expression };
}

interface Expression {
  readonly PLpgSQL_expr?: { readonly query?: string };
}

/** The texts of a PL/pgSQL body's own SQL statements, also of an EXECUTE of one literal. */
function queriesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(queriesIn);
  if (typeof value !== "object" || value === null) return [];
  const { PLpgSQL_stmt_execsql: plain, PLpgSQL_stmt_dynexecute: dynamic } = value as BodyNode;
  const literal = /^'((?:[^']|'')*)'$/.exec(dynamic?.query?.PLpgSQL_expr?.query ?? "")?.[1];
  const query = plain?.sqlstmt?.PLpgSQL_expr?.query ?? literal?.replaceAll("''", "'");
  return query === undefined ? Object.values(value).flatMap(queriesIn) : [query];
}

/** The node's content where it is of this kind: `as(node, "AlterTableStmt")`. */
export function as<K extends NodeKind>(node: Node | undefined, kind: K): NodeOf<K> | undefined {
  return node === undefined ? undefined : (node as Partial<Record<K, NodeOf<K>>>)[kind];
}

/** Every node of a kind at any depth, such as a DELETE inside a WITH. */
export function everywhere<K extends NodeKind>(root: unknown, kind: K): NodeOf<K>[] {
  const found: NodeOf<K>[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === kind) found.push(inner as NodeOf<K>);
      visit(inner);
    }
  };
  visit(root);
  return found;
}

/** `schema.name` of a RangeVar; without a schema, public is meant. */
export function relationName({ schemaname, relname }: { readonly schemaname?: string; readonly relname?: string }): string {
  return [schemaname ?? "public", relname ?? ""].map(quoted).join(".");
}

/** As `format('%I')` writes it, keywords apart. */
export function quoted(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** The texts of a list of String nodes: the parts of a qualified name. */
export function strings(list: readonly Node[] | undefined): string[] {
  return (list ?? []).flatMap((node) => as(node, "String")?.sval ?? []);
}
