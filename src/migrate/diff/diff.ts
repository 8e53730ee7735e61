/** `migrate diff`: two schemas compared object by object, and the SQL that turns the one into the other, executed before it is shown. */
import type { CatalogKind } from "../../core/catalog.ts";
import { type Finding, finding, hasErrors, type Report } from "../../core/finding.ts";
import type { Context, JudgingOperation } from "../../core/operation.ts";
import { describeDifference, type Difference, differencesAsFindings } from "../../core/schema-diff.ts";
import type { Question } from "./rename-questions.ts";
import type { SideName } from "./sides.ts";
import type { Change } from "./statements.ts";
import type { Transition } from "./transition.ts";

export interface DiffOptions {
  /** Default `database`. */
  from?: SideName | undefined;
  /** Default `files`; `schema` where `schema` is given. */
  to?: SideName | undefined;
  /** The declared schema: a .sql file, or a folder of them. Default `schema.sql`. */
  schema?: string | undefined;
  /** Write the SQL that turns `from` into `to`, and prove it. Default false. */
  sql?: boolean | undefined;
  /** Renames that are decided: `users.name=full_name`, `users=people`. */
  rename?: string[] | undefined;
  /** What goes and was not renamed: `users.name`. */
  drop?: string[] | undefined;
}

export interface SchemaChange {
  /** What has to happen to the first schema. */
  readonly change: "create" | "drop" | "alter";
  readonly kind: CatalogKind;
  readonly name: string;
  /** What it belongs to: `table public.users`. */
  readonly parent: string | null;
  /** Of an object that is altered: `- not null`, `+ default 0`. */
  readonly lines: readonly string[];
  /** Objects that come or go with it. */
  readonly children: number;
}

export interface DiffResult {
  readonly from: SideName;
  readonly to: SideName;
  readonly differences: readonly SchemaChange[];
  /** Null where it was not asked for. */
  readonly sql: string | null;
  /** The SQL was run from the first schema, and ended in the second. */
  readonly proved: boolean;
  /** Where the schemas were made. */
  readonly where: string;
}

export const diff: JudgingOperation<DiffOptions, DiffResult> = {
  kind: "judge",
  name: "migrate diff",
  summary: "compare files, database and declared schema object by object, and write the SQL between them",
  risk: "reads",
  input: async () => {
    const { z } = await import("zod");
    const side = z.enum(["files", "applied", "database", "schema"]);
    return z.strictObject({
      from: side
        .optional()
        .describe("what there is: files (all of them), applied (those that ran here), database or schema (default: database)"),
      to: side.optional().describe("what there shall be (default: files; with --schema, schema)"),
      schema: z.string().optional().describe("the declared schema: a .sql file or a folder of them (default: schema.sql)"),
      sql: z.boolean().optional().describe("print the SQL that turns one into the other, proved on a scratch database"),
      rename: z.array(z.string()).optional().describe("a rename: users.name=full_name or users=people; may be repeated"),
      drop: z.array(z.string()).optional().describe("what goes and was not renamed: users.name; may be repeated"),
    });
  },
  examples: [
    "pgsteward migrate diff",
    "pgsteward migrate diff --from files --to schema --schema db/schema.sql --sql",
    "pgsteward migrate diff --to schema --sql --rename users.name=full_name",
  ],
  report,
};

async function report(ctx: Context, options: DiffOptions): Promise<Report<DiffResult>> {
  const { schema = "schema.sql", sql = false, rename = [], drop = [] } = options;
  const { from = "database", to = options.schema === undefined ? "files" : "schema" } = options;
  const { sideOf } = await import("./sides.ts");
  const { compareSides } = await import("./compare-sides.ts");
  const [before, after] = [await sideOf(ctx, from, schema), await sideOf(ctx, to, schema)];
  const { missing, where, differences, questions, transition, unbuilt } = await compareSides(ctx, before, after, { sql, rename, drop });
  if (missing.length > 0)
    return { ok: false, findings: [unseen(missing)], data: { from, to, differences: [], sql: null, proved: false, where } };
  const { questionFinding } = await import("./rename-questions.ts");
  const proved = transition !== undefined && unbuilt.length === 0 && isProved(transition);
  const findings = [
    ...questions.map((question: Question) => questionFinding(question)),
    ...(transition
      ? [...transition.unknown.map(unknownRename), ...transition.changes.flatMap(noteFinding), ...problemsOf(transition)]
      : []),
    ...unbuilt.map((difference) => notRebuilt(difference)),
  ];
  const data = { from, to, differences: differences.map(changeOf), sql: transition?.sql ?? null, proved, where };
  return { ok: differences.length === 0 && !hasErrors(findings), findings, data };
}

function isProved({ failed, remaining }: Transition): boolean {
  return failed === undefined && remaining.length === 0;
}

const unseen = (missing: readonly string[]): Finding =>
  finding(
    "error",
    "DIFF_EXTENSION_UNSEEN",
    missing.join(", "),
    "is offered by no engine at hand, so that nothing could be compared",
    "name a server that offers it: --scratch postgres://…",
  );

/** Out of the first schema's sight: what the second has alone has to be created. */
function changeOf(difference: Difference): SchemaChange {
  const { change, kind, name, parent, parentKind, children } = difference;
  const verbs = { missing: "drop", unexpected: "create", changed: "alter" } as const;
  const lines = describeDifference(difference)
    .split("\n")
    .slice(1)
    .map((line) => line.slice(2));
  return {
    change: verbs[change],
    kind,
    name,
    parent: parent === undefined || parentKind === undefined ? null : `${parentKind} ${parent}`,
    lines,
    children,
  };
}

/** An error, because without it the SQL drops what should have been renamed. */
const unknownRename = (text: string): Finding =>
  finding(
    "error",
    "DIFF_RENAME_UNKNOWN",
    `--rename ${text}`,
    "names nothing that goes, or nothing that comes",
    "write it as table.old=new, table=new or type.old=new",
  );

/** What a person should know about a statement before running it. */
function noteFinding({ key, note, sql }: Change): Finding[] {
  if (!note) return [];
  const facts = sql === "" ? undefined : { sql };
  switch (note.kind) {
    case "destroys":
      return [finding("warning", "DIFF_DESTROYS_DATA", key, `destroys data: ${note.text}`, undefined, facts)];
    case "converts":
      return [finding("warning", "DIFF_CONVERTS_DATA", key, `converts data: ${note.text}`, undefined, facts)];
    case "rows":
      return [finding("info", "DIFF_ROWS_MUST_FIT", key, `fails where rows do not fit: ${note.text}`, undefined, facts)];
    case "left out":
      return [finding("warning", "DIFF_LEFT_OUT", key, `is not written: ${note.text}`, undefined, facts)];
  }
}

function problemsOf({ failed, remaining }: Transition): Finding[] {
  if (!failed) return differencesAsFindings(remaining, "DIFF_NOT_PROVED");
  const { sqlstate, statement, line, text } = failed.data;
  const message = `does not run on a scratch database: ${typeof text === "string" ? text : failed.message}`;
  return [
    finding("error", "DIFF_SQL_FAILED", typeof line === "number" ? `sql:${line}` : "sql", message, undefined, { sqlstate, statement }),
  ];
}

function notRebuilt(difference: Difference): Finding {
  const object = `${difference.kind} ${difference.name}`;
  const message = "could not be rebuilt on a scratch database: the SQL is not proved";
  return finding("error", "DIFF_NOT_REBUILT", object, message, undefined, { ...difference });
}
