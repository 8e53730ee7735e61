/** Writers of functions, aggregates, operators and casts. */
import { leftOut, settings, type Statements, whole, words, type Writer } from "./ddl.ts";
import { differs, listOf, type SchemaObject, textOf } from "./schema.ts";

export const routine: Writer = {
  create: ({ facts }) => ({ alone: [bodyOf(facts["definition"])] }),
  drop: ({ extra }) => [`DROP ${extra["word"]} ${extra["ref"]}`],
  alter(from, to) {
    const replaceable = textOf(from.extra["shape"]) === textOf(to.extra["shape"]) && defaultsAllow(from, to);
    return replaceable ? [bodyOf(to.facts["definition"])] : undefined;
  },
};

const bodyOf = (definition: unknown): string => String(definition).trimEnd();

/** OR REPLACE adds defaults and changes them, and never takes one away. */
function defaultsAllow({ extra: before }: SchemaObject, { extra: after }: SchemaObject): boolean {
  return Number(after["defaults"]) >= Number(before["defaults"]);
}

const aggregateOptions = [
  "SFUNC STYPE SSPACE FINALFUNC FINALFUNC_EXTRA FINALFUNC_MODIFY COMBINEFUNC SERIALFUNC DESERIALFUNC INITCOND",
  "MSFUNC MINVFUNC MSTYPE MSSPACE MFINALFUNC MFINALFUNC_EXTRA MFINALFUNC_MODIFY MINITCOND SORTOP PARALLEL",
].flatMap((line) => line.split(" "));

const aggregateSql = ({ facts, extra }: SchemaObject, create: string): string => {
  const options = [settings(facts, aggregateOptions), facts["kind"] === "hypothetical" && "HYPOTHETICAL"].filter(Boolean).join(", ");
  return `${create} ${extra["name"]}(${facts["arguments"] || "*"}) (${options})`;
};

export const aggregate: Writer = {
  create: (object) => ({ alone: [aggregateSql(object, "CREATE AGGREGATE")] }),
  drop: ({ extra }) => [`DROP ROUTINE ${extra["ref"]}`],
  alter(from, to) {
    const shape = ["kind", "arguments", "result"].some((fact) => differs(from, to, fact));
    return shape ? undefined : [aggregateSql(to, "CREATE OR REPLACE AGGREGATE")];
  },
};

const operatorOptions = ["FUNCTION", "LEFTARG", "RIGHTARG", "COMMUTATOR", "NEGATOR", "RESTRICT", "JOIN", "HASHES", "MERGES"];

export const operator: Writer = {
  create({ facts, extra, name }) {
    if (facts["FUNCTION"] === undefined) return { alone: [leftOut(`operator ${name}, a shell that another operator named`)] };
    return { alone: [`CREATE OPERATOR ${extra["name"]} (${settings(facts, operatorOptions)})`] };
  },
  drop: ({ extra }) => [`DROP OPERATOR ${extra["ref"]}`],
  alter(from, to) {
    if (operatorOptions.some((fact) => fact !== "RESTRICT" && fact !== "JOIN" && differs(from, to, fact))) return undefined;
    const options = ["RESTRICT", "JOIN"].filter((fact) => differs(from, to, fact)).map((fact) => `${fact} = ${to.facts[fact] ?? "NONE"}`);
    return [`ALTER OPERATOR ${to.extra["ref"]} SET (${options.join(", ")})`];
  },
};

type Member = readonly [make: string, unmake: string];

export const operatorClass: Writer = {
  create({ facts, extra }) {
    const members = listOf<Member>(extra["members"]).map(([make]) => make);
    const items = [...members, ...(facts["storage"] === undefined ? [] : [`STORAGE ${facts["storage"]}`])];
    const head = words(
      `CREATE OPERATOR CLASS ${extra["name"]}`,
      facts["default"] && "DEFAULT",
      `FOR TYPE ${facts["type"]} USING ${extra["method"]} FAMILY ${facts["family"]} AS`,
    );
    // A class of nothing is written with the storage that it has anyway.
    return { alone: [`${head}\n  ${(items.length > 0 ? items : [`STORAGE ${facts["type"]}`]).join(",\n  ")}`] };
  },
  drop: ({ extra }) => [`DROP OPERATOR CLASS ${extra["name"]} USING ${extra["method"]}`],
};

export const operatorFamily: Writer = {
  create: ({ extra }) => ({ alone: [`CREATE OPERATOR FAMILY ${extra["name"]} USING ${extra["method"]}`] }),
  drop: ({ extra }) => [`DROP OPERATOR FAMILY ${extra["name"]} USING ${extra["method"]}`],
  alter: () => [],
};

/** What is loose in a family, once its classes are as they should be. Called for a family whose members differ, last. */
export function looseMembers(before: readonly Member[], after: readonly Member[], { extra }: SchemaObject): Statements {
  const lead = `ALTER OPERATOR FAMILY ${extra["name"]} USING ${extra["method"]}`;
  const gone = before.filter(([make]) => !after.some(([kept]) => kept === make)).map(([, unmake]) => unmake);
  const added = after.filter(([make]) => !before.some(([old]) => old === make)).map(([make]) => make);
  return [
    ...(gone.length > 0 ? [`${lead} DROP ${gone.join(", ")}`] : []),
    ...(added.length > 0 ? [`${lead} ADD ${added.join(", ")}`] : []),
  ];
}

export const cast: Writer = whole(({ facts, name }) => [words("CREATE CAST", name, facts["how"], facts["when"])], "CAST");

export const transform: Writer = whole(({ facts, name }) => {
  const parts = [facts["from"] && `FROM SQL WITH FUNCTION ${facts["from"]}`, facts["to"] && `TO SQL WITH FUNCTION ${facts["to"]}`];
  return [`CREATE TRANSFORM ${name} (${parts.filter(Boolean).join(", ")})`];
}, "TRANSFORM");
