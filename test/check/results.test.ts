/** What becomes of findings: baseline, record and trend, reports. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { applyBaseline } from "../../src/check/baseline.ts";
import { finding } from "../../src/core/finding.ts";
import { createSteward } from "../../src/steward.ts";
import { failureOf } from "../support/migrate-project.ts";
import { defer, serverUrl, onServer } from "../support/migrate-server.ts";
import { native, said, type Site } from "./places.ts";

const shop = `create table wallets (id int primary key, tenant_id int, balance numeric, note text);
  insert into wallets values (1, 1, -1, null), (2, 1, 5, '<b>&"quoted"</b>'), (3, 2, -1, null);
  create table "odd <name>" (id int primary key, start_at timestamptz, end_at timestamptz); insert into "odd <name>" values (1, now(), now() - interval '1 day');`;
const checks = {
  "a.ts":
    'export default { name: "wallets.negative", table: "wallets", where: "balance < 0", message: "<balance> & co. are below \\"zero\\"" };',
  "b.sql": "select * from wallets where note is not null",
};

async function wallets(t: TestContext): Promise<Site> {
  const site = await native.open(t, checks);
  await site.run(shop);
  return site;
}

test("acknowledged findings are remarks, new ones fail, more of them too", async (t) => {
  const { steward, run, dir } = await wallets(t);
  assert.equal((await steward.check.run()).ok, false);
  const { entries, added, path } = await steward.check.baseline({ reason: "before the audit", until: "2099-12-31" });
  assert.deepEqual([entries.length, added, path], [3, 3, join(dir, "checks", "baseline.json")]);
  const after = await steward.check.run();
  assert.equal(after.ok, true);
  const negative = after.findings.find(({ code }) => code === "CHECK_RULE");
  assert.equal(negative?.severity, "info");
  assert.match(negative.message, /\(acknowledged until 2099-12-31: before the audit\)$/);
  assert.equal((await steward.check.run({ strict: true })).ok, true);
  await run("insert into wallets values (4, 1, -1)");
  const grown = await steward.check.run();
  assert.equal(grown.ok, false);
  assert.match(grown.findings[0]?.message ?? "", /\(only 2 are acknowledged\)$/);
  await run("delete from wallets where balance < 0");
  const gone = await steward.check.run();
  assert.deepEqual(
    gone.findings.filter(({ code }) => code === "CHECK_BASELINE_GONE").map(({ object }) => object),
    ["public.wallets"],
  );
  assert.equal(gone.ok, true);
});

test("an entry that is over fails again, and says so", () => {
  const found = finding("error", "CHECK_RULE", "public.a", "1 row", undefined, { count: 1 });
  const judged = [{ rule: "r", findings: [found] }];
  const entry = { rule: "r", object: "public.a", reason: "later", until: "2026-01-31" };
  const on = (today: string): string =>
    applyBaseline(judged, [entry], today)
      .map(({ severity, message }) => `${severity} ${message}`)
      .join();
  assert.equal(on("2026-01-31"), "info 1 row (acknowledged until 2026-01-31: later)");
  assert.equal(on("2026-02-01"), "error 1 row (acknowledged until 2026-01-31: that is over)");
});

test("acknowledging again keeps the words of what holds, and leaves what was not looked at", async (t) => {
  const { steward, run } = await wallets(t);
  await steward.check.baseline({ reason: "first", until: "2099-12-31", only: ["consistency", "rules"] });
  await run("insert into wallets values (4, 1, -1)");
  const { entries, added } = await steward.check.baseline({ reason: "second", until: "2099-06-30" });
  assert.deepEqual(
    entries.map(({ rule, reason, max }) => `${rule}: ${reason} ${max}`),
    ["b: first 1", "date-range public.odd <name>.start_at+end_at: first 1", "wallets.negative: second 3"],
  );
  assert.equal(added, 1);
});

test("a baseline that is no baseline is refused before anything runs", async (t) => {
  const { steward, dir } = await wallets(t);
  const write = (text: string): Promise<void> => writeFile(join(dir, "checks", "baseline.json"), text);
  for (const [text, problem] of [
    ["{", /JSON/],
    ["{}", /it is no list/],
    ['[{ "rule": "r", "object": "o", "until": "2027-01-01" }]', /entry 1 \(r\) gives no reason/],
    ['[{ "rule": "r", "object": "o", "reason": "x", "until": "soon" }]', /until "soon", which is no day/],
    ['[{ "rule": "r", "object": "o", "reason": "x", "until": "2027-01-01", "max": "many" }]', /max "many"/],
  ] as const) {
    await write(text);
    assert.match((await failureOf(steward.check.run(), "CHECK_BASELINE_INVALID")).message, problem);
  }
  await failureOf(steward.check.baseline({ reason: "x", until: "2020-01-01" }), "CHECK_BASELINE_INVALID");
  await failureOf(steward.check.baseline({ reason: " ", until: "2027-01-01" }), "INPUT_INVALID");
});

test("recorded runs make a trend; without any it says how", async (t) => {
  const { steward, run } = await wallets(t);
  assert.deepEqual((await steward.check.trend()).data, { runs: [], rules: [] });
  await steward.check.run({ record: true });
  await run("insert into wallets values (4, 1, -1)");
  await steward.check.run({ record: true });
  await run("delete from wallets where id in (1, 2)");
  await steward.check.run({ record: true, quick: true });
  const { runs, rules } = (await steward.check.trend()).data;
  assert.deepEqual(
    runs.map(({ level }) => level),
    ["default", "default", "quick"],
  );
  const negative = rules.find(({ rule }) => rule === "wallets.negative");
  assert.deepEqual([negative?.violations, negative?.direction], [[2, 3, null], "up"]);
  assert.deepEqual((await steward.check.trend({ last: 1 })).data.runs.length, 1);
  assert.ok((await steward.check.trend({ all: true })).data.rules.some(({ rule }) => rule === "rls coverage"));
});

const formats = ["html", "md", "json", "junit", "sarif"] as const;

async function reports(t: TestContext): Promise<Readonly<Record<(typeof formats)[number], string>>> {
  const { steward } = await wallets(t);
  const made = {} as Record<(typeof formats)[number], string>;
  for (const format of formats) made[format] = (await steward.check.report({ format })).data.output ?? "";
  return made;
}

test("each format holds what was found, and is what it says it is", async (t) => {
  const { html, md, json, junit, sarif } = await reports(t);

  // PostgreSQL's own parser says whether it is XML.
  const base = await serverUrl();
  const { rows } = await onServer(base, (session) =>
    session.query<{ cases: string[]; failures: string[]; messages: string[] }>(
      `select xpath('/testsuites/testsuite/testcase/@name', x)::text[] as cases, xpath('//failure/@message', x)::text[] as messages,
        xpath('/testsuites/@failures', x)::text[] as failures from (select $1::xml as x) one`,
      [junit],
    ),
  );
  assert.ok(rows[0]?.cases.includes("wallets.negative"));
  assert.deepEqual(rows[0]?.failures, ["2"]);
  assert.ok(rows[0]?.messages.some((text) => text.includes("are below")));

  const log = JSON.parse(sarif) as {
    version: string;
    runs: {
      tool: { driver: { rules: { id: string }[] } };
      results: { ruleId: string; ruleIndex: number; level: string; message: { text: string }; locations: unknown[] }[];
    }[];
  };
  assert.equal(log.version, "2.1.0");
  const [only] = log.runs;
  for (const { ruleId, ruleIndex, level, message } of only?.results ?? []) {
    assert.equal(only?.tool.driver.rules[ruleIndex]?.id, ruleId);
    assert.ok(["error", "warning", "note"].includes(level) && message.text.length > 0);
  }
  const negative = only?.results.find(({ ruleId }) => ruleId === "CHECK_RULE");
  assert.deepEqual(negative?.locations, [
    {
      physicalLocation: { artifactLocation: { uri: "checks/a.ts" }, region: { startLine: 1 } },
      logicalLocations: [{ fullyQualifiedName: "public.wallets" }],
    },
  ]);

  const { ok, findings } = JSON.parse(json) as { ok: boolean; findings: Parameters<typeof said>[0][] };
  assert.equal(ok, false);
  assert.ok(findings.map(said).includes("error CHECK_RULE public.wallets 2"));

  assert.match(md, /^# Integrity of app_/);
  assert.match(
    md,
    /- \*\*error\*\* `public\.wallets` 2 rows against a rule: .*\n {2}- such as: `id=1`, `id=3`\n {2}- by tenant: 1: 1, 2: 1/,
  );

  assert.match(md, /^1 rule, nothing found\.$/m);
  assert.doesNotMatch(md, /\b1 rules/);

  assert.match(html, /^<!doctype html>/);
  assert.match(html, /&lt;balance&gt; &amp; co\./);
  assert.doesNotMatch(html, /<balance>|odd <name>|https?:|<script|src=/);
  for (const tag of ["section", "article", "table", "p", "code", "h2"])
    assert.equal(html.split(`<${tag}`).length - html.split(new RegExp(`<${tag}[a-z]`)).length, html.split(`</${tag}>`).length - 1, tag);
});

test("a report goes into a file, in the format of its name", async (t) => {
  const { steward, dir } = await wallets(t);
  const { data, ok } = await steward.check.report({ out: "integrity.html" });
  assert.deepEqual([ok, data.format, data.path, data.output], [false, "html", join(dir, "integrity.html"), undefined]);
  assert.match(await readFile(join(dir, "integrity.html"), "utf8"), /^<!doctype html>/);
  await failureOf(steward.check.report({ out: "nowhere/report.md" }), "CHECK_UNWRITABLE");
});

test("a library's run is the command line's", async (t) => {
  const { dir, url = "" } = await wallets(t);
  const seen: string[] = [];
  const steward = await createSteward({ cwd: dir, env: {}, config: { url }, onEvent: (event) => void seen.push(event.type) });
  defer(t, () => steward.close());
  const { data } = await steward.check.run({ level: "quick" });
  assert.equal(data.level, "quick");
  assert.ok(seen.includes("progress"));
});
