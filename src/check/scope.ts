/** The rows of one tenant. */
import type { Session } from "../core/engine.ts";
import { asStewardError, failure, sqlstate } from "../core/errors.ts";
import { Raw, type Sql, sql } from "../core/sql.ts";
import { checkErrors } from "./errors.ts";
import { type Column, columnsOf, type Schema, type Table } from "./schema.ts";
import type { Tenants } from "./tenants.ts";
import { qualified } from "./words.ts";

export interface Scope {
  /** A condition over `t`; undefined for a table whose rows belong to nobody. */
  of(table: Table): Sql | undefined;
}

/** The tenant's own row counts as theirs. Errors: CHECK_TENANT. */
export async function scopeOf(session: Session, schema: Schema, tenants: Tenants, tenant: string): Promise<Scope> {
  const [any] = tenants.values();
  if (!any) throw failure(checkErrors, "CHECK_TENANT", { tenant, problem: "no table has a column of tenants" });
  try {
    await session.transaction((inner) => inner.query(sql`select ${tenant}::${new Raw(any.type)}`));
  } catch (thrown) {
    if (sqlstate(thrown) === undefined) throw thrown;
    const hint = `give a value of type ${any.type}, as in ${any.name}`;
    throw failure(checkErrors, "CHECK_TENANT", { tenant, problem: asStewardError(thrown).message }, { cause: thrown, hint });
  }
  const themselves = tableOfTenants(schema, tenants);
  return {
    of: (table) => {
      const column = tenants.get(table.oid) ?? (themselves?.table === table ? themselves.key : undefined);
      return column && sql`${new Raw(qualified("t", column))} = ${tenant}`;
    },
  };
}

/** What the tenant columns refer to. */
function tableOfTenants(schema: Schema, tenants: Tenants): { readonly table: Table; readonly key: Column } | undefined {
  for (const [oid, { number }] of tenants) {
    const child = schema.table(oid);
    const reference = child && schema.constraintsOf(child, "f").find(({ columns }) => columns.length === 1 && columns[0] === number);
    const table = reference && schema.table(reference.parent);
    const [key] = table ? columnsOf(table, reference.parentColumns) : [];
    if (table && key) return { table, key };
  }
  return undefined;
}
