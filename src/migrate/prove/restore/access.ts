/** GRANT, REVOKE, default privileges and comments: what is said about objects, once they are as they were. */
import type { CatalogObject } from "../../../core/catalog.ts";
import { literal } from "../../../core/sql.ts";
import { aboveOf, grantOf, type Label, labelOf, lastOf } from "./names.ts";
import { inOrder, keyOf, relationNamed, routineWord, type Undo, type World } from "./undo.ts";

/** Statements for the grants, default privileges and comments that differ; `undefined` is none. */
export function accessOf(want: CatalogObject | undefined, now: CatalogObject | undefined, world: World): Undo[] {
  const object = want ?? now;
  if (!object) return [];
  const sql = statementFor(object, want, now, world);
  return sql === undefined || sql === "" ? [] : [{ sql, object: keyOf(object), within: withinOf(object, world) }];
}

function statementFor(
  { kind, name }: CatalogObject,
  want: CatalogObject | undefined,
  now: CatalogObject | undefined,
  world: World,
): string | undefined {
  if (kind === "comment") return comment(name, want, world);
  return kind === "grant" ? grants(name, want, now, world) : defaults(name, want, now, world);
}

/** The commented or granted object, and the relation that it lies in. */
function withinOf({ kind, name }: CatalogObject, { now, want }: World): string[] {
  if (kind !== "comment" && kind !== "grant") return [];
  const { kind: what, name: target } = kind === "grant" ? grantOf(name) : labelOf(name);
  const object = now.get(`${what} ${target}`) ?? want.get(`${what} ${target}`);
  const relation = object?.parent === undefined ? undefined : (relationNamed(now, object.parent) ?? relationNamed(want, object.parent));
  return [`${what} ${target}`, ...(relation ? [keyOf(relation)] : [])];
}

function comment(label: string, want: CatalogObject | undefined, world: World): string | undefined {
  const target = targetOf(labelOf(label), world);
  return target === undefined ? undefined : `COMMENT ON ${target} IS ${want === undefined ? "NULL" : literal(want.definition).trim()}`;
}

function targetOf({ kind, name }: Label, { now, want }: World): string | undefined {
  switch (kind) {
    case "database":
      return undefined;
    case "policy":
    case "trigger":
    case "rule":
      return `${kind.toUpperCase()} ${lastOf(name)} ON ${aboveOf(name)}`;
    case "constraint": {
      const domain = now.has(`domain ${aboveOf(name)}`) || want.has(`domain ${aboveOf(name)}`);
      return `CONSTRAINT ${lastOf(name)} ON ${domain ? "DOMAIN " : ""}${aboveOf(name)}`;
    }
    case "function":
    case "aggregate":
      return `${routineWord(now.get(`${kind} ${name}`) ?? want.get(`${kind} ${name}`))} ${name}`;
    case "foreign server":
      return `SERVER ${name}`;
    default:
      return `${kind.toUpperCase()} ${name}`;
  }
}

interface Privileges {
  /** Privilege → whether it may be granted on. */
  readonly words: ReadonlyMap<string, boolean>;
}

/** `all`, `select, insert with grant option`. The catalog says of older servers too what MAINTAIN is part of; GRANT takes it since 17. */
function privilegesOf(text: string | undefined, { version }: World): Privileges {
  const all = text === undefined || text === "" ? [] : text.split(", ");
  const items = all.filter((item) => version >= 170_000 || !item.startsWith("maintain"));
  return { words: new Map(items.map((item) => [item.replace(/ with grant option$/, ""), item.endsWith(" with grant option")])) };
}

interface Move {
  readonly verb: "GRANT" | "REVOKE";
  readonly words: readonly string[];
  /** Of a GRANT: with it; of a REVOKE: only it. */
  readonly option: boolean;
}

