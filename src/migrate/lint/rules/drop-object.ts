import { finding } from "../../../core/finding.ts";
import { at, type Judged, type LintContext, type Rule } from "../rule.ts";

/** What an application names. */
const kinds = [
  "view",
  "materialized view",
  "function",
  "procedure",
  "aggregate",
  "type",
  "domain",
  "schema",
  "sequence",
  "foreign table",
  "extension",
];

export const dropObject: Rule = {
  code: "LINT_DROP_OBJECT",
  severity: "warning",
  title: "Something that an application may use is dropped",
  why: "Views, functions, types, schemas and sequences are named in statements of the application that still runs. A CASCADE takes more of them than the statement says: each one is listed.",
  judge: (context) =>
    context.judged.flatMap((judged) => {
      const gone = judged.trace.dropped.filter(
        ({ type, identity }) => kinds.includes(type) && !isMadeAgain(context, judged, identity) && !isOwned(judged, type, identity),
      );
      return gone
        .filter(({ identity }) => !isMadeHere(context, judged, identity))
        .map(({ type, identity }) => {
          const hint = "deploy an application that does not use it first";
          return finding("warning", "LINT_DROP_OBJECT", `${type} ${identity}`, "is dropped", hint, at(judged));
        });
    }),
};

/** DROP and CREATE of the same thing is a change, not a loss. */
function isMadeAgain({ judged: all }: LintContext, judged: Judged, identity: string): boolean {
  return all.slice(all.indexOf(judged)).some(({ trace }) => trace.created.some((object) => object.identity === identity));
}

function isMadeHere({ judged: all }: LintContext, judged: Judged, identity: string): boolean {
  return all.slice(0, all.indexOf(judged)).some(({ trace }) => trace.created.some((object) => object.identity === identity));
}

/** The row type of a table, an array type, the sequence of a column: they go with what they belong to. */
function isOwned({ trace, node }: Judged, type: string, identity: string): boolean {
  if (type === "type" && identity.endsWith("[]")) return true;
  const relations = trace.dropped.filter((object) => object.type !== "type" && object.type !== "sequence").map((object) => object.identity);
  if (type === "type") return relations.includes(identity);
  return type === "sequence" && !JSON.stringify(node ?? "").includes("OBJECT_SEQUENCE");
}
