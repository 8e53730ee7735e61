/** A rule: one judgement about executed statements. What it says is in its finding, what it knows in its page under docs/rules. */
import type { AlterTableCmd, Node, RangeVar } from "libpg-query";
import type { Finding, Severity } from "../../core/finding.ts";
import { type Estimate, estimate, inWords, isShort, type Work } from "./impact.ts";
import type { Unseen } from "./before.ts";
import type { Live } from "./live.ts";
import { as } from "./parse.ts";
import type { Schema } from "./schema.ts";
import type { Trace } from "./trace.ts";

/** A statement with what it did and what it says. */
export interface Judged {
  readonly trace: Trace;
  /** Undefined where PostgreSQL 18's parser does not take it, and for a script. */
  readonly node: Node | undefined;
  /** The statement itself and, of a DO block, the statements in its body that are not put together at run time. */
  readonly nodes: readonly Node[];
}

export interface LintContext {
  /** In the order of execution. */
  readonly judged: readonly Judged[];
  readonly before: Schema;
  readonly after: Schema;
  /** Of the target: 150018. */
  readonly version: number;
  /** Where it was executed: 180004. */
  readonly scratchVersion: number;
  readonly missing: readonly string[];
  /** What could not be applied of the migrations that come before. */
  readonly left: readonly Unseen[];
  readonly live: Live | undefined;
  /** Whether what is short on the live database is short where it counts: the live database is production or staging. */
  readonly inEarnest: boolean;
  /** Made by one of the judged migrations: nobody uses it yet. */
  isFresh(relation: string): boolean;
  /** The relation that a statement names, as the schema has it: without a schema that of public, else the only one. */
  nameOf(range: RangeVar): string;
  /** SQL of a node that was changed. */
  readonly deparse: (node: Node) => string;
}

export interface Rule {
  /** `LINT_REWRITE`; its page is docs/rules/lint-rewrite.md. */
  readonly code: string;
  readonly severity: Severity;
  /** A phrase. */
  readonly title: string;
  /** The reason, in one or two sentences, with what was measured. */
  readonly why: string;
  /** Where it depends on the server's version. */
  readonly versions?: string;
  judge(context: LintContext): Finding[];
}

/** The facts of every finding: where the statement stands. */
export function at({ trace }: Judged, more: Readonly<Record<string, unknown>> = {}): NonNullable<Finding["facts"]> {
  const { file, path, line, start, end, statement } = trace;
  return { file, path, line, start, end, statement, ...withoutUndefined(more) };
}

function withoutUndefined(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

/** What work on tables costs on the live database: facts, a phrase for the message, and whether it is too short to matter. */
export interface Cost {
  readonly phrase: string;
  readonly facts: { readonly estimate?: Estimate };
  weigh(severity: Severity): Severity;
}

export function costOf({ live, inEarnest }: LintContext, work: Work, tables: readonly string[]): Cost {
  const known = estimate(live, work, tables);
  if (known === undefined) return { phrase: "", facts: {}, weigh: (severity) => severity };
  return {
    phrase: ` (${inWords(known)})`,
    facts: { estimate: known },
    weigh: (severity) => (inEarnest && isShort(known) ? "info" : severity),
  };
}

export interface Alteration {
  readonly judged: Judged;
  readonly table: string;
  readonly command: AlterTableCmd;
}

/** Every ALTER TABLE command that the statements hold. */
export function alterations(context: LintContext): Alteration[] {
  return context.judged.flatMap((judged) => alterationsOf(context, judged));
}

export function alterationsOf(context: LintContext, judged: Judged): Alteration[] {
  return judged.nodes.flatMap((node) => alterationsIn(context, judged, node));
}

function alterationsIn(context: LintContext, judged: Judged, node: Node): Alteration[] {
  const statement = as(node, "AlterTableStmt");
  if (!statement?.relation) return [];
  const table = context.nameOf(statement.relation);
  return (statement.cmds ?? []).flatMap((cmd) => {
    const command = as(cmd, "AlterTableCmd");
    return command ? [{ judged, table, command }] : [];
  });
}

/** Statements of a kind, wherever they stand. */
export function statementsOf<K extends Parameters<typeof as>[1]>(
  { judged }: Pick<LintContext, "judged">,
  kind: K,
): { judged: Judged; node: NonNullable<ReturnType<typeof as<K>>> }[] {
  return judged.flatMap((one) =>
    one.nodes.flatMap((node) => {
      const found = as(node, kind);
      return found === undefined ? [] : [{ judged: one, node: found }];
    }),
  );
}

/** A column that nobody uses yet: its table is fresh, or it was not there before, under whatever name. */
export function isFreshColumn(context: LintContext, table: string, column: string, judged: Judged): boolean {
  const earlier = { judged: context.judged.slice(0, context.judged.indexOf(judged)) };
  const renames = statementsOf(earlier, "RenameStmt").filter(({ node }) => node.relation && context.nameOf(node.relation) === table);
  const original = renames.reduceRight((name, { node }) => (node.newname === name ? (node.subname ?? name) : name), column);
  return context.isFresh(table) || context.before.tables.get(table)?.columns.some(({ name }) => name === original) === false;
}

/** Of a server's version number. */
export const major = (version: number): number => Math.floor(version / 10_000);

/** The statement that made an object, or the last one that changed it. */
export function makerOf({ judged }: LintContext, type: string, identity: string): Judged | undefined {
  const has = (list: Trace["created"]): boolean => list.some((object) => object.type === type && object.identity === identity);
  return judged.find(({ trace }) => has(trace.created)) ?? judged.findLast(({ trace }) => has(trace.altered));
}
