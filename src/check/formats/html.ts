/** The run as one HTML file: no network, no script, light and dark, on paper too. */
import type { Finding } from "../../core/finding.ts";
import { toolVersion } from "../../core/version.ts";
import type { Document } from "./formats.ts";
import { style } from "./html-style.ts";
import { type Chapter, chaptersOf, examplesOf, ruleOf, tenantsOf } from "./parts.ts";

export function html(document: Document): string {
  const { data, target } = document;
  const chapters = chaptersOf(document);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Integrity of ${escaped(target.database)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>Integrity of ${escaped(target.database)}</h1>
<p class="where">${escaped([target.location, target.environment, ...(data.tenant === null ? [] : [`tenant ${data.tenant}`])].join(" · "))}</p>
${tiles(document)}
</header>
<main>
${chapters.map(chapter).join("\n")}
${skipped(document)}
${ruleTable(document)}
${fingerprints(document)}
</main>
<footer>One snapshot, taken <time datetime="${data.at}">${moment(data.at)}</time>. pgsteward ${toolVersion}, level ${data.level}, ${seconds(data.durationMs)}.</footer>
</body>
</html>
`;
}

const severities = [
  ["error", "errors"],
  ["warning", "warnings"],
  ["info", "remarks"],
] as const;

function tiles({ findings, data }: Document): string {
  const counts = severities.map(([severity, noun]) => {
    const n = findings.filter((finding) => finding.severity === severity).length;
    return `<div class="tile ${n === 0 ? "none" : severity}"><b>${n}</b><span>${n === 1 ? noun.slice(0, -1) : noun}</span></div>`;
  });
  return `<div class="tiles">${counts.join("")}<div class="tile"><b>${data.rules.length}</b><span>rules</span></div></div>`;
}

function chapter({ title, rules, findings }: Chapter): string {
  const head = `<h2>${title} <small>${rules} ${rules === 1 ? "rule" : "rules"}</small></h2>`;
  const body = findings.length === 0 ? '<p class="fine">Nothing found.</p>' : findings.map(entry).join("\n");
  return `<section>${head}\n${body}\n</section>`;
}

const marks = { error: "error", warning: "warning", info: "remark" } as const;

function entry(finding: Finding): string {
  const { severity, code, object = "", message, hint, facts } = finding;
  const permanent = facts?.["permanent"] as string | undefined;
  const rule = ruleOf(finding);
  return [
    `<article class="${severity}">`,
    `<h3><span class="mark">${marks[severity]}</span> <code>${breakable(object)}</code></h3>`,
    `<p>${escaped(sentence(message))}</p>`,
    bars(finding),
    list("such as", examplesOf(finding)),
    hint === undefined ? "" : `<p class="hint">→ ${withCode(hint)}</p>`,
    permanent === undefined ? "" : `<pre><code>${escaped(permanent)}</code></pre>`,
    `<p class="code">${[code, rule === object ? "" : rule].filter(Boolean).map(breakable).join(" · ")}</p>`,
    "</article>",
  ]
    .filter(Boolean)
    .join("\n");
}

function list(title: string, items: readonly string[]): string {
  if (items.length === 0) return "";
  return `<p class="examples"><span>${title}</span> ${items.map((item) => `<code>${escaped(item)}</code>`).join(" ")}</p>`;
}

/** Bad rows by tenant. */
function bars(finding: Finding): string {
  const tenants = tenantsOf(finding);
  if (tenants.length === 0) return "";
  const most = Math.max(...tenants.map(([, n]) => n));
  const rows = tenants.map(
    ([tenant, n]) =>
      `<tr><th scope="row">${escaped(tenant)}</th><td class="bar"><i style="width:${Math.max(1, Math.round((100 * n) / most))}%"></i></td><td class="number">${n.toLocaleString("en-US")}</td></tr>`,
  );
  return `<table class="tenants"><caption>by tenant</caption>${rows.join("")}</table>`;
}

function skipped({ data }: Document): string {
  if (data.skipped.length === 0) return "";
  const items = data.skipped.map(({ rule, reason }) => `<li>${escaped(rule)}: ${escaped(reason)}</li>`);
  return `<section><h2>Not looked at</h2><ul>${items.join("")}</ul></section>`;
}

function ruleTable({ data }: Document): string {
  const rows = data.rules.map(
    ({ rule, category, violations, sampled, durationMs }) =>
      `<tr><td>${breakable(rule)}</td><td>${category}</td><td class="number">${sampled ? "≥ " : ""}${violations.toLocaleString("en-US")}</td><td class="number">${durationMs.toLocaleString("en-US")} ms</td></tr>`,
  );
  return table("Every rule", ["rule", "category", "violations", "time"], rows);
}

function fingerprints({ data }: Document): string {
  if (data.fingerprints.length === 0) return "";
  const rows = data.fingerprints.map(
    ({ table: name, rows: n, fingerprint }) =>
      `<tr><td>${breakable(name)}</td><td class="print">${breakable(fingerprint)}</td><td class="number">${n.toLocaleString("en-US")}</td></tr>`,
  );
  return table("Fingerprints", ["table", "fingerprint", "rows"], rows);
}

function table(title: string, head: readonly string[], rows: readonly string[]): string {
  const cells = head.map((cell) => `<th${["violations", "time", "rows"].includes(cell) ? ' class="number"' : ""}>${cell}</th>`);
  return `<section><h2>${title}</h2><div class="wide"><table class="rules"><thead><tr>${cells.join("")}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div></section>`;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => entities[char] ?? char);
}

/** What stands in backticks is code. */
function withCode(text: string): string {
  return escaped(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}

/** Long names break behind a dot, an underscore or a colon, on a narrow screen. */
function breakable(text: string): string {
  return escaped(text).replace(/[._:+](?=\w)/g, "$&<wbr>");
}

function sentence(text: string): string {
  return /[.!?;)]$/.test(text) ? text : `${text}.`;
}

/** `2026-11-20 16:53 UTC` */
function moment(at: string): string {
  return `${at.slice(0, 16).replace("T", " ")} UTC`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
