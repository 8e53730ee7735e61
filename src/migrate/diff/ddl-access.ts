/** Writers of grants, default privileges and comments. */
import { type Around, type Made, type Statements, text, words, type Writer } from "./ddl.ts";
import { keyOf, type Schema, type SchemaObject } from "./schema.ts";

/** Privileges by name; true where they may be granted on. */
type Privileges = ReadonlyMap<string, boolean>;

const all: Readonly<Record<string, string>> = {
  r: "select insert update delete truncate references trigger maintain",
  c: "select insert update references",
  s: "select usage update",
  f: "execute",
  T: "usage",
  n: "usage create",
  d: "create temporary connect",
  l: "usage",
  F: "usage",
  S: "usage",
  L: "select update",
};

/** The words of core/catalog-acl.ts, taken apart again. */
function privilegesOf(line: string | undefined, acltype: string): Privileges {
  const option = " with grant option";
  const parts = (line ?? "").split(", ").filter(Boolean);
  return new Map(
    parts.flatMap((part): [string, boolean][] => {
      const grantable = part.endsWith(option);
      const name = grantable ? part.slice(0, -option.length) : part;
      const names = name === "all" ? (all[acltype] ?? "").split(" ") : [name];
      return names.map((each) => [each, grantable]);
    }),
  );
}

/** What the server takes as a role: whoever runs the statements is the owner of what they make. */
const roleOf = (grantee: string): string => (grantee === "public" ? "PUBLIC" : grantee === "owner" ? "CURRENT_USER" : grantee);

interface Target {
  readonly on: string;
  readonly acltype: string;
  /** Of column privileges. */
  readonly column: string | undefined;
  readonly version: number;
  /** For default privileges: what stands before GRANT and REVOKE. */
  readonly lead?: string;
}

/** From one set of privileges of a role to another. */
function change(before: Privileges, after: Privileges, grantee: string, target: Target): string[] {
  const known = (name: string): boolean => name !== "maintain" || target.version >= 170_000;
  const names = (list: readonly string[]): string => {
    const whole = (all[target.acltype] ?? "").split(" ").every((name) => list.includes(name) || !known(name));
    const words = whole ? ["all"] : list.filter(known);
    return words.map((name) => name.toUpperCase() + (target.column === undefined ? "" : ` (${target.column})`)).join(", ");
  };
  const [lead, role] = [target.lead ?? "", roleOf(grantee)];
  const revoked = [...before.keys()].filter((name) => !after.has(name));
  const bound = [...after].filter(([name, grantable]) => !grantable && before.get(name) === true).map(([name]) => name);
  const granted = [...after].filter(([name, grantable]) => !grantable && !before.has(name)).map(([name]) => name);
  const handed = [...after].filter(([name, grantable]) => grantable && before.get(name) !== true).map(([name]) => name);
  return [
    ...(names(revoked) === "" ? [] : [`${lead}REVOKE ${names(revoked)} ON ${target.on} FROM ${role}`]),
    ...(names(bound) === "" ? [] : [`${lead}REVOKE GRANT OPTION FOR ${names(bound)} ON ${target.on} FROM ${role}`]),
    ...(names(granted) === "" ? [] : [`${lead}GRANT ${names(granted)} ON ${target.on} TO ${role}`]),
    ...(names(handed) === "" ? [] : [`${lead}GRANT ${names(handed)} ON ${target.on} TO ${role} WITH GRANT OPTION`]),
  ];
}

/** Kinds of which a column is no object of GRANT, and kinds that GRANT calls otherwise than COMMENT does. */
function targetOf({ extra, target }: Pick<SchemaObject, "extra" | "target">, version: number): Target {
  const acltype = String(extra["acltype"]);
  const column = acltype === "c" ? String(extra["column"]) : undefined;
  const name = target.slice(target.indexOf(" ") + 1);
  const on: Readonly<Record<string, string>> = {
    c: `TABLE ${extra["table"]}`,
    r: `TABLE ${target.replace(/^(?:TABLE|VIEW|MATERIALIZED VIEW|FOREIGN TABLE) /, "")}`,
    f: target.startsWith("AGGREGATE") ? `ROUTINE ${extra["ref"]}` : target,
    T: `TYPE ${name}`,
    S: `FOREIGN SERVER ${name}`,
  };
  return { on: on[acltype] ?? target, acltype, column, version };
}

const granteeOf = ({ extra }: SchemaObject): string => String(extra["grantee"]);

function grantStatements(object: SchemaObject, before: Privileges, after: Privileges, version: number): Statements {
  const target = targetOf(object, version);
  return onDatabase(change(before, after, granteeOf(object), target), target.acltype);
}

/** The database goes by another name in every copy. */
function onDatabase(statements: readonly string[], acltype: string): string[] {
  return acltype === "d" ? statements.map((sql) => withDatabaseName(sql.replace(" ON DATABASE", " ON DATABASE %I"))) : [...statements];
}

const withDatabaseName = (sql: string): string =>
  `DO $pgsteward$ BEGIN EXECUTE pg_catalog.format(${text(sql)}, pg_catalog.current_database()); END $pgsteward$`;

const privileges = (object: SchemaObject): Privileges => privilegesOf(object.facts["privileges"], String(object.extra["acltype"]));

export const grant: Writer = {
  create(object, around): Made {
    const { extra, host } = object;
    const before = around.isMade(host) ? startOf(host, around).get(granteeOf(object)) : undefined;
    const start = privilegesOf(before, String(extra["acltype"]));
    return { alone: grantStatements(object, start, privileges(object), around.from.version) };
  },
  drop: (object, { from: { version } }) => grantStatements(object, privileges(object), new Map(), version),
  alter: (from, to, { from: { version } }) => grantStatements(to, privileges(from), privileges(to), version),
};

