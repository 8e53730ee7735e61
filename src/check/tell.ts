/** What was found, as findings: one place for the codes of rules over rows. */
import { type Finding, finding } from "../core/finding.ts";
import type { RowRule } from "./rule.ts";
import type { Found } from "./scan.ts";
import { nameOf } from "./schema.ts";
import { count } from "./words.ts";

/** The finding of a rule that some rows break. */
export function tell(rule: RowRule, found: Found): Finding {
  const doubtful = rule.guessed === true && !found.sampled && found.count > found.tableRows / 2 && found.tableRows > 0;
  const severity = doubtful ? "info" : rule.severity;
  const message = doubtful ? `${rule.message}; that is most of the table, so perhaps it is no reference` : rule.message;
  const object = nameOf(rule.table);
  const rows = `${found.sampled ? "at least " : ""}${count(found.count, "row")}`;
  const hint = hintOf(rule);
  const facts = factsOf(rule, found);
  switch (rule.family) {
    case "orphans":
      return finding(severity, "CHECK_ORPHANS", object, `${rows} without a parent: ${message}`, hint, facts);
    case "cross-tenant":
      return finding(severity, "CHECK_CROSS_TENANT", object, `${rows} of one tenant with a parent of another: ${message}`, hint, facts);
    case "soft-deleted":
      return finding(severity, "CHECK_SOFT_DELETED_PARENT", object, `${rows} alive under a deleted parent: ${message}`, hint, facts);
    case "date-range":
      return finding(severity, "CHECK_DATE_RANGE", object, `${rows} with a range that ends before it begins: ${message}`, hint, facts);
    case "duplicates":
      return finding(severity, "CHECK_DUPLICATES", object, `${rows} that are there more than once: ${message}`, hint, facts);
    case "aggregate":
      return finding(severity, "CHECK_AGGREGATE", object, `${rows} whose stored figure is not the computed one: ${message}`, hint, facts);
    default:
      return finding(severity, "CHECK_RULE", object, `${rows} against a rule: ${message}`, hint, facts);
  }
}

function hintOf({ name, hint, fix, permanent }: RowRule): string | undefined {
  const once = hint ?? (fix ? `see what \`pgsteward check fix --only "${name}" --dry-run\` would do` : undefined);
  const forGood = permanent && `to keep it so, ${permanent.title}`;
  return [once, forGood].filter(Boolean).join("; ") || undefined;
}

function factsOf(
  { name, category, fix, permanent, source }: RowRule,
  { count, examples, tenants, sampled }: Found,
): NonNullable<Finding["facts"]> {
  return {
    rule: name,
    category,
    count,
    examples,
    ...(tenants && { tenants }),
    ...(sampled && { sampled }),
    ...(fix && { fix: fix.action }),
    ...(permanent && { permanent: permanent.up }),
    ...(source && { file: source.file, line: source.line }),
  };
}
