/** A value for rows whose own one is lost, where the column takes no null. */
import type { CatalogObject } from "../../../core/catalog.ts";
import { aspectsOf, domainWords } from "./aspects.ts";
import { lastOf } from "./names.ts";
import type { World } from "./undo.ts";

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
export function placeholderOf(column: CatalogObject, type: string, world: World): string | undefined {
  if (/^(?:text$|character varying$)/.test(type) && isUnique(column, world)) return `gen_random_uuid()${type === "text" ? "::text" : ""}`;
  const known = fillers.find(([pattern]) => pattern.test(type))?.[1];
  if (known !== undefined) return known;
  const made = world.want.get(`type ${type}`)?.definition.split("\n");
  if (made?.[0] === "enum") return made[1];
  const domain = world.want.get(`domain ${type}`);
  return domain && placeholderOf(column, aspectsOf(domain.definition, domainWords).get("as") ?? "", world);
}

function isUnique(column: CatalogObject, { want }: World): boolean {
  const name = lastOf(column.name).replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&");
  const pattern = new RegExp(`(?:UNIQUE|PRIMARY KEY)[^]*[(, ]${name}[), ]`);
  return [...want.values()].some(
    ({ kind, parent, definition }) => (kind === "constraint" || kind === "index") && parent === column.parent && pattern.test(definition),
  );
}
