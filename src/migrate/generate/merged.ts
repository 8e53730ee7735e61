/** One object that the files have and a tool declares: as the tool says, with what it cannot say as it is. */
import { differs, listOf, type SchemaObject } from "../diff/schema.ts";

export function merged(here: SchemaObject, declared: SchemaObject): SchemaObject {
  const together = join(here, declared);
  return differs(here, together) ? together : here;
}

function join(here: SchemaObject, declared: SchemaObject): SchemaObject {
  switch (declared.kind) {
    case "table":
      return declared.facts["rowSecurity"] === true ? { ...here, facts: { ...here.facts, rowSecurity: true } } : here;
    case "column":
      return joinColumn(here, declared);
    case "default":
    case "ownership":
    case "sequence":
    case "type":
    case "policy":
      return declared;
    case "constraint":
    case "index":
      return saysTheSame(here, declared) ? here : declared;
    case "view":
    case "materialized view":
      return joinView(here, declared);
    default:
      return here;
  }
}

const definitionOf = ({ facts }: SchemaObject): string =>
  String(facts["definition"]).replace(/^(CREATE (?:UNIQUE )?INDEX )(?:"(?:[^"]|"")*"|\S+)/, "$1");

/** But for the name, what no tool can say of a key, and what one need not say of an index. */
export function saysTheSame(here: SchemaObject, declared: SchemaObject): boolean {
  const wanted = definitionOf(declared);
  const had = definitionOf(here).replace(/ (?:DEFERRABLE|INITIALLY DEFERRED|NOT VALID|NO INHERIT|NOT ENFORCED)\b/g, "");
  return (wanted.includes(" WITH (") ? had : had.replace(/ WITH \([^()]*\)/, "")) === wanted;
}

const beyondTools = ["collation", "storage", "compression", "statistics", "options", "serverOptions"] as const;
const placing = ["inherited", "partitioned", "typed", "notNullName"] as const;

function joinColumn(here: SchemaObject, declared: SchemaObject): SchemaObject {
  const sameType = !differs(here, declared, "type");
  const kept: string[] = beyondTools.filter((fact) => sameType && declared.facts[fact] === undefined);
  // NOT NULL has a name and can be NOT VALID.
  if (here.facts["notNull"] !== undefined && declared.facts["notNull"] !== undefined) kept.push("notNull");
  const facts = { ...declared.facts, ...pick(here.facts, kept) };
  return { ...declared, facts, extra: { ...declared.extra, ...pick(here.extra, placing) }, follows: here.follows };
}

/** `security_invoker` that somebody set by hand stays. */
function joinView(here: SchemaObject, declared: SchemaObject): SchemaObject {
  if (listOf(declared.facts["options"]).length > 0) return declared;
  return { ...declared, facts: { ...declared.facts, ...pick(here.facts, ["options"]) } };
}

function pick(from: SchemaObject["facts"], names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name] as unknown]])));
}
