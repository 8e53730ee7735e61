/** The brake: a fix that would touch a large part of a table is more likely a wrong rule than a broken table. */
import type { Session } from "../../core/engine.ts";
import { failure } from "../../core/errors.ts";
import { sql } from "../../core/sql.ts";
import { checkErrors } from "../errors.ts";
import type { FixableRule, Taken } from "./closure.ts";
import { nameOf, readRelations, sourceOf } from "./relations.ts";

export interface Limits {
  /** Largest share of a table, 0 to 1. Default: the rule's own, 0.01 where it declares none. */
  readonly maxShare?: number | undefined;
  /** Rows of a table that are allowed whatever their share. Default 1. */
  readonly maxRows?: number | undefined;
}

interface Touched {
  readonly rule: FixableRule;
  readonly root: number;
  readonly rows: number;
}

interface Excess {
  readonly rule: string;
  readonly table: string;
  readonly rows: number;
  readonly total: number;
  readonly share: number;
  readonly allowed: number;
}

/** Errors: CHECK_FIX_TOO_MANY, for every rule and table at once. */
export async function refuseTooMany(
  session: Session,
  rules: readonly FixableRule[],
  taken: readonly Taken[],
  { maxShare, maxRows = 1 }: Limits,
): Promise<void> {
  const many = touched(rules, taken).filter(({ rows }) => rows > maxRows);
  if (many.length === 0) return;
  const relations = await readRelations(session, [...new Set(many.map(({ root }) => root))]);
  const totals = new Map<number, number>();
  for (const [oid, relation] of relations) {
    const { rows } = await session.query<{ total: number }>(sql`select count(*)::float8 as total from ${sourceOf(relation)}`);
    totals.set(oid, rows[0]?.total ?? 0);
  }
  const over = many.flatMap(({ rule, root, rows }): Excess[] => {
    const [allowed, total] = [maxShare ?? rule.maxShare ?? 0.01, totals.get(root) ?? rows];
    const relation = relations.get(root);
    return relation && rows > allowed * total
      ? [{ rule: rule.name, table: nameOf(relation), rows, total, share: rows / total, allowed }]
      : [];
  });
  if (over.length === 0) return;
  const share = Math.ceil(Math.max(...over.map((one) => one.share)) * 1000) / 1000;
  const rows = Math.max(...over.map((one) => one.rows));
  const tables = [...new Set(over.map(({ table }) => table))].join(", ");
  throw failure(checkErrors, "CHECK_FIX_TOO_MANY", { tables, share, rows, over }, { detail: over.map(lineOf).join("\n") });
}

function touched(rules: readonly FixableRule[], taken: readonly Taken[]): readonly Touched[] {
  return rules.flatMap((rule) => {
    const own = Map.groupBy(
      taken.filter((one) => one.rule === rule.name),
      ({ root }) => root,
    );
    return [...own].map(([root, rows]) => ({ rule, root, rows: rows.reduce((sum, one) => sum + one.rows, 0) }));
  });
}

const lineOf = ({ rule, table, rows, total, share, allowed }: Excess): string =>
  `${rule}: ${rows} of ${total} rows of ${table} (${percent(share)}, allowed ${percent(allowed)})`;
const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;
