/** What servers of different versions print differently for the same object, brought to one form. */

/** Words that some of the versions 14 to 18 quote as identifiers and others do not (pg_get_keywords, catcode <> 'U'). */
const keywords = new Set(
  "json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize json_table json_value merge_action system_user"
    .split(" ")
    .map((word) => `"${word}"`),
);

/** Text that the server deparsed: keywords of later versions unquoted, except in string constants. */
export function canonicalText(text: string): string {
  if (!text.includes('"')) return text;
  return text.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, (token) => (keywords.has(token) ? token.slice(1, -1) : token));
}

/** A function's definition: a body in a string stays as it is but for its line ends; the head is deparsed text. */
export function canonicalFunction(text: string): string {
  const unix = text.replaceAll("\r\n", "\n");
  const body = unix.search(/^AS /m);
  return body < 0 ? canonicalText(unix) : canonicalText(unix.slice(0, body)) + unix.slice(body);
}

type Node = string | Group;
/** What stands between parentheses. */
interface Group {
  readonly nodes: Node[];
}

const tokens = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*|::|\s+|[^]/gu;
const endOfFrom = new Set(["WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR", ";"]);
const setOperation = new Set(["UNION", "INTERSECT", "EXCEPT"]);

/**
 * A view's query. PostgreSQL up to 15 qualifies the columns of a view on one relation with its name, later ones do not:
 * here they never are. Nothing is lost by that, since at that level there is nothing else that a name can mean.
 */
export function canonicalView(text: string): string {
  const plain = canonicalText(text);
  const { nodes } = parse(plain);
  const [start, end] = rangeOfFrom(nodes);
  const relation = isSetOperation(nodes) ? undefined : onlyRelation(nodes.slice(start, end));
  if (relation === undefined) return plain;
  return print([...unqualified(nodes.slice(0, start), relation), ...nodes.slice(start, end), ...unqualified(nodes.slice(end), relation)]);
}

function parse(text: string): Group {
  const root: Group = { nodes: [] };
  const open = [root];
  for (const [token] of text.matchAll(tokens)) {
    const group: Group = { nodes: [] };
    if (token === "(") open.at(-1)?.nodes.push(group);
    if (token === "(") open.push(group);
    else if (token === ")") open.pop();
    else open.at(-1)?.nodes.push(token);
  }
  return root;
}

function print(nodes: readonly Node[]): string {
  return nodes.map((node) => (typeof node === "string" ? node : `(${print(node.nodes)})`)).join("");
}

/** Where FROM stands and where it ends: twice the end where there is none. */
function rangeOfFrom(nodes: readonly Node[]): readonly [start: number, end: number] {
  const from = nodes.indexOf("FROM");
  const start = from < 0 ? nodes.length : from;
  const length = nodes.slice(start).findIndex((node) => typeof node === "string" && endOfFrom.has(node));
  return [start, length < 0 ? nodes.length : start + length];
}

/** The name by which the relation in FROM goes; undefined where there is none, or more than one. */
function onlyRelation(from: readonly Node[]): string | undefined {
  const [, first, ...more] = significant(from);
  if (more.includes(",") || (isGroup(first) && !isQuery(first.nodes))) return undefined;
  const items = [first, ...more];
  const sample = items.indexOf("TABLESAMPLE");
  const name = items.slice(0, sample < 0 ? undefined : sample).findLast((node) => typeof node === "string" && isIdentifier(node));
  return typeof name === "string" ? bare(name) : undefined;
}

function unqualified(nodes: readonly Node[], relation: string): Node[] {
  const result: Node[] = [];
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i] as Node;
    if (isQualifier(nodes, i, relation)) i++;
    else result.push(isGroup(node) && !isQuery(node.nodes) ? { nodes: unqualified(node.nodes, relation) } : node);
  }
  return result;
}

/** `relation.column`, and not the whole row `relation.*`, nor a type, a function or a collation in a schema of that name. */
function isQualifier(nodes: readonly Node[], i: number, relation: string): boolean {
  const node = nodes[i];
  if (typeof node !== "string" || !isIdentifier(node) || bare(node) !== relation || nodes[i + 1] !== ".") return false;
  const before = significant(nodes.slice(Math.max(0, i - 2), i)).at(-1);
  const column = nodes[i + 2];
  if (before === "::" || before === "COLLATE" || before === "." || typeof column !== "string" || !isIdentifier(column)) return false;
  return !isGroup(nodes[i + 3]) && nodes[i + 3] !== ".";
}

function isQuery(nodes: readonly Node[]): boolean {
  const [first] = significant(nodes);
  return first === "SELECT" || first === "WITH" || first === "VALUES" || isSetOperation(nodes);
}

function isSetOperation(nodes: readonly Node[]): boolean {
  return nodes.some((node) => typeof node === "string" && setOperation.has(node));
}

function significant(nodes: readonly Node[]): Node[] {
  return nodes.filter((node) => typeof node !== "string" || node.trim() !== "");
}

function isGroup(node: Node | undefined): node is Group {
  return typeof node === "object";
}

function isIdentifier(token: string): boolean {
  return /^["\p{L}_]/u.test(token);
}

/** The name itself: without quotes, and in the lower case in which XMLTABLE names its relation. */
function bare(identifier: string): string {
  return identifier.startsWith('"') ? identifier.slice(1, -1).replaceAll('""', '"') : identifier.toLowerCase();
}
