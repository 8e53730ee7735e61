/** Statements about rows: which of them need no inverse, since what they write to goes as a whole, and which have none. */
import type { Catalog, CatalogKind, CatalogObject } from "../../../core/catalog.ts";
import { bareOf, partsOf } from "./names.ts";
import { commandsOf, nodesIn, stringsOf, type Tree } from "./tree.ts";

interface RangeVar {
  readonly schemaname?: string;
  readonly relname: string;
}

/** What the statements so far have made and the catalog before them did not have: it goes as a whole. */
export class Made {
  /** Names of relations, types, functions…, qualified where the statements did so. */
  readonly #names = new Set<string>();
  readonly #columns = new Set<string>();
  readonly #before: ReadonlySet<string>;

  constructor({ objects }: Catalog) {
    this.#before = new Set(objects.flatMap(waysToSay));
  }

  note({ tag, node }: Tree): void {
    for (const name of namesMadeBy(tag, node)) if (!this.#before.has(name)) this.#names.add(name);
    if (tag !== "AlterTableStmt") return;
    for (const { subtype, def } of commandsOf(node)) {
      const column = `${nameOf(node.relation)}.${def?.ColumnDef?.colname}`;
      if (subtype === "AT_AddColumn" && !this.#before.has(column)) this.#columns.add(column);
    }
  }

  hasRelation(relation: RangeVar | undefined): boolean {
    return relation !== undefined && this.#has(nameOf(relation), relation.relname);
  }

  hasColumn(relation: RangeVar, column: string): boolean {
    return this.#columns.has(`${nameOf(relation)}.${column}`);
  }

  /** All that a DROP names. */
  hasAll({ objects, removeType, behavior }: Tree["node"]): boolean {
    if (behavior === "DROP_CASCADE" || /POLICY|TRIGGER|RULE|CAST|OPERATOR|TRANSFORM/.test(String(removeType))) return false;
    return ((objects ?? []) as unknown[]).every((object) => this.#has(nameIn(object), nameIn(object).split(".").at(-1) ?? ""));
  }

  /** What was made as `users` may be called `public.users`, unless there was one of that name before. */
  #has(name: string, bare: string): boolean {
    return this.#names.has(name) || (this.#names.has(bare) && !this.#before.has(name));
  }
}

const parts = new Set<CatalogKind>([
  "constraint",
  "policy",
  "trigger",
  "rule",
  "comment",
  "grant",
  "default privilege",
  "cast",
  "transform",
]);

/** `public.users` as `public.users` and `users`, a column always with its table, a function without its arguments. */
function waysToSay({ kind, name }: CatalogObject): string[] {
  if (parts.has(kind)) return [];
  const words = partsOf(name).map((part) => bareOf(part.replace(/\([^]*$/, "")));
  return words.slice(kind === "column" ? 1 : 0).map((_, i) => words.slice(i).join("."));
}

const nameOf = ({ schemaname, relname }: RangeVar): string => (schemaname === undefined ? relname : `${schemaname}.${relname}`);

function nameIn(object: unknown): string {
  const named = (object as { ObjectWithArgs?: { objname?: unknown } }).ObjectWithArgs?.objname ?? object;
  return stringsOf(named).join(".");
}

function namesMadeBy(tag: string, node: Tree["node"]): string[] {
  const relation = (range: RangeVar | undefined): string[] => (range ? [nameOf(range)] : []);
  switch (tag) {
    case "CreateStmt":
      return relation(node.relation);
    case "CreateForeignTableStmt":
      return relation(node.base?.relation);
    case "CreateTableAsStmt":
      return relation(node.into?.rel);
    case "SelectStmt":
      return relation(node.intoClause?.rel);
    case "ViewStmt":
      return relation(node.view);
    case "CreateSeqStmt":
      return relation(node.sequence);
    case "IndexStmt":
      return node.idxname === undefined
        ? []
        : [node.idxname, ...(node.relation?.schemaname === undefined ? [] : [`${node.relation.schemaname}.${node.idxname}`])];
    case "CompositeTypeStmt":
      return relation(node.typevar);
    case "CreateEnumStmt":
    case "CreateRangeStmt":
      return [stringsOf(node.typeName).join(".")];
    case "CreateDomainStmt":
      return [stringsOf(node.domainname).join(".")];
    case "CreateFunctionStmt":
      return [stringsOf(node.funcname).join(".")];
    case "CreateSchemaStmt":
      return node.schemaname === undefined ? [] : [node.schemaname];
    default:
      return [];
  }
}

const writes: Readonly<Record<string, string>> = {
  InsertStmt: "the rows that it inserts are not told from others by any key",
  UpdateStmt: "the values that UPDATE overwrites are gone",
  DeleteStmt: "the rows that DELETE deletes are gone",
  MergeStmt: "the values that MERGE overwrites are gone",
};

/**
 * What a statement does to rows. `made`: everything that it writes to is the file's own; `inserts`: rows into a table that was
 * there, perhaps with keys; `lost`: what cannot be undone; undefined for a statement that writes none.
 */
export type DataUse = { readonly kind: "made" | "inserts" } | { readonly kind: "lost"; readonly reason: string } | undefined;

export function dataUseOf(tree: Tree, made: Made): DataUse {
  const { tag, node } = tree;
  if (tag === "TruncateStmt") {
    const relations = ((node.relations ?? []) as { RangeVar: RangeVar }[]).map(({ RangeVar: range }) => range);
    return relations.every((range) => made.hasRelation(range)) ? { kind: "made" } : undefined;
  }
  if (tag === "CopyStmt") return made.hasRelation(node.relation) ? { kind: "made" } : undefined;
  if (tag === "CreateTableAsStmt" || tag === "RuleStmt" || tag === "ViewStmt" || tag === "CreateFunctionStmt") return undefined;
  const all = [tree, ...nodesIn(node)].filter((inner) => inner.tag in writes);
  const lost = all.filter((inner) => !writesOwn(inner, made));
  if (all.length === 0) return undefined;
  const [first] = lost;
  if (!first) return { kind: "made" };
  return tag === "InsertStmt" && lost.length === 1 && first === tree
    ? { kind: "inserts" }
    : { kind: "lost", reason: writes[first.tag] ?? "" };
}

/** Into a table of the file's own, or, for an UPDATE, only into columns of its own. */
function writesOwn({ tag, node }: Tree, made: Made): boolean {
  if (made.hasRelation(node.relation)) return true;
  const targets = ((node.targetList ?? []) as { ResTarget: { name: string } }[]).map(({ ResTarget: target }) => target.name);
  return tag === "UpdateStmt" && targets.length > 0 && targets.every((name) => made.hasColumn(node.relation, name));
}
