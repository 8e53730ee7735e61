/** What a statement of an up section asks of its inverse, told by its tree. */
import type { CatalogKind } from "../../../core/catalog.ts";
import type { Rename } from "./renames.ts";
import { dataUseOf, type Made } from "./data.ts";
import { commandsOf, nodesIn, stringsOf, type Tree } from "./tree.ts";

export type Piece =
  /** Leaves nothing to undo. */
  | { readonly kind: "nothing" }
  /** Only adds: many of them are undone together. */
  | { readonly kind: "adds" }
  /** Changes or takes away: undone from the catalog before it. */
  | { readonly kind: "changes"; readonly renames: readonly Rename[] }
  /** Rows with keys that the statement names. */
  | { readonly kind: "inserts"; readonly tree: Tree }
  /** Calls functions, which may do anything: has to leave the schema as it is. */
  | { readonly kind: "calls" }
  | { readonly kind: "refused"; readonly reason: string };

const nothing = new Set(
  `VariableSetStmt VariableShowStmt TransactionStmt LockStmt NotifyStmt ListenStmt UnlistenStmt ExplainStmt VacuumStmt ReindexStmt
  CheckPointStmt DiscardStmt LoadStmt RefreshMatViewStmt ConstraintsSetStmt PrepareStmt DeallocateStmt`.split(/\s+/),
);

const adds = new Set(
  `CreateStmt IndexStmt ViewStmt CreateTableAsStmt CreateEnumStmt CompositeTypeStmt CreateRangeStmt CreateDomainStmt CreateSeqStmt
  CreateFunctionStmt CreateTrigStmt CreatePolicyStmt CreateSchemaStmt CreateExtensionStmt CreateStatsStmt DefineStmt CreateCastStmt
  CreateOpClassStmt CreateOpFamilyStmt CreateConversionStmt CreateTransformStmt CreateAmStmt CreatePLangStmt CreateEventTrigStmt
  CreatePublicationStmt CreateFdwStmt CreateForeignServerStmt CreateForeignTableStmt CommentStmt GrantStmt AlterDefaultPrivilegesStmt`.split(
    /\s+/,
  ),
);

const changes = new Set(
  `AlterTableStmt DropStmt AlterEnumStmt AlterDomainStmt AlterSeqStmt AlterPolicyStmt AlterFunctionStmt AlterTypeStmt AlterStatsStmt
  AlterOperatorStmt AlterOpFamilyStmt AlterPublicationStmt AlterEventTrigStmt AlterTSConfigurationStmt
  AlterTSDictionaryStmt AlterExtensionContentsStmt AlterCollationStmt RuleStmt ClusterStmt AlterFdwStmt AlterForeignServerStmt
  ImportForeignSchemaStmt`.split(/\s+/),
);

const server = "it concerns the server, which other databases share";
const refused: Readonly<Record<string, string>> = {
  DoStmt: "a DO block can do anything, and does not say what",
  CallStmt: "a procedure can do anything, and does not say what",
  CopyStmt: "the rows that COPY brings are not told from others by any key",
  TruncateStmt: "the rows that TRUNCATE deletes are gone",
  AlterOwnerStmt: "who owned it before is not in the files",
  ReassignOwnedStmt: "who owned it before is not in the files",
  DropOwnedStmt: "what a role owns is not in the files",
  SecLabelStmt: "security labels are not compared",
  AlterExtensionStmt: "an extension does not go back to an older version",
  AlterObjectDependsStmt: "what depends on an extension is not compared",
  AlterTableSpaceOptionsStmt: server,
  AlterTableMoveAllStmt: "tablespaces are not compared",
  CreateRoleStmt: server,
  AlterRoleStmt: server,
  AlterRoleSetStmt: server,
  DropRoleStmt: server,
  GrantRoleStmt: server,
  CreatedbStmt: server,
  DropdbStmt: server,
  AlterDatabaseStmt: server,
  AlterDatabaseSetStmt: server,
  AlterSystemStmt: server,
  CreateTableSpaceStmt: server,
  DropTableSpaceStmt: server,
  CreateSubscriptionStmt: "a subscription reaches another server",
  AlterSubscriptionStmt: "a subscription reaches another server",
  DropSubscriptionStmt: "a subscription reaches another server",
  CreateUserMappingStmt: "user mappings hold secrets",
  AlterUserMappingStmt: "user mappings hold secrets",
  DropUserMappingStmt: "user mappings hold secrets",
};

