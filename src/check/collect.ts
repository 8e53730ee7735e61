/** Every rule that a database and its project have. */
import type { Config } from "../core/config.ts";
import { loadProjectChecks } from "./project/load.ts";
import { ruleOf } from "./project/definitions.ts";
import { referencesOf } from "./references.ts";
import type { Rule } from "./rule.ts";
import { amcheckIndexes, amcheckTables, collationDrift } from "./rules/corruption.ts";
import { crossTenant } from "./rules/cross-tenant.ts";
import { dateRanges } from "./rules/date-ranges.ts";
import { duplicates } from "./rules/duplicates.ts";
import { duplicateIndexes, invalidIndexes, missingIndexes, unusedIndexes } from "./rules/indexes.ts";
import { orphans } from "./rules/orphans.ts";
import { rlsCoverage } from "./rules/rls.ts";
import { keys, narrowReferences, sequences } from "./rules/running-out.ts";
import { slowQueries } from "./rules/slow-queries.ts";
import { softDeleted } from "./rules/soft-deleted.ts";
import { bloat, deadRowsRule, largeTables } from "./rules/tables.ts";
import { nameOf, type Schema } from "./schema.ts";
import { type Tenants, tenantsOf } from "./tenants.ts";

export interface Collected {
  readonly rules: readonly Rule[];
  readonly tenants: Tenants;
}

/** Built-in rules, and those of the project's folder. Errors: CHECK_INVALID, CHECK_UNREADABLE. */
export async function collectRules(config: Pick<Config, "root" | "check">, schema: Schema): Promise<Collected> {
  const tenants = tenantsOf(schema, config.check.tenantColumns);
  const project = (await loadProjectChecks(config)).map((check) => ruleOf(schema, check));
  const others = builtIn(schema, tenants, config.check).filter((rule) => !project.some((own) => isSame(own, rule)));
  return { rules: [...others, ...project], tenants };
}

/** The project says of the same rows how grave they are and how they are fixed; told twice they would count twice. */
function isSame(own: Rule, other: Rule): boolean {
  return own.kind === "rows" && other.kind === "rows" && nameOf(own.table) === nameOf(other.table) && own.where.text === other.where.text;
}

function builtIn(schema: Schema, tenants: Tenants, { softDeleteColumns, largeTableBytes }: Config["check"]): readonly Rule[] {
  const references = referencesOf(schema);
  return [
    ...orphans(schema, references),
    ...crossTenant(references, tenants),
    ...softDeleted(references, softDeleteColumns),
    ...dateRanges(schema),
    ...duplicates(schema),
    sequences,
    keys,
    narrowReferences,
    rlsCoverage(tenants),
    missingIndexes,
    duplicateIndexes,
    invalidIndexes,
    unusedIndexes,
    deadRowsRule,
    largeTables(largeTableBytes),
    bloat,
    slowQueries,
    collationDrift,
    amcheckIndexes,
    amcheckTables,
  ];
}
