/** Access control lists in words: who may do what, so that a list never set and the explicit equal of the default read the same. */

export interface Grant {
  /** A role, `public`, or `owner`. */
  readonly grantee: string;
  /** `all`, or the privileges one by one; `with grant option` where it holds. */
  readonly privileges: string;
}

const words: Readonly<Record<string, string>> = {
  r: "select",
  a: "insert",
  w: "update",
  d: "delete",
  D: "truncate",
  x: "references",
  t: "trigger",
  m: "maintain",
  X: "execute",
  U: "usage",
  C: "create",
  c: "connect",
  T: "temporary",
};

/** All privileges by the letter of acldefault() for the kind of object. */
const everything: Readonly<Record<string, string>> = {
  r: "arwdDxtm",
  c: "arwx",
  s: "rwU",
  f: "X",
  T: "U",
  n: "UC",
  d: "CTc",
  l: "U",
  F: "U",
  S: "U",
  L: "rw",
};

/** An access control list as a server of `version` has it, for an object of the kind that acldefault() calls `acltype`. */
export interface AccessList {
  readonly items: readonly string[];
  readonly owner: string;
  readonly acltype: string;
  readonly version: number;
}

/** The grants of a list: grantors are left out, and several grants to one role are one. */
export function grantsOf(list: AccessList): Grant[] {
  const byGrantee = new Map<string, string[]>();
  for (const item of list.items) {
    const { role, letters } = parse(item);
    const grantee = granteeName(role, list.owner);
    if (letters.length > 0) byGrantee.set(grantee, [...(byGrantee.get(grantee) ?? []), ...letters]);
  }
  return [...byGrantee].map(([grantee, letters]) => {
    return { grantee, privileges: inWords([...letters, ...implied(list, grantee, letters)], list.acltype) };
  });
}

export function grantLines(list: AccessList): string {
  const lines = grantsOf(list).map(({ grantee, privileges }) => `${grantee}: ${privileges}`);
  return lines.sort().join("\n");
}

/** MAINTAIN came with PostgreSQL 17. Before, owners could do what it allows, and GRANT ALL meant what it means now. */
function implied({ acltype, version }: AccessList, grantee: string, letters: readonly string[]): string[] {
  if (acltype !== "r" || version >= 170_000) return [];
  const before = "arwdDxt".split("");
  if (before.every((letter) => letters.includes(`${letter}*`))) return ["m*"];
  return grantee === "owner" || before.every((letter) => letters.some((each) => each.startsWith(letter))) ? ["m"] : [];
}

/** `reader=ar*w/postgres`: a role, quoted where it is unusual, letters, each with a star where it may be granted on, and the grantor. */
function parse(item: string): { role: string; letters: string[] } {
  const [, quoted, plain = "", letters = ""] = /^(?:"((?:[^"]|"")*)"|([^=]*))=([A-Za-z*]*)\//.exec(item) ?? [];
  return { role: quoted?.replaceAll('""', '"') ?? plain, letters: letters.match(/[A-Za-z]\*?/g) ?? [] };
}

function granteeName(role: string, owner: string): string {
  if (role === "") return "public";
  if (role === owner) return "owner";
  return /^[a-z_][a-z0-9_$]*$/.test(role) && role !== "owner" ? role : `"${role.replaceAll('"', '""')}"`;
}

function inWords(letters: readonly string[], acltype: string): string {
  const grantable = new Set(letters.filter((letter) => letter.endsWith("*")).map((letter) => letter.charAt(0)));
  const granted = new Set(letters.map((letter) => letter.charAt(0)));
  const option = (isGrantable: boolean): string => (isGrantable ? " with grant option" : "");
  const all = (everything[acltype] ?? "").split("");
  if (all.every((letter) => granted.has(letter)) && (grantable.size === 0 || all.every((letter) => grantable.has(letter)))) {
    return `all${option(grantable.size > 0)}`;
  }
  const each = [...granted].map((letter) => `${words[letter] ?? letter}${option(grantable.has(letter))}`);
  return each.sort().join(", ");
}
