/** Writers of what has no schema: schemas themselves, extensions, languages, foreign servers, event triggers, publications. */
import {
  changeForeign,
  destroys,
  foreignOptions,
  leftOut,
  type Made,
  type Option,
  secretsIn,
  settings,
  type Statements,
  whole,
  words,
  type Writer,
} from "./ddl.ts";
import { differs, listOf, type SchemaObject } from "./schema.ts";

export const schema: Writer = whole(({ name }) => [`CREATE SCHEMA ${name}`], "SCHEMA");

export const extension: Writer = {
  create: ({ facts, name }) => ({
    alone: [words(`CREATE EXTENSION ${name}`, facts["schema"] !== "pg_catalog" && `WITH SCHEMA ${facts["schema"]}`)],
  }),
  drop: ({ name }) => [destroys(`DROP EXTENSION ${name}`, "the extension and what it keeps")],
  alter: (from, to) => (from.extra["relocatable"] === true ? [`ALTER EXTENSION ${to.name} SET SCHEMA ${to.facts["schema"]}`] : undefined),
};

export const language: Writer = whole(({ facts, name }) => {
  const parts = ["HANDLER", "INLINE", "VALIDATOR"].filter((part) => facts[part] !== undefined).map((part) => `${part} ${facts[part]}`);
  return [words("CREATE", facts["trusted"] && "TRUSTED", `LANGUAGE ${name}`, ...parts)];
}, "LANGUAGE");

export const accessMethod: Writer = whole(
  ({ facts, name }) => [`CREATE ACCESS METHOD ${name} TYPE ${facts["type"]} HANDLER ${facts["handler"]}`],
  "ACCESS METHOD",
);

const optionsOf = ({ facts }: SchemaObject): readonly Option[] => listOf<Option>(facts["options"]);

const handler = (word: string, value: unknown): string => (value === undefined ? `NO ${word}` : `${word} ${value as string}`);

export const foreignDataWrapper: Writer = {
  create: (object): Made => {
    const { facts, name } = object;
    const options = optionsOf(object);
    const sql = words(
      `CREATE FOREIGN DATA WRAPPER ${name}`,
      handler("HANDLER", facts["handler"]),
      handler("VALIDATOR", facts["validator"]),
      options.length > 0 && `OPTIONS (${foreignOptions(options)})`,
    );
    return { alone: [sql], after: secretsIn(options, `foreign data wrapper ${name}`) };
  },
  drop: ({ name }) => [`DROP FOREIGN DATA WRAPPER ${name}`],
  alter(from, to) {
    const lead = `ALTER FOREIGN DATA WRAPPER ${to.name}`;
    return [
      ...(differs(from, to, "handler") ? [`${lead} ${handler("HANDLER", to.facts["handler"])}`] : []),
      ...(differs(from, to, "validator") ? [`${lead} ${handler("VALIDATOR", to.facts["validator"])}`] : []),
      ...changeForeign(lead, optionsOf(from), optionsOf(to)),
    ];
  },
};

export const foreignServer: Writer = {
  create: (object): Made => {
    const { facts, name } = object;
    const options = optionsOf(object);
    const sql = words(
      `CREATE SERVER ${name}`,
      facts["type"] && `TYPE ${facts["type"]}`,
      facts["version"] && `VERSION ${facts["version"]}`,
      `FOREIGN DATA WRAPPER ${facts["wrapper"]}`,
      options.length > 0 && `OPTIONS (${foreignOptions(options)})`,
    );
    return { alone: [sql], after: secretsIn(options, `server ${name}`) };
  },
  drop: ({ name, extra }) => [
    ...listOf(extra["users"]).map((user) => `DROP USER MAPPING FOR ${user} SERVER ${name}`),
    destroys(`DROP SERVER ${name}`, "the server, its users and their secrets"),
  ],
  alter(from, to) {
    if (differs(from, to, "wrapper") || differs(from, to, "type") || (differs(from, to, "version") && to.facts["version"] === undefined))
      return undefined;
    const lead = `ALTER SERVER ${to.name}`;
    return [
      ...(differs(from, to, "version") ? [`${lead} VERSION ${to.facts["version"]}`] : []),
      ...changeForeign(lead, optionsOf(from), optionsOf(to)),
    ];
  },
};

const enabling = ({ facts, name }: SchemaObject): string => `ALTER EVENT TRIGGER ${name} ${facts["enabled"] ?? "ENABLE"}`;

export const eventTrigger: Writer = {
  create(object) {
    const { facts, name } = object;
    const tags = listOf(facts["tags"]);
    const when = tags.length > 0 && `WHEN TAG IN (${tags.join(", ")})`;
    const sql = words(`CREATE EVENT TRIGGER ${name} ON ${facts["event"]}`, when, `EXECUTE FUNCTION ${facts["function"]}()`);
    return { alone: [sql], after: facts["enabled"] === undefined ? [] : [enabling(object)] };
  },
  drop: ({ name }) => [`DROP EVENT TRIGGER ${name}`],
  alter: (from, to) => (["event", "tags", "function"].some((fact) => differs(from, to, fact)) ? undefined : [enabling(to)]),
};

function publicationOptions({ facts }: SchemaObject, all: boolean): string {
  return settings({
    publish: `'${facts["publish"]}'`,
    publish_via_partition_root: facts["viaRoot"] === true ? "true" : all ? "false" : undefined,
    publish_generated_columns: facts["generated"] ?? undefined,
  });
}

export const publication: Writer = {
  create: (object): Made => ({
    alone: [
      words(
        `CREATE PUBLICATION ${object.name}`,
        object.facts["allTables"] && "FOR ALL TABLES",
        `WITH (${publicationOptions(object, false)})`,
      ),
    ],
  }),
  drop: ({ name }) => [`DROP PUBLICATION ${name}`],
  alter(from, to) {
    if (differs(from, to, "allTables")) return undefined;
    const generated = differs(from, to, "generated") && to.facts["generated"] === undefined ? ", publish_generated_columns = none" : "";
    return [`ALTER PUBLICATION ${to.name} SET (${publicationOptions(to, true)}${generated})`];
  },
};

export const publicationMember: Writer = {
  create({ extra, facts }) {
    const columns = listOf(facts["columns"]);
    const sql = words(
      `ALTER PUBLICATION ${extra["publication"]} ADD ${extra["member"]}`,
      columns.length > 0 && `(${columns.join(", ")})`,
      facts["filter"] !== undefined && `WHERE (${facts["filter"]})`,
    );
    return { alone: [sql] };
  },
  drop: ({ extra }) => [`ALTER PUBLICATION ${extra["publication"]} DROP ${extra["member"]}`],
};

const ofSubscription = ({ name }: SchemaObject): Statements => [
  leftOut(`subscription ${name}, whose connection string is a secret that no catalog shows`),
];

export const subscription: Writer = {
  create: (object) => ({ alone: ofSubscription(object) }),
  drop: ofSubscription,
  alter: (_, to) => ofSubscription(to),
};
