/** What every document says in the same words. */
import type { Finding, Severity } from "../../core/finding.ts";
import { type Category, categories } from "../rule.ts";
import type { Document } from "./formats.ts";

export const titles: Readonly<Record<Category, string>> = {
  orphans: "Orphans",
  rules: "Business rules",
  consistency: "Consistency",
  performance: "Performance",
  security: "Security",
  corruption: "Corruption",
};

export interface Chapter {
  readonly category: Category;
  readonly title: string;
  readonly rules: number;
  readonly findings: readonly Finding[];
}

/** Categories that were looked at, in their order. What belongs to no rule, such as a baseline that is over, comes last. */
export function chaptersOf({ data, findings }: Pick<Document, "data" | "findings">): readonly Chapter[] {
  const categoryOf = new Map(data.rules.map(({ rule, category }) => [rule, category]));
  return categories.flatMap((category) => {
    const rules = data.rules.filter((one) => one.category === category).length;
    const own = findings.filter((finding) => (categoryOf.get(ruleOf(finding)) ?? "rules") === category);
    return rules + own.length === 0 ? [] : [{ category, title: titles[category], rules, findings: own }];
  });
}

/** The rule that made a finding. */
export function ruleOf({ facts }: Finding): string {
  return (facts?.["rule"] as string | undefined) ?? "";
}

/** `{ id: "7", item: "2" }` → `id=7 item=2` */
export function examplesOf({ facts }: Finding): readonly string[] {
  const rows = (facts?.["examples"] ?? []) as readonly Readonly<Record<string, unknown>>[];
  return rows.map((row) =>
    Object.entries(row)
      .map(([column, value]) => `${column}=${shown(value)}`)
      .join(" "),
  );
}

function shown(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "bigint") return String(value);
  const text = value instanceof Date ? value.toISOString() : typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

export function tenantsOf({ facts }: Finding): readonly (readonly [tenant: string, count: number])[] {
  return Object.entries((facts?.["tenants"] ?? {}) as Readonly<Record<string, number>>);
}

/** `2 errors, 1 warning`; `nothing found` */
export function verdictOf(findings: readonly Finding[]): string {
  const words: readonly (readonly [Severity, string])[] = [
    ["error", "error"],
    ["warning", "warning"],
    ["info", "remark"],
  ];
  const said = words.flatMap(([severity, noun]) => {
    const n = findings.filter((finding) => finding.severity === severity).length;
    return n === 0 ? [] : [`${n} ${noun}${n === 1 ? "" : "s"}`];
  });
  return said.join(", ") || "nothing found";
}
