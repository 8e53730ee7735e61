/** Every rule has its page and every page its rule; the bad example has the finding and nothing else, the good one has it not. */
import assert from "node:assert/strict";
import test from "node:test";
import { readFiles } from "../../scripts/source.ts";
import { rules } from "../../src/migrate/lint/rules.ts";
import { lintExample, pages } from "./pages.ts";
import { pglite } from "./stages.ts";

const codes = rules.map(({ code }) => code);

test("every rule has its page, and every page its rule", () => {
  assert.deepEqual(pages.map(({ code }) => code).sort(), codes.toSorted());
  assert.equal(new Set(codes).size, codes.length);
});

test("the list of rules is complete, in their order", () => {
  const [index] = readFiles("docs/rules/README.md");
  const rows = rules.map(
    ({ code, severity, title }) => `| [\`${code}\`](${code.toLowerCase().replaceAll("_", "-")}.md) | ${severity} | ${title} |`,
  );
  assert.deepEqual(
    index?.text.split("\n").filter((line) => line.startsWith("| [")),
    rows,
  );
});

test("a page says what its rule says", () => {
  for (const { code, severity, title, why, versions = "" } of rules) {
    const { text = "", bad, good } = pages.find((page) => page.code === code) ?? {};
    for (const said of [`# ${code}\n`, `${title}. Severity: ${severity}.`, why, versions])
      assert.ok(text.includes(said), `${code}: ${said}`);
    assert.ok(bad && good, `${code} has no example`);
  }
});

test("the examples of the pages are true", async (t) => {
  await pglite().use(["vector"], async (session) => {
    for (const page of pages) {
      await t.test(page.code, async () => {
        const bad = (await lintExample(session, page.bad, page)).findings.map(({ code }) => code);
        assert.ok(bad.includes(page.code), `bad: ${bad.join(", ")}`);
        assert.deepEqual(
          bad.filter((code) => code !== page.code && code !== page.settings["also"]),
          [],
        );
        const good = (await lintExample(session, page.good, page)).findings.map(({ code }) => code);
        assert.deepEqual(good, []);
      });
    }
  });
});
