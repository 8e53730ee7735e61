import { finding } from "../../../core/finding.ts";
import { as, everywhere, quoted, strings } from "../parse.ts";
import { at, type LintContext, type Rule, statementsOf } from "../rule.ts";

/** pgvector's limits: an index entry has to fit a page of 8 kB. */
const limits: Readonly<Record<string, number>> = { vector: 2000, halfvec: 4000, bit: 64_000 };

export const vectorDimensions: Rule = {
  code: "LINT_VECTOR_DIMENSIONS",
  severity: "error",
  title: "A vector has more dimensions than its index can hold",
  why: "HNSW and IVFFlat index a vector of at most 2,000 dimensions; a halfvec, which is half as long and nearly as exact, of at most 4,000. text-embedding-3-large has 3,072.",
  judge: (context) =>
    statementsOf(context, "IndexStmt").flatMap(({ judged, node }) => {
      if (!["hnsw", "ivfflat"].includes(node.accessMethod ?? "") || !node.relation) return [];
      const table = context.nameOf(node.relation);
      return (node.indexParams ?? []).flatMap((param) => {
        const column = as(param, "IndexElem")?.name;
        const [type = "", dimensions = 0] = column === undefined ? [] : typeOf(context, table, column);
        if (column === undefined || dimensions <= (limits[type] ?? Infinity)) return [];
        const operators = `halfvec_${
          strings(as(param, "IndexElem")?.opclass)
            .at(-1)
            ?.replace(/^vector_/, "") ?? "cosine_ops"
        }`;
        const fits = type === "vector" && dimensions <= (limits["halfvec"] ?? 0);
        const safe = fits ? `create index on ${table} using hnsw ((${quoted(column)}::halfvec(${dimensions})) ${operators});` : undefined;
        const message = `has ${dimensions.toLocaleString("en")} dimensions; ${node.accessMethod} takes ${limits[type]?.toLocaleString("en")} of a ${type}`;
        return [
          finding(
            "error",
            "LINT_VECTOR_DIMENSIONS",
            `${table}.${quoted(column)}`,
            message,
            fits ? "index it as halfvec" : "shorten the vectors",
            at(judged, { safe }),
          ),
        ];
      });
    }),
};

/** From the schema, or, where pgvector is not at hand, from the statement that makes the table. */
function typeOf(context: LintContext, table: string, column: string): [type: string, dimensions: number] | [] {
  const known = (context.after.tables.get(table) ?? context.before.tables.get(table))?.columns.find(({ name }) => name === column)?.type;
  const text = known ?? writtenType(context, column);
  const [, type, dimensions] = /^(?:.*\.)?(\w+)\((\d+)\)$/.exec(text ?? "") ?? [];
  return type === undefined ? [] : [type, Number(dimensions)];
}

function writtenType({ judged, deparse }: LintContext, column: string): string | undefined {
  const columns = judged
    .flatMap(({ node }) => everywhere(node, "ColumnDef"))
    .filter(({ colname, typeName }) => colname === column && typeName);
  const type = columns.at(-1)?.typeName;
  return type && deparse({ TypeName: type });
}
