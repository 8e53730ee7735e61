/** Renamed and moved objects: to the catalog one went and another came, and only the statement says that they are the same. */
import type { CatalogKind, CatalogObject } from "../../../core/catalog.ts";
import { tableWord } from "./drops.ts";
import { aboveOf, bareOf, lastOf } from "./names.ts";
import { keyOf, type Undo, type World } from "./undo.ts";

export interface Rename {
  readonly kinds: readonly CatalogKind[];
  /** Without quotes. For what moved to another schema both are the same. */
  readonly from: string;
  readonly to: string;
  readonly moves: boolean;
}

/** The way back of the first of `renames` that the catalogs show. */
export function renameOf(
  renames: readonly Rename[],
  missing: readonly CatalogObject[],
  unexpected: readonly CatalogObject[],
  world: World,
): Undo | undefined {
  for (const rename of renames) {
    const gone = missing.filter(({ kind, name }) => rename.kinds.includes(kind) && plain(name) === rename.from);
    for (const want of gone) {
      const now = unexpected.find(
        ({ kind, name }) =>
          kind === want.kind &&
          plain(name) === rename.to &&
          argumentsOf(name) === argumentsOf(want.name) &&
          (aboveOf(name) === aboveOf(want.name)) !== rename.moves,
      );
      if (now) return { sql: statement(want, now, rename, world), object: keyOf(now) };
    }
  }
  return undefined;
}

const argumentsOf = (name: string): string => /\([^]*$/.exec(lastOf(name))?.[0] ?? "";
const withoutArguments = (name: string): string => lastOf(name).replace(/(?:\(| using )[^]*$/, "");
const plain = (name: string): string => bareOf(withoutArguments(name));

function statement(want: CatalogObject, now: CatalogObject, { moves }: Rename, world: World): string {
  const { kind, name } = now;
  const to = withoutArguments(want.name);
  const parent = now.parent ?? aboveOf(name);
  if (moves) return `ALTER ${wordOf(kind)} ${name} SET SCHEMA ${aboveOf(want.name)}`;
  if (kind === "column") return `ALTER ${tableWord(parent, world)} ${parent} RENAME COLUMN ${lastOf(name)} TO ${to}`;
  if (kind === "constraint") return `ALTER ${tableWord(parent, world)} ${parent} RENAME CONSTRAINT ${lastOf(name)} TO ${to}`;
  if (kind === "trigger" || kind === "policy" || kind === "rule")
    return `ALTER ${kind.toUpperCase()} ${lastOf(name)} ON ${parent} RENAME TO ${to}`;
  return `ALTER ${wordOf(kind)} ${name} RENAME TO ${to}`;
}

function wordOf(kind: CatalogKind): string {
  if (kind === "function" || kind === "aggregate") return "ROUTINE";
  return kind === "foreign server" ? "SERVER" : kind.toUpperCase();
}
