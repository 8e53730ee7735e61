/** What `check` found: a table by category, each finding with the way out; and how it went over time. */
import type { BaselineResult, CheckResult, ReportResult, TrendResult } from "../check/index.ts";
import type { Finding } from "../core/finding.ts";
import type { Paint } from "./printer.ts";

export function checkView(
  { rules, skipped, level, tenant, durationMs, output }: CheckResult,
  paint: Paint,
  findings: readonly Finding[],
): string {
  if (output !== undefined) return output.trimEnd();
  const categoryOf = new Map(rules.map(({ rule, category }) => [rule, category]));
  const found = Map.groupBy(findings, ({ facts }) => categoryOf.get(String(facts?.["rule"])) ?? "others");
  const names = [...new Set([...rules.map(({ category }) => category), ...(found.has("others") ? ["others" as const] : [])])];
  const blocks = names.map((name) => {
    const asked = rules.filter(({ category }) => category === name).length;
    return [headOf(name, asked, found.get(name) ?? [], paint), ...table(found.get(name) ?? [], paint)].join("\n");
  });
  const unseen = skipped.map(({ rule, reason }) => paint("dim", `· ${rule} was not looked at: ${reason}`));
  const scope = `${count(rules.length, "rule")}, level ${level}${tenant === null ? "" : `, tenant ${tenant}`}`;
  const more = findings.some(({ facts }) => facts?.["permanent"] !== undefined)
    ? paint("dim", "; the SQL for good is in `pgsteward check report`")
    : "";
  return [...blocks, ...unseen, "", `${verdict(findings)}: ${scope}, ${(durationMs / 1000).toFixed(1)} s${more}`].join("\n");
}

function headOf(name: string, asked: number, findings: readonly Finding[], paint: Paint): string {
  const worst = findings.some(({ severity }) => severity === "error")
    ? "error"
    : findings.some(({ severity }) => severity === "warning")
      ? "warning"
      : undefined;
  const [colour, mark] = worst === undefined ? (["green", "✓"] as const) : symbols[worst];
  return `${paint(colour, mark)} ${paint("bold", name.padEnd(12))} ${paint("dim", asked === 0 ? "" : count(asked, "rule"))}`.trimEnd();
}

const symbols = { error: ["red", "✗"], warning: ["yellow", "!"], info: ["cyan", "i"] } as const;

/** `✗ public.wallets  2  id=1, id=2`, what is wrong, and the way out. */
function table(findings: readonly Finding[], paint: Paint): string[] {
  const object = Math.max(0, ...findings.map(({ object = "" }) => Math.min(object.length, 48)));
  const digits = Math.max(0, ...findings.map((finding) => countOf(finding).length));
  return findings.flatMap((finding) => {
    const [colour, mark] = symbols[finding.severity];
    const head = `  ${paint(colour, mark)} ${(finding.object ?? "").padEnd(object)}  ${countOf(finding).padStart(digits)}  ${paint("dim", examples(finding))}`;
    return [
      head.trimEnd(),
      `      ${finding.message} ${paint("dim", finding.code)}`,
      ...(finding.hint === undefined || "acknowledged" in (finding.facts ?? {}) ? [] : [paint("dim", `      → ${finding.hint}`)]),
    ];
  });
}

function countOf({ facts }: Finding): string {
  const n = facts?.["count"] as number | undefined;
  return n === undefined ? "" : `${facts?.["sampled"] === true ? "≥ " : ""}${n.toLocaleString("en-US")}`;
}

function examples({ facts }: Finding): string {
  const rows = (facts?.["examples"] ?? []) as readonly Readonly<Record<string, unknown>>[];
  const texts = rows.map((row) =>
    Object.entries(row)
      .slice(0, 3)
      .map(([column, value]) => `${column}=${shown(value)}`)
      .join(" "),
  );
  return texts.join(", ");
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : typeof value === "bigint" ? `${value}` : JSON.stringify(value);
  return text.length > 24 ? `${text.slice(0, 23)}…` : text;
}

function verdict(findings: readonly Finding[]): string {
  const said = (["error", "warning", "info"] as const).flatMap((severity) => {
    const n = findings.filter((finding) => finding.severity === severity).length;
    return n === 0 ? [] : [count(n, severity === "info" ? "remark" : severity)];
  });
  return said.join(", ") || "nothing found";
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

export function reportView(result: ReportResult, paint: Paint, findings: readonly Finding[]): string {
  return result.path === null
    ? (result.output ?? "").trimEnd()
    : `wrote ${result.path} (${verdict(findings)})${paint("dim", `, ${result.format}`)}`;
}

const arrows = { up: ["red", "↑"], down: ["green", "↓"], same: ["dim", "→"], new: ["cyan", "+"] } as const;

export function trendView({ runs, rules }: TrendResult, paint: Paint): string {
  if (runs.length === 0) return "nothing is recorded yet: pgsteward check run --record";
  const name = Math.max(0, ...rules.map(({ rule }) => rule.length));
  const width = Math.max(3, ...rules.flatMap(({ violations }) => violations.map((n) => String(n ?? "").length)));
  const rows = rules.map(({ rule, violations, direction }) => {
    const [colour, arrow] = arrows[direction];
    const cells = violations.map((n) => (n === null ? paint("dim", "·".padStart(width)) : String(n).padStart(width)));
    return `${paint(colour, arrow)} ${rule.padEnd(name)}  ${cells.join(" ")}`;
  });
  const span = `${runs[0]?.at.slice(0, 16).replace("T", " ")} to ${runs.at(-1)?.at.slice(0, 16).replace("T", " ")}`;
  return [...(rows.length === 0 ? ["nothing was found in any of them"] : rows), paint("dim", `${count(runs.length, "run")}, ${span}`)].join(
    "\n",
  );
}

export function baselineView({ path, entries, added }: BaselineResult): string {
  return `wrote ${path}: ${count(entries.length, "finding")} acknowledged, ${added} of them now`;
}
