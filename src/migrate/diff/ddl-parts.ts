/** Writers of what hangs on a table: constraints, indexes, statistics, policies, triggers, rules. */
import {
  type Around,
  leftOut,
  type Made,
  needsRows,
  type Option,
  setAndReset,
  type Statements,
  withOptions,
  words,
  type Writer,
} from "./ddl.ts";
import { canonicalText } from "../../core/catalog-canonical.ts";
import { differs, keyOf, listOf, type SchemaObject, textOf } from "./schema.ts";

const optionsOf = ({ facts }: SchemaObject, fact: string): readonly Option[] => listOf<Option>(facts[fact]);

export const constraint: Writer = {
  create(object, around) {
    const { facts, extra } = object;
    if (isCloned(object, around)) return { alone: [] };
    const inline = `CONSTRAINT ${extra["bare"]} ${facts["definition"]}`;
    const only = extra["partitioned"] === true && extra["index"] !== undefined ? "ONLY " : "";
    const add = `ALTER ${extra["keyword"]} ${only}${extra["table"]} ADD ${inline}`;
    const fits = isKnownToFit(object, around);
    return {
      ...(isInline(object) ? { inline } : {}),
      alone: [fits ? add : needsRows(add, "every row must satisfy it")],
      after: [...indexOptions(object), ...unwritten(object)],
    };
  },
  drop: ({ extra }) => [`ALTER ${extra["keyword"]} ${extra["table"]} DROP CONSTRAINT ${extra["bare"]}`],
  alter(from, to) {
    const changes = alterDefinition(from, to);
    if (changes === undefined || (from.facts["invalidIndex"] === true && to.facts["invalidIndex"] === undefined)) return undefined;
    const options = setAndReset(`ALTER INDEX ${to.extra["index"]}`, optionsOf(from, "indexOptions"), optionsOf(to, "indexOptions"));
    const same = !differs(from, to, "triggers") && !differs(from, to, "invalidIndex");
    return [...changes, ...options, ...(same ? [] : [leftOut("how its triggers and its index are switched")])];
  },
};

/** It checks nothing, its table is new, or a constraint before it says the same. */
function isKnownToFit({ kind, name, facts, extra }: SchemaObject, around: Around): boolean {
  if (/ NOT (VALID|ENFORCED)$/.test(facts["definition"]) || around.isMade(keyOf("table", canonicalText(String(extra["table"])))))
    return true;
  const before = around.from.objects.get(keyOf(kind, name));
  const condition = (definition: string): string => definition.replace(/ (ON (UPDATE|DELETE) |DEFERRABLE|INITIALLY|WITH ).*$/, "");
  return before !== undefined && condition(definitionOf(before)) === condition(canonicalText(String(facts["definition"])));
}

/** NOT VALID means nothing in CREATE TABLE. */
function isInline({ facts, extra }: SchemaObject): boolean {
  return extra["type"] !== "domain" && !String(facts["definition"]).endsWith(" NOT VALID");
}

/** A CHECK that a child has from its parent. A new partition has it before it is attached; an index of its own it always has. */
function isCloned({ extra }: SchemaObject, around: Around): boolean {
  if (extra["inherited"] !== "only" || extra["index"] !== undefined) return false;
  const attached = keyOf("partition", String(extra["table"]));
  return !around.to.objects.has(attached) || !around.isMade(attached);
}

function indexOptions(object: SchemaObject): string[] {
  const options = optionsOf(object, "indexOptions");
  return options.length === 0 ? [] : [`ALTER INDEX ${object.extra["index"]} SET (${withOptions(options)})`];
}

function unwritten({ facts }: SchemaObject): Statements {
  return [
    ...(facts["triggers"] === undefined ? [] : [leftOut("how its triggers are switched")]),
    ...(facts["invalidIndex"] === true ? [leftOut("that its index is not valid")] : []),
  ];
}

interface Parts {
  readonly head: string;
  readonly deferral: string;
  readonly enforced: boolean;
  readonly valid: boolean;
}

function partsOf(definition: string): Parts {
  const [, head = "", deferral = "", unenforced, invalid] =
    /^([^]*?)((?: DEFERRABLE(?: INITIALLY DEFERRED)?)?)( NOT ENFORCED)?( NOT VALID)?$/.exec(definition) ?? [];
  return { head, deferral: deferral.trim(), enforced: unenforced === undefined, valid: invalid === undefined };
}

/** Undefined where the constraint must be made anew. */
function alterDefinition(before: SchemaObject, after: SchemaObject): Statements | undefined {
  if (!differs(before, after, "definition")) return [];
  const { extra } = after;
  const [from, to] = [partsOf(definitionOf(before)), partsOf(definitionOf(after))];
  if (
    from.head !== to.head ||
    (from.valid && !to.valid) ||
    (extra["type"] !== "f" && (from.deferral !== to.deferral || from.enforced !== to.enforced))
  )
    return undefined;
  const lead = `ALTER ${extra["keyword"]} ${extra["table"]}`;
  const at = `${lead} ALTER CONSTRAINT ${extra["bare"]}`;
  const checked = needsRows(`${lead} VALIDATE CONSTRAINT ${extra["bare"]}`, "every row must satisfy it");
  return [
    ...(from.enforced === to.enforced ? [] : [`${at} ${to.enforced ? "ENFORCED" : "NOT ENFORCED"}`]),
    ...(from.deferral === to.deferral ? [] : [`${at} ${to.deferral || "NOT DEFERRABLE"}`]),
    ...(from.valid === to.valid ? [] : [checked]),
  ];
}