/** REVOKE what is too much, GRANT what is too little. `all` is no sum of others here, since versions differ in what that is. */
function movesOf(want: Privileges, now: Privileges): Move[] {
  const [was, is] = [want.words, now.words];
  const whole = is.has("all") !== was.has("all");
  const surplus = [...is.keys()].filter((word) => whole || !was.has(word));
  const options = [...is].filter(([word, option]) => option && was.get(word) === false && !whole).map(([word]) => word);
  const needed = [...was].filter(([word, option]) => whole || !is.has(word) || (option && is.get(word) === false));
  const moves: Move[] = [
    { verb: "REVOKE", words: whole && is.size > 0 ? ["all"] : surplus, option: false },
    { verb: "REVOKE", words: options, option: true },
    { verb: "GRANT", words: needed.filter(([, option]) => !option).map(([word]) => word), option: false },
    { verb: "GRANT", words: needed.filter(([, option]) => option).map(([word]) => word), option: true },
  ];
  // What `all` contains needs no REVOKE before it.
  return moves.filter(({ verb, words }) => words.length > 0 && !(whole && was.has("all") && verb === "REVOKE"));
}

function moveStatement({ verb, words, option }: Move, on: string, role: string, column?: string): string {
  const list = words.map((word) => `${word.toUpperCase()}${column === undefined ? "" : ` (${column})`}`).join(", ");
  if (verb === "GRANT") return `GRANT ${list} ON ${on} TO ${role}${option ? " WITH GRANT OPTION" : ""}`;
  return `REVOKE ${option ? "GRANT OPTION FOR " : ""}${list} ON ${on} FROM ${role}`;
}

function grants(name: string, want: CatalogObject | undefined, now: CatalogObject | undefined, world: World): string | undefined {
  const { kind, name: object, role } = grantOf(name);
  const on = grantTarget(kind, object, world);
  if (on === undefined) return undefined;
  const moves = movesOf(privilegesOf(want?.definition, world), privilegesOf(now?.definition, world));
  const column = kind === "column" ? lastOf(object) : undefined;
  return inOrder(moves.map((move) => moveStatement(move, on, roleWord(role), column)));
}

function grantTarget(kind: Label["kind"], name: string, { now, want }: World): string | undefined {
  if (kind === "database") return undefined;
  if (kind === "column") return `TABLE ${aboveOf(name)}`;
  if (["table", "view", "materialized view", "foreign table"].includes(kind)) return `TABLE ${name}`;
  if (kind === "function" || kind === "aggregate")
    return `${routineWord(now.get(`${kind} ${name}`) ?? want.get(`${kind} ${name}`))} ${name}`;
  return `${kind.toUpperCase()} ${name}`;
}

/** The owner of what a migration makes is the role that runs it. */
function roleWord(role: string): string {
  return role === "public" ? "PUBLIC" : role === "owner" ? "CURRENT_USER" : role;
}

/** `tables in schema public of owner`, one role a line; without a row, what PostgreSQL does by itself. */
function defaults(name: string, want: CatalogObject | undefined, now: CatalogObject | undefined, world: World): string {
  const [, kind = "", schema, role] =
    /^(tables|sequences|functions|types|schemas|large objects)(?: in schema ("(?:[^"]|"")*"|\S+))? of (?:owner|role (.+))$/.exec(name) ??
    [];
  const [was, is] = [want?.definition ?? builtIn(kind, schema), now?.definition ?? builtIn(kind, schema)].map(linesByRole);
  const roles = [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])];
  const place = [role === undefined ? "" : ` FOR ROLE ${role}`, schema === undefined ? "" : ` IN SCHEMA ${schema}`].join("");
  return inOrder(
    roles.flatMap((grantee) =>
      movesOf(privilegesOf(was?.get(grantee), world), privilegesOf(is?.get(grantee), world)).map(
        (move) => `ALTER DEFAULT PRIVILEGES${place} ${moveStatement(move, kind.toUpperCase(), roleWord(grantee))}`,
      ),
    ),
  );
}

function builtIn(kind: string, schema: string | undefined): string {
  if (schema !== undefined) return "";
  return kind === "functions" || kind === "types" ? "owner: all\npublic: all" : "owner: all";
}

function linesByRole(definition: string): Map<string, string> {
  const lines = definition.split("\n").filter(Boolean);
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(": ")), line.slice(line.lastIndexOf(": ") + 2)]));
}
