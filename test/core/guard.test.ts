/** Guard: which environment a name, a host and a database mean, and who may change what. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { StewardError } from "../../src/core/errors.ts";
import {
  type Consent,
  type Environment,
  environmentNamed,
  environmentOfUrl,
  environments,
  guard,
  isLocal,
  type Risk,
  type Target,
} from "../../src/core/guard.ts";
import { plan } from "../../src/core/plan.ts";

const shapes: readonly (readonly [host: string, database: string, expected: Environment])[] = [
  ["localhost", "app", "development"],
  ["127.0.0.1", "app", "development"],
  ["::1", "app", "development"],
  ["/run/postgresql", "app", "development"],
  ["", "app", "development"],
  ["localhost", "app_prod", "production"],
  ["localhost", "production", "production"],
  ["localhost", "prod2", "production"],
  ["localhost", "products", "development"],
  ["localhost", "reproduction", "development"],
  ["localhost", "app-test", "testing"],
  ["localhost", "tests", "testing"],
  ["localhost", "latest", "development"],
  ["localhost", "contest", "development"],
  ["localhost", "app_stg", "staging"],
  ["stage.example.com", "app", "staging"],
  ["demo.example.com", "app", "demo"],
  ["db.example.com", "app", "production"],
  ["db", "app", "production"],
  ["10.0.0.7", "app", "production"],
  ["127.example.com", "app", "production"],
  ["prod.example.com", "app_test", "production"],
  ["PROD.EXAMPLE.COM", "app", "production"],
];

for (const [host, database, expected] of shapes) {
  test(`${host || "no host"}/${database} is ${expected}`, () => assert.equal(environmentOfUrl(host, database), expected));
}

test("an environment's name, its short forms, and nothing else", () => {
  for (const name of environments) assert.equal(environmentNamed(name.toUpperCase()), name);
  assert.deepEqual(["dev", "test", "stage", "prod"].map(environmentNamed), ["development", "testing", "staging", "production"]);
  for (const name of ["", "ci", "local", "constructor", "__proto__", "production "]) assert.equal(environmentNamed(name), undefined, name);
});

test("local is this machine alone", () => {
  for (const host of ["", "localhost", "127.0.0.1", "127.1.2.3", "::1", "/tmp"]) assert.ok(isLocal(host), host);
  for (const host of ["db", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com", "0.0.0.0"]) assert.ok(!isLocal(host), host);
});

const target = (environment: Environment): Target => ({
  engine: "postgres",
  location: "h:5432",
  database: "shop",
  environment,
  environmentFrom: "url",
});
const steps = plan({ title: "apply 1 migration", steps: [], findings: [], result: undefined });

async function answer(risk: Risk, environment: Environment, consent: Consent): Promise<string> {
  try {
    await guard("migrate x", risk, target(environment), steps, consent);
    return "passes";
  } catch (error) {
    assert.ok(StewardError.is(error));
    assert.equal(error.exit, 3);
    assert.equal(error.database, "unchanged");
    return error.code.replace("GUARD_", "");
  }
}

const yes: Consent = { yes: true };
const named: Consent = { confirm: "shop" };
const agreed: Consent = { ask: () => Promise.resolve(true) };
const declined: Consent = { ask: () => Promise.resolve(false) };

const table: readonly (readonly [risk: Risk, environment: Environment, consent: Consent, expected: string])[] = [
  ["reads", "production", {}, "passes"],
  ["changes", "development", {}, "passes"],
  ["changes", "testing", {}, "passes"],
  ["changes", "demo", {}, "passes"],
  ["changes", "staging", {}, "YES_NEEDED"],
  ["changes", "production", {}, "YES_NEEDED"],
  ["changes", "production", yes, "passes"],
  ["changes", "production", named, "passes"],
  ["changes", "production", agreed, "passes"],
  ["changes", "production", declined, "DECLINED"],
  ["changes", "development", declined, "DECLINED"],
  ["destroys", "development", {}, "passes"],
  ["destroys", "development", declined, "DECLINED"],
  ["destroys", "staging", {}, "YES_NEEDED"],
  ["destroys", "staging", yes, "passes"],
  ["destroys", "production", {}, "CONFIRMATION_NEEDED"],
  ["destroys", "production", yes, "CONFIRMATION_NEEDED"],
  ["destroys", "production", agreed, "CONFIRMATION_NEEDED"],
  ["destroys", "production", named, "passes"],
  ["reads", "development", { confirm: "other" }, "CONFIRMATION_WRONG"],
  ["changes", "development", { confirm: "other", yes: true }, "CONFIRMATION_WRONG"],
  ["destroys", "production", { confirm: "" }, "CONFIRMATION_WRONG"],
];

for (const [risk, environment, consent, expected] of table) {
  test(`what ${risk} in ${environment} with ${Object.keys(consent).join() || "nothing"}: ${expected}`, async () => {
    assert.equal(await answer(risk, environment, consent), expected);
  });
}

test("the question names what, where and which environment", async () => {
  const asked: string[] = [];
  await guard("migrate up", "changes", target("staging"), steps, { ask: (question) => (asked.push(question), Promise.resolve(true)) });
  assert.deepEqual(asked, ["apply 1 migration on shop (staging)?"]);
});