/** `made` is what the file has made before this statement: it goes as a whole. */
export function pieceOf(tree: Tree, made: Made): Piece {
  const { tag, node } = tree;
  const data = dataUseOf(tree, made);
  if (data?.kind === "lost") return { kind: "refused", reason: data.reason };
  if (data) return data.kind === "made" ? { kind: "nothing" } : { kind: "inserts", tree };
  const why = refused[tag];
  if (why !== undefined)
    return tag === "AlterOwnerStmt" && made.hasRelation(node.relation) ? { kind: "nothing" } : { kind: "refused", reason: why };
  if (tag === "SelectStmt" && node.intoClause) return { kind: "adds" };
  if (tag === "SelectStmt") return { kind: [...nodesIn(node)].some((inner) => inner.tag === "FuncCall") ? "calls" : "nothing" };
  if (nothing.has(tag)) return { kind: "nothing" };
  if (tag === "RenameStmt" || tag === "AlterObjectSchemaStmt") return renaming(tree);
  if (tag === "AlterTableStmt") return alteringTable(tree, made);
  if (tag === "DropStmt" && made.hasAll(node)) return { kind: "adds" };
  if (adds.has(tag)) return { kind: "adds" };
  return changes.has(tag)
    ? { kind: "changes", renames: [] }
    : { kind: "refused", reason: `${tag.replace(/Stmt$/, "")} has no inverse here` };
}

const additive = new Set(
  `AT_AddColumn AT_AddConstraint AT_EnableRowSecurity AT_DisableRowSecurity AT_ForceRowSecurity AT_NoForceRowSecurity AT_ColumnDefault
  AT_SetStatistics AT_SetStorage AT_SetCompression AT_SetOptions AT_SetRelOptions AT_ReplicaIdentity`.split(/\s+/),
);
const invisible: Readonly<Record<string, string>> = {
  AT_SetTableSpace: "tablespaces are not compared",
  AT_ChangeOwner: "who owned it before is not in the files",
};

function alteringTable({ node }: Tree, made: Made): Piece {
  if (made.hasRelation(node.relation)) return { kind: "adds" };
  const subtypes = commandsOf(node).map(({ subtype }) => subtype);
  const why = subtypes.map((subtype) => invisible[subtype]).find((reason) => reason !== undefined);
  if (why !== undefined) return { kind: "refused", reason: why };
  return subtypes.every((subtype) => additive.has(subtype)) ? { kind: "adds" } : { kind: "changes", renames: [] };
}

const kindsOf: Readonly<Record<string, readonly CatalogKind[]>> = {
  OBJECT_COLUMN: ["column"],
  OBJECT_TABCONSTRAINT: ["constraint"],
  OBJECT_DOMCONSTRAINT: ["constraint"],
  OBJECT_INDEX: ["index", "constraint"],
  OBJECT_TYPE: ["type", "domain"],
  OBJECT_DOMAIN: ["domain"],
  OBJECT_FUNCTION: ["function", "aggregate"],
  OBJECT_PROCEDURE: ["function"],
  OBJECT_ROUTINE: ["function", "aggregate"],
  OBJECT_AGGREGATE: ["aggregate"],
  OBJECT_SCHEMA: ["schema"],
  OBJECT_SEQUENCE: ["sequence"],
  OBJECT_POLICY: ["policy"],
  OBJECT_TRIGGER: ["trigger"],
  OBJECT_RULE: ["rule"],
  OBJECT_COLLATION: ["collation"],
  OBJECT_STATISTIC_EXT: ["statistics"],
  OBJECT_EVENT_TRIGGER: ["event trigger"],
  OBJECT_PUBLICATION: ["publication"],
  OBJECT_TSCONFIGURATION: ["text search configuration"],
  OBJECT_TSDICTIONARY: ["text search dictionary"],
  OBJECT_FOREIGN_SERVER: ["foreign server"],
  OBJECT_FDW: ["foreign data wrapper"],
  OBJECT_LANGUAGE: ["language"],
};
/** ALTER TABLE renames and moves every relation, and indexes with them. */
const relations: readonly CatalogKind[] = ["table", "view", "materialized view", "foreign table", "index", "sequence"];

function renaming({ tag, node }: Tree): Piece {
  const type = String(tag === "RenameStmt" ? node.renameType : node.objectType);
  if (type === "OBJECT_ROLE" || type === "OBJECT_DATABASE" || type === "OBJECT_TABLESPACE") return { kind: "refused", reason: server };
  const from = oldName(node, type);
  const moves = tag === "AlterObjectSchemaStmt";
  const kinds = kindsOf[type] ?? relations;
  return { kind: "changes", renames: from === undefined ? [] : [{ kinds, from, to: moves ? from : String(node.newname), moves }] };
}

/** The last part of the name that the statement gives. */
function oldName(node: Tree["node"], type: string): string | undefined {
  const named = type === "OBJECT_ATTRIBUTE" ? undefined : node.subname;
  if (typeof named === "string") return named;
  if (node.relation) return String(node.relation.relname);
  return stringsOf(node.object?.ObjectWithArgs?.objname ?? node.object).at(-1);
}
