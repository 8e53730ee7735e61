import type { RenameStmt } from "libpg-query";
import { type Finding, finding } from "../../../core/finding.ts";
import { as, quoted, strings } from "../parse.ts";
import { at, isFreshColumn, type Judged, type LintContext, type Rule, statementsOf } from "../rule.ts";

export const rename: Rule = {
  code: "LINT_RENAME",
  severity: "error",
  title: "Something that an application uses is renamed",
  why: "Between the migration and the deploy of the application one of them always has the wrong name: the version that runs names the old one, the next version the new one.",
  judge: (context) => {
    const said = statementsOf(context, "RenameStmt").flatMap(({ judged, node }) => {
      const what = kinds[node.renameType ?? ""];
      const table = node.relation ? context.nameOf(node.relation) : undefined;
      if (what === undefined || (table !== undefined && isFreshName(context, judged, table, node))) return [];
      const name =
        node.renameType === "OBJECT_COLUMN"
          ? `${table}.${quoted(node.subname ?? "")}`
          : (table ?? objectName(node) ?? quoted(node.subname ?? ""));
      return [report(judged, `${what} ${name}`, node.newname ?? "")];
    });
    const seen = new Set(said.map(({ object }) => object));
    return [...said, ...enumValues(context), ...hidden(context).filter(({ object }) => !seen.has(object))];
  },
};

const kinds: Readonly<Record<string, string>> = {
  OBJECT_TABLE: "table",
  OBJECT_VIEW: "view",
  OBJECT_MATVIEW: "materialized view",
  OBJECT_COLUMN: "column",
  OBJECT_SCHEMA: "schema",
  OBJECT_TYPE: "type",
  OBJECT_DOMAIN: "domain",
  OBJECT_FUNCTION: "function",
  OBJECT_PROCEDURE: "procedure",
  OBJECT_ATTRIBUTE: "attribute",
  OBJECT_SEQUENCE: "sequence",
};

function report(judged: Judged, object: string, to: string): Finding {
  const hint = "keep the old name beside the new one (a view, a column kept equal by a trigger) until nothing uses it any more";
  return finding("error", "LINT_RENAME", object, `is renamed to ${to}`, hint, at(judged));
}

function objectName({ object }: { readonly object?: unknown }): string | undefined {
  const list =
    (object as
      | { List?: { items?: Parameters<typeof strings>[0] }; ObjectWithArgs?: { objname?: Parameters<typeof strings>[0] } }
      | undefined) ?? {};
  const parts = strings(list.List?.items ?? list.ObjectWithArgs?.objname);
  return parts.length === 0 ? undefined : parts.map(quoted).join(".");
}

function enumValues(context: LintContext): Finding[] {
  return statementsOf(context, "AlterEnumStmt").flatMap(({ judged, node }) =>
    node.oldVal === undefined
      ? []
      : [report(judged, `value '${node.oldVal}' of type ${strings(node.typeName).map(quoted).join(".")}`, `'${node.newVal}'`)],
  );
}

function isFreshName(context: LintContext, judged: Judged, table: string, { renameType, subname = "" }: RenameStmt): boolean {
  if (renameType === "OBJECT_COLUMN" && isFreshColumn(context, table, subname, judged)) return true;
  const earlier = context.judged.slice(0, context.judged.indexOf(judged));
  return earlier.some(({ trace }) => trace.created.some(({ identity }) => identity === table));
}

/** Column renames that a statement put together at run time: the number stays, the name does not. */
function hidden({ before, after, judged }: LintContext): Finding[] {
  return [...before.tables.values()].flatMap((table) =>
    table.columns.flatMap(({ number, name }) => {
      const now = after.tables.get(table.name)?.columns.find((column) => column.number === number);
      const touching = judged.filter(({ trace }) =>
        trace.altered.some(({ identity }) => identity === table.name || identity.startsWith(`${table.name}.`)),
      );
      const maker = touching.find(({ node }) => as(node, "DoStmt")) ?? touching.at(-1);
      if (now === undefined || now.name === name || maker === undefined) return [];
      return [report(maker, `column ${table.name}.${quoted(name)}`, now.name)];
    }),
  );
}
