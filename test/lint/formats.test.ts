/** SARIF, GitHub's annotations and JSON, from findings alone. */
import assert from "node:assert/strict";
import test from "node:test";
import { type Finding, finding } from "../../src/core/finding.ts";
import { type Document, documentOf, github, sarif } from "../../src/migrate/lint/formats.ts";
import { rules } from "../../src/migrate/lint/rules.ts";

const facts = { file: "002_a b", path: "/app/migrations/002_a b.sql", line: 3, statement: "alter table t\n  add column x int" };
const one: Finding = finding("error", "LINT_REWRITE", "public.t", "is written anew, 100% of it", "do it: in steps", {
  ...facts,
  safe: "a;\nb;",
});
const other: Finding = finding("info", "LINT_UNSEEN", "002", "was not executed");
const data = { statements: [], where: "scratch", missing: [], version: 180_004 };
const documentWith = (...findings: Finding[]): Document => ({ findings, rules, root: "/app", data });

test("SARIF names tool, rules, level and place", () => {
  const { version, runs } = sarif(documentWith(one, other)) as {
    version: string;
    runs: { tool: { driver: { rules: { id: string; name: string; defaultConfiguration: { level: string } }[] } }; results: object[] }[];
  };
  const [run] = runs;
  assert.equal(version, "2.1.0");
  assert.deepEqual(
    run?.tool.driver.rules.map(({ id }) => id),
    rules.map(({ code }) => code),
  );
  const index = rules.findIndex(({ code }) => code === "LINT_REWRITE");
  assert.deepEqual(run?.results[0], {
    ruleId: "LINT_REWRITE",
    ruleIndex: index,
    level: "error",
    message: { text: "public.t is written anew, 100% of it.\ndo it: in steps.\na;\nb;" },
    locations: [{ physicalLocation: { artifactLocation: { uri: "migrations/002_a%20b.sql" }, region: { startLine: 3, endLine: 4 } } }],
  });
  assert.deepEqual(run?.results[1], {
    ruleId: "LINT_UNSEEN",
    ruleIndex: rules.findIndex(({ code }) => code === "LINT_UNSEEN"),
    level: "note",
    message: { text: "002 was not executed." },
    locations: [{ physicalLocation: { artifactLocation: { uri: "." } } }],
  });
  assert.equal(run?.tool.driver.rules[index]?.name, "Rewrite");
});

test("GitHub gets one line a finding, with what would end it escaped", () => {
  assert.equal(
    github(documentWith(one, other)),
    [
      "::error file=migrations/002_a b.sql,line=3,endLine=4,title=LINT_REWRITE::public.t is written anew, 100%25 of it.%0Ado it: in steps.%0Aa;%0Ab;",
      "::notice file=.,title=LINT_UNSEEN::002 was not executed.",
    ].join("\n"),
  );
  const odd = { ...one, facts: { ...facts, path: "/app/a:b,c%.sql" } };
  assert.match(github(documentWith(odd)), /^::error file=a%3Ab%2Cc%25\.sql,/);
  assert.equal(github(documentWith()), "");
});

test("JSON holds findings and trace", () => {
  assert.deepEqual(JSON.parse(documentOf("json", documentWith(one))), { findings: [one], ...data });
});
