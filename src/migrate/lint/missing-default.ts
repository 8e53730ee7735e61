/** ADD COLUMN … NOT NULL without anything to put into the rows that are there. */
import type { ColumnDef } from "libpg-query";
import { as, strings } from "./parse.ts";
import { type Alteration, alterations, alterationsOf, type Judged, type LintContext } from "./rule.ts";

export function missingDefaults(context: LintContext): (Alteration & { readonly column: ColumnDef })[] {
  return alterations(context).flatMap((alteration) => {
    const column = columnWithoutDefault(alteration);
    return column && !context.isFresh(alteration.table) ? [{ ...alteration, column }] : [];
  });
}

export function hasMissingDefault(context: LintContext, judged: Judged): boolean {
  return alterationsOf(context, judged).some((alteration) => columnWithoutDefault(alteration) !== undefined);
}

function columnWithoutDefault({ command }: Alteration): ColumnDef | undefined {
  const column = as(command.def, "ColumnDef");
  if (command.subtype !== "AT_AddColumn" || !column) return undefined;
  const types = (column.constraints ?? []).map((node) => as(node, "Constraint")?.contype);
  const serial = /^(?:small|big)?serial[248]?$/.test(strings(column.typeName?.names).at(-1) ?? "");
  const filled = serial || types.some((type) => ["CONSTR_DEFAULT", "CONSTR_IDENTITY", "CONSTR_GENERATED"].includes(type ?? ""));
  return !filled && types.some((type) => type === "CONSTR_NOTNULL" || type === "CONSTR_PRIMARY") ? column : undefined;
}
