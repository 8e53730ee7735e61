/** A value for rows whose own one is lost, where the column takes no null. */
import { text } from "../../diff/ddl.ts";
import { keyOf, listOf, type Schema, type SchemaObject } from "../../diff/schema.ts";

const fillers: readonly (readonly [RegExp, string])[] = [
  [/\[\]$/, "'{}'"],
  [/^(?:smallint|integer|bigint|numeric|real|double precision|money|oid)\b/, "0"],
  [/^boolean$/, "false"],
  [/^uuid$/, "gen_random_uuid()"],
  [/^(?:text|character|public\.citext|citext)\b/, "''"],
  [/^jsonb?$/, "'null'"],
  [/^bytea$/, "''"],
  [/^(?:date|timestamp)/, "'epoch'"],
  [/^time\b/, "'00:00'"],
  [/^interval\b/, "'0'"],
  [/^inet$/, "'0.0.0.0'"],
  [/^cidr$/, "'0.0.0.0/0'"],
  [/^tsvector$/, "''"],
  [/range$/, "'empty'"],
  [/^xml$/, "''"],
];

/** As an SQL expression; undefined where none is known. A text that has to be unique gets a unique one. */
export function placeholderOf(column: SchemaObject, type: string, schema: Schema): string | undefined {
  if (/^(?:text$|character varying$)/.test(type) && isUnique(column, schema)) return `gen_random_uuid()${type === "text" ? "::text" : ""}`;
  const known = fillers.find(([pattern]) => pattern.test(type))?.[1];
  if (known !== undefined) return known;
  const [label] = listOf(schema.objects.get(keyOf("type", type))?.facts["labels"]);
  if (label !== undefined) return text(label);
  const domain = schema.objects.get(keyOf("domain", type));
  return domain && placeholderOf(column, String(domain.facts["type"]), schema);
}

function isUnique({ extra: { table, column } }: SchemaObject, { objects }: Schema): boolean {
  const name = String(column).replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&");
  const pattern = new RegExp(`(?:UNIQUE|PRIMARY KEY)[^]*[(, ]${name}[), ]`);
  return [...objects.values()].some(
    ({ kind, facts, extra }) =>
      (kind === "constraint" || kind === "index") && extra["table"] === table && pattern.test(String(facts["definition"])),
  );
}