/** As every version prints it. */
const definitionOf = ({ facts }: SchemaObject): string => canonicalText(String(facts["definition"]));

/** The definition without its storage options, which can be changed by themselves. */
function bareIndex(object: SchemaObject): string {
  return definitionOf(object).replace(/ WITH \((?:[^()']|'(?:[^']|'')*')*\)(?= WHERE |$)/, "");
}

export const index: Writer = {
  create(object) {
    const { facts, extra } = object;
    const lost = facts["invalid"] === true && extra["partitioned"] !== true;
    return {
      alone: [String(facts["definition"])],
      after: [...columnStatistics([], object), ...(lost ? [leftOut("that it is not valid")] : [])],
    };
  },
  drop: ({ extra }) => [`DROP INDEX ${extra["ref"]}`],
  alter(from, to) {
    const [was, is] = [from.facts["invalid"] === true, to.facts["invalid"] === true];
    // Of a partitioned table, an index is not valid as long as partitions have none: one that is made after they are attached.
    const anew = to.extra["partitioned"] === true ? is && !was : was && !is;
    if (bareIndex(from) !== bareIndex(to) || anew) return undefined;
    const lost = is && !was;
    return [
      ...setAndReset(`ALTER INDEX ${to.extra["ref"]}`, optionsOf(from, "options"), optionsOf(to, "options")),
      ...columnStatistics(listOf(from.facts["statistics"]), to),
      ...(lost ? [leftOut("that it is not valid")] : []),
    ];
  },
};

type Statistics = readonly [column: number, target: number];

function columnStatistics(before: readonly Statistics[], { facts, extra }: SchemaObject): string[] {
  const after = listOf<Statistics>(facts["statistics"]);
  const set = ([column, target]: Statistics): string => `ALTER INDEX ${extra["ref"]} ALTER COLUMN ${column} SET STATISTICS ${target}`;
  const gone = before.filter(([column]) => !after.some(([kept]) => kept === column)).map(([column]): Statistics => [column, -1]);
  return [...gone, ...after.filter((each) => !before.some((old) => textOf(old) === textOf(each)))].map(set);
}

export const statistics: Writer = {
  create: ({ facts, extra }) => ({
    alone: [String(extra["definition"])],
    after: facts["target"] === undefined ? [] : [`ALTER STATISTICS ${extra["ref"]} SET STATISTICS ${facts["target"]}`],
  }),
  drop: ({ extra }) => [`DROP STATISTICS ${extra["ref"]}`],
  alter(from, to) {
    const same = !["kinds", "columns", "expressions", "table"].some((fact) => differs(from, to, fact));
    return same ? [`ALTER STATISTICS ${to.extra["ref"]} SET STATISTICS ${to.facts["target"] ?? -1}`] : undefined;
  },
};

export const policy: Writer = {
  create: ({ facts, extra }): Made => ({
    alone: [
      words(
        `CREATE POLICY ${extra["bare"]} ON ${extra["table"]}`,
        facts["restrictive"] && "AS RESTRICTIVE",
        facts["command"] !== "ALL" && `FOR ${facts["command"]}`,
        `TO ${listOf(facts["roles"]).join(", ")}`,
        facts["using"] !== undefined && `USING (${facts["using"]})`,
        facts["check"] !== undefined && `WITH CHECK (${facts["check"]})`,
      ),
    ],
  }),
  drop: ({ extra }) => [`DROP POLICY ${extra["bare"]} ON ${extra["table"]}`],
  alter(from, to) {
    const has = (fact: string): boolean => differs(from, to, fact);
    const taken = ["using", "check"].some((fact) => from.facts[fact] !== undefined && to.facts[fact] === undefined);
    if (has("restrictive") || has("command") || taken) return undefined;
    return [
      words(
        `ALTER POLICY ${to.extra["bare"]} ON ${to.extra["table"]}`,
        has("roles") && `TO ${listOf(to.facts["roles"]).join(", ")}`,
        has("using") && `USING (${to.facts["using"]})`,
        has("check") && `WITH CHECK (${to.facts["check"]})`,
      ),
    ];
  },
};

const enabling = (mode: unknown, noun: string, { extra }: SchemaObject): string => {
  const [verb = "ENABLE", how = ""] = ((mode ?? "ENABLE") as string).split(" ");
  return words(`ALTER TABLE ${extra["table"]}`, verb, how, noun, extra["bare"]);
};

export const trigger: Writer = {
  create(object) {
    const { facts } = object;
    if (facts["inherited"] === true) return { alone: [enabling(facts["enabled"], "TRIGGER", object)] };
    return {
      alone: [String(facts["definition"])],
      after: facts["enabled"] === undefined ? [] : [enabling(facts["enabled"], "TRIGGER", object)],
    };
  },
  drop: (object) =>
    object.facts["inherited"] === true
      ? [enabling(object.extra["parentEnabled"], "TRIGGER", object)]
      : [`DROP TRIGGER ${object.extra["bare"]} ON ${object.extra["table"]}`],
  alter: (from, to) =>
    !differs(from, to, "definition") && !differs(from, to, "inherited") ? [enabling(to.facts["enabled"], "TRIGGER", to)] : undefined,
};

export const rule: Writer = {
  create: (object) => ({
    alone: [String(object.facts["definition"]).replace(/;\s*$/, "")],
    after: object.facts["enabled"] === undefined ? [] : [enabling(object.facts["enabled"], "RULE", object)],
  }),
  drop: ({ extra }) => [`DROP RULE ${extra["bare"]} ON ${extra["table"]}`],
  alter: (from, to) => (!differs(from, to, "definition") ? [enabling(to.facts["enabled"], "RULE", to)] : undefined),
};
