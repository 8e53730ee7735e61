/** From what a project writes to rules. */
import type { Severity } from "../../core/finding.ts";
import { scanStatements } from "../../core/sql-text.ts";
import { closest } from "../../core/spelling.ts";
import { duplicateRule } from "../rules/duplicates.ts";
import { rangeRule } from "../rules/date-ranges.ts";
import { recommendedIndex } from "../rules/indexes.ts";
import {
  type AggregateCheck,
  type Category,
  type CheckDefinition,
  categories,
  type Fix,
  type Level,
  type RowRule,
  type Rule,
  type Source,
} from "../rule.ts";
import { type Column, nameOf, type Schema, type Table } from "../schema.ts";
import { qualified, text } from "../words.ts";
import { invalid, lineOf, type ProjectCheck } from "./load.ts";

const severities: readonly Severity[] = ["error", "warning", "info"];
const levels: readonly Level[] = ["quick", "default", "deep"];
const forms = ["where", "aggregate", "duplicates", "dateRange", "index", "sql"] as const;

/** Errors: CHECK_INVALID. */
export function ruleOf(schema: Schema, check: ProjectCheck): Rule {
  const { definition } = check;
  refuseIncomplete(check);
  const find = (name: string): Table => tableNamed(schema, check, name);
  if ("sql" in definition) return queryRule(check, definition.sql, definition);
  if ("index" in definition) {
    const table = find(definition.index.table);
    const columns = definition.index.columns.map((name) => columnNamed(check, table, name));
    const { severity = "warning", category = "performance", level = "quick" } = definition;
    return { ...recommendedIndex(table, columns, { ...definition, severity }), category, level };
  }
  if ("duplicates" in definition) {
    const { table: name, columns, caseInsensitive = false } = definition.duplicates;
    const table = find(name);
    return own(
      check,
      duplicateRule(
        schema,
        table,
        columns.map((column) => columnNamed(check, table, column)),
        caseInsensitive,
      ),
    );
  }
  if ("dateRange" in definition) {
    const { table: name, from, to } = definition.dateRange;
    const table = find(name);
    return own(check, rangeRule(table, columnNamed(check, table, from), columnNamed(check, table, to)));
  }
  if ("aggregate" in definition) return own(check, aggregateRule(find(definition.aggregate.table), check, definition));
  return own(check, conditionRule(find(definition.table), definition.name, definition.where, "rule"));
}

function refuseIncomplete(check: ProjectCheck): void {
  const { definition } = check;
  const name = typeof definition.name === "string" ? definition.name : "";
  const refuse = (problem: string): never => {
    throw invalid(check, name, problem);
  };
  if (name === "") refuse("a check needs a name");
  const given = forms.filter((form) => form in definition);
  if (given.length !== 1) refuse(`${name} needs exactly one of ${forms.join(", ")}`);
  const { category = "rules", severity = "error", level = "default" } = definition;
  if (!categories.includes(category)) refuse(`${name} has the category ${category}; there are ${categories.join(", ")}`);
  if (!severities.includes(severity)) refuse(`${name} has the severity ${severity}; there are ${severities.join(", ")}`);
  if (!levels.includes(level)) refuse(`${name} has the level ${level}; there are ${levels.join(", ")}`);
}

function conditionRule(table: Table, name: string, where: string, family: NonNullable<RowRule["family"]>): RowRule {
  return { kind: "rows", name, category: "rules", severity: "error", level: "default", table, where: text(where), message: name, family };
}

function aggregateRule(table: Table, check: ProjectCheck, { name, aggregate }: AggregateCheck): RowRule {
  const column = columnNamed(check, table, aggregate.column);
  const differs = `${qualified("t", column)} is distinct from (${aggregate.equals}\n)`;
  const where = aggregate.on === undefined ? differs : `(${aggregate.on}\n) and ${differs}`;
  return {
    ...conditionRule(table, name, where, "aggregate"),
    category: "consistency",
    message: `${column.name} differs from its computation`,
  };
}

/** A project's word goes before what the rule says by itself. */
function own(check: ProjectCheck, rule: RowRule): RowRule {
  const { name, category, severity, level, message, hint, ...rest } = check.definition as CheckDefinition & {
    readonly fix?: "remove" | { readonly set: Readonly<Record<string, string>> };
    readonly maxShare?: number;
  };
  const fix = fixOf(rest.fix);
  return {
    ...rule,
    name,
    source: sourceOf(check, writtenSql(check.definition)),
    ...(category && { category }),
    ...(severity && { severity }),
    ...(level && { level }),
    ...(message !== undefined && { message }),
    ...(hint !== undefined && { hint }),
    ...(fix && { fix }),
    ...(rest.maxShare !== undefined && { maxShare: rest.maxShare }),
  };
}

function fixOf(fix: "remove" | { readonly set: Readonly<Record<string, string>> } | undefined): Fix | undefined {
  if (fix === undefined) return undefined;
  if (fix === "remove") return { action: "remove" };
  return { action: "set", values: Object.fromEntries(Object.entries(fix.set).map(([column, value]) => [column, text(value)])) };
}

function queryRule(
  check: ProjectCheck,
  query: string,
  head: { name: string; category?: Category; severity?: Severity; level?: Level; message?: string; hint?: string },
): Rule {
  const { name, category = "rules", severity = "error", level = "default", message = name, hint } = head;
  const [statement = { text: query }] = scanStatements(query).statements;
  const source = sourceOf(check, statement.text);
  return {
    kind: "query",
    name,
    category,
    severity,
    level,
    query: text(statement.text),
    message,
    source,
    ...(hint !== undefined && { hint }),
  };
}

/** What of a definition the server is asked to plan. */
function writtenSql(definition: CheckDefinition): string {
  if ("where" in definition) return definition.where;
  return "aggregate" in definition ? definition.aggregate.equals : "";
}

/** A text with escapes in it stands otherwise in the file than it is given to the server. */
function sourceOf({ file, content, definition }: ProjectCheck, written: string): Source {
  const text = content.includes(written) ? written : "";
  return { file, line: lineOf(content, text === "" ? definition.name : text), text };
}

/** `app.orders`, `"Order"`; without a schema as the search path says. */
function tableNamed(schema: Schema, check: ProjectCheck, name: string): Table {
  const parts = scanStatements(name).statements[0]?.tokens.filter(({ kind }) => kind === "word" || kind === "name") ?? [];
  const [table = "", space] = parts.map(({ kind, value }) => (kind === "word" ? value.toLowerCase() : value)).toReversed();
  const spaces = space === undefined ? schema.searchPath : [space];
  for (const candidate of spaces) {
    const found = schema.tables.find((one) => one.schema === candidate && one.table === table);
    if (found) return found;
  }
  const names = schema.tables.map((one) => (schema.searchPath.includes(one.schema) ? one.table : nameOf(one)));
  const near = closest(name, names);
  throw invalid(check, name, `${check.definition.name}: there is no table ${name}${near === undefined ? "" : `; did you mean ${near}?`}`);
}

function columnNamed(check: ProjectCheck, table: Table, name: string): Column {
  const found = table.columns.find((column) => column.name === name);
  if (found) return found;
  const near = closest(
    name,
    table.columns.map((column) => column.name),
  );
  const problem = `${check.definition.name}: ${nameOf(table)} has no column ${name}${near === undefined ? "" : `; did you mean ${near}?`}`;
  throw invalid(check, name, problem);
}