/** Grants that a new object is born with and that nobody wants. */
export function unwantedGrants(object: SchemaObject, around: Around): Statements {
  const key = keyOf(object.kind, object.name);
  const acltype = acltypes[object.kind] ?? "";
  return [...startOf(key, around)].flatMap(([grantee, line]) => {
    if (around.to.objects.has(keyOf("grant", `${key} to ${grantee}`))) return [];
    const { target, extra } = object;
    const pseudo = { target, extra: { ...extra, acltype } };
    return change(privilegesOf(line, acltype), new Map(), grantee, targetOf(pseudo, around.from.version));
  });
}

const acltypes: Readonly<Record<string, string>> = {
  table: "r",
  "foreign table": "r",
  view: "r",
  "materialized view": "r",
  sequence: "s",
  function: "f",
  aggregate: "f",
  type: "T",
  domain: "T",
  schema: "n",
  language: "l",
  "foreign data wrapper": "F",
  "foreign server": "S",
};

const defaultWords: Readonly<Record<string, string>> = { r: "tables", s: "sequences", f: "functions", T: "types", n: "schemas" };
const forPublic: Readonly<Record<string, string>> = { f: "all", T: "all", l: "all" };

/** What an object is born with: what PostgreSQL gives, or the default privileges in force, which change last. */
function startOf(key: string | undefined, { from, to }: Around): ReadonlyMap<string, string> {
  const object = to.objects.get(key ?? "");
  const acltype = acltypes[object?.kind ?? ""];
  if (!object || acltype === undefined) return new Map();
  const words = defaultWords[acltype];
  const schema = [...object.needs].find((need) => need.startsWith("schema "))?.slice("schema ".length);
  const everywhere = words === undefined ? undefined : linesOf(from, `${words} of owner`);
  const here = words === undefined || schema === undefined ? undefined : linesOf(from, `${words} in schema ${schema} of owner`);
  const start = new Map(everywhere ?? builtIn(acltype));
  for (const [grantee, line] of here ?? []) start.set(grantee, join(start.get(grantee), line, acltype));
  return start;
}

function builtIn(acltype: string): [string, string][] {
  const open = forPublic[acltype];
  return [["owner", "all"], ...(open === undefined ? [] : ([["public", open]] as [string, string][]))];
}

function join(a: string | undefined, b: string, acltype: string): string {
  const [one, other] = [privilegesOf(a, acltype), privilegesOf(b, acltype)];
  const names = new Set([...one.keys(), ...other.keys()]);
  return [...names].map((name) => (one.get(name) || other.get(name) ? `${name} with grant option` : name)).join(", ");
}

function linesOf({ objects }: Schema, name: string): ReadonlyMap<string, string> | undefined {
  const object = objects.get(keyOf("default privilege", name));
  return object && parseLines(object.facts["lines"]);
}

function parseLines(lines: unknown): ReadonlyMap<string, string> {
  const pairs = ((lines ?? "") as string).split("\n").filter(Boolean);
  return new Map(pairs.map((line): [string, string] => [line.slice(0, line.lastIndexOf(": ")), line.slice(line.lastIndexOf(": ") + 2)]));
}

/** Without an entry of its own a role has what PostgreSQL gives; in a schema, nothing more. */
function entryOf({ extra, facts }: SchemaObject, present: boolean): ReadonlyMap<string, string> {
  if (present) return parseLines(facts["lines"]);
  return new Map(extra["schema"] === undefined ? builtIn(String(extra["letter"])) : []);
}

function changeDefaults(
  object: SchemaObject,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  version: number,
): string[] {
  const { extra } = object;
  const acltype = String(extra["letter"]);
  const lead = words(
    "ALTER DEFAULT PRIVILEGES",
    extra["role"] && `FOR ROLE ${extra["role"]}`,
    extra["schema"] && `IN SCHEMA ${extra["schema"]}`,
    "",
  );
  const grantees = [...new Set([...before.keys(), ...after.keys()])].sort();
  return grantees.flatMap((grantee) => {
    const [old, now] = [privilegesOf(before.get(grantee), acltype), privilegesOf(after.get(grantee), acltype)];
    const role = grantee === "owner" && extra["role"] ? String(extra["role"]) : grantee;
    return change(old, now, role, { on: String(extra["words"]).toUpperCase(), acltype, column: undefined, version, lead: `${lead} ` });
  });
}

export const defaultPrivilege: Writer = {
  create: (object, { from: { version } }) => ({ alone: changeDefaults(object, entryOf(object, false), entryOf(object, true), version) }),
  drop: (object, { from: { version } }) => changeDefaults(object, entryOf(object, true), entryOf(object, false), version),
  alter: (from, to, { from: { version } }) => changeDefaults(to, entryOf(from, true), entryOf(to, true), version),
};

function commentOn({ target }: SchemaObject, comment: string): string {
  return target === "DATABASE"
    ? withDatabaseName(`COMMENT ON DATABASE %I IS ${comment.replaceAll("%", "%%")}`)
    : `COMMENT ON ${target} IS ${comment}`;
}

export const comment: Writer = {
  create: (object) => ({ alone: [commentOn(object, text(object.facts["text"]))] }),
  drop: (object) => [commentOn(object, "NULL")],
  alter: (_, to) => [commentOn(to, text(to.facts["text"]))],
};
