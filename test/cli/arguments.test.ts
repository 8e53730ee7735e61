/** Wrong usage: one clear sentence, the way out, exit 2, and nothing connected to. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCommand } from "../../src/cli/arguments.ts";
import { StewardError } from "../../src/core/errors.ts";
import { cli } from "../support/cli-run.ts";
import { temporary } from "../support/migrate-project.ts";

/** Words → code, message, hint. */
const wrong: readonly (readonly [words: string, code: string, message: RegExp, hint: RegExp])[] = [
  ["migrat up", "CLI_UNKNOWN_COMMAND", /^there is no command migrat$/, /^did you mean migrate\?$/],
  ["frobnicate", "CLI_UNKNOWN_COMMAND", /frobnicate/, /^the commands are: migrate, seed, .*db, init, doctor, completion, help$/],
  ["migrate stauts", "CLI_UNKNOWN_COMMAND", /^there is no command migrate stauts$/, /^did you mean status\?$/],
  ["migrate frobnicate", "CLI_UNKNOWN_COMMAND", /frobnicate/, /^migrate knows: .*\bup\b.*\bdown\b/],
  ["docter", "CLI_UNKNOWN_COMMAND", /docter/, /^did you mean doctor\?$/],
  ["constructor", "CLI_UNKNOWN_COMMAND", /constructor/, /the commands are/],
  ["__proto__ up", "CLI_UNKNOWN_COMMAND", /__proto__/, /the commands are/],
  ["migrate toString", "CLI_UNKNOWN_COMMAND", /toString/, /migrate knows: /],
  ["migrate up --dryrun", "CLI_UNKNOWN_FLAG", /^migrate up does not know --dryrun$/, /^did you mean --dry-run\?$/],
  ["migrate up --lock-timeot 5s", "CLI_UNKNOWN_FLAG", /--lock-timeot/, /^did you mean --lock-timeout\?$/],
  ["migrate up --xyzzyxyzzy", "CLI_UNKNOWN_FLAG", /--xyzzyxyzzy/, /^see `pgsteward migrate up --help`$/],
  ["migrate up -x", "CLI_UNKNOWN_FLAG", /^migrate up does not know -x$/, /./],
  ["migrate up --no-to 3", "CLI_UNKNOWN_FLAG", /--no-to/, /./],
  ["migrate status --force", "CLI_UNKNOWN_FLAG", /^migrate status does not know --force$/, /./],
  ["--frobnicate migrate up", "CLI_UNKNOWN_FLAG", /^pgsteward does not know --frobnicate$/, /^$/],
  ["migrate up --to", "CLI_VALUE_MISSING", /^--to needs a value$/, /^$/],
  ["migrate up --dry-run=yes", "CLI_VALUE_UNEXPECTED", /^--dry-run takes no value$/, /^$/],
  ["migrate up 1 2", "CLI_TOO_MANY_WORDS", /^migrate up does not take 2$/, /^see `pgsteward migrate up --help`$/],
  ["doctor now", "CLI_TOO_MANY_WORDS", /^doctor does not take now$/, /./],
];

for (const [words, code, message, hint] of wrong) {
  test(`pgsteward ${words}`, async () => {
    const error: unknown = await parseCommand(words.split(" ")).then(
      () => assert.fail("it was taken"),
      (thrown: unknown) => thrown,
    );
    assert.ok(StewardError.is(error), String(error));
    assert.deepEqual([error.code, error.exit], [code, 2]);
    assert.match(error.message, message);
    assert.match(error.hint ?? "", hint);
  });
}

/** Words → the operation, its input, its settings. */
const right: readonly (readonly [words: string, name: string, input: Record<string, unknown>, settings: Record<string, unknown>])[] = [
  ["migrate", "migrate up", {}, {}],
  ["migrate --dry-run", "migrate up", {}, {}],
  ["migrate up 004", "migrate up", { to: "004" }, {}],
  ["migrate up --to=004 --force", "migrate up", { to: "004", force: true }, {}],
  ["migrate up --no-force", "migrate up", { force: false }, {}],
  ["migrate up -- --force", "migrate up", { force: true }, {}],
  ["migrate up --lock-timeout 5s", "migrate up", {}, { lockTimeout: "5s" }],
  ["migrate up --out-of-order=strict", "migrate up", {}, { "migrate.outOfOrder": "strict" }],
  ["migrate up --url postgres://u:p=x@h/d?sslmode=require", "migrate up", {}, { url: "postgres://u:p=x@h/d?sslmode=require" }],
  ["migrate rollback 007", "migrate rollback", { version: "007" }, {}],
  ["migrate new help", "migrate new", { name: "help" }, {}],
  ["--yes migrate up", "migrate up", {}, {}],
  ["--environment staging migrate up", "migrate up", {}, { environment: "staging" }],
  ["-e staging -n migrate up", "migrate up", {}, { environment: "staging" }],
  ["init", "init", {}, {}],
  ["db", "db status", {}, {}],
];

for (const [words, name, input, settings] of right) {
  test(`pgsteward ${words}`, async () => {
    const command = await parseCommand(words.split(" "));
    assert.ok(command.kind === "run", command.kind);
    assert.equal(command.operation.name, name);
    assert.deepEqual(command.input, input);
    assert.deepEqual(command.settings, settings);
  });
}

test("flags before the command are flags of the command", async () => {
  const command = await parseCommand(["--json", "--cwd", "/somewhere", "-y", "migrate", "up", "--confirm", "app"]);
  assert.ok(command.kind === "run");
  const { json, cwd, yes, confirm, dryRun } = command.flags;
  assert.deepEqual({ json, cwd, yes, confirm, dryRun }, { json: true, cwd: "/somewhere", yes: true, confirm: "app", dryRun: false });
});

test("wrong usage says so on stderr, exits 2 and leaves the directory alone", async (t) => {
  const cwd = await temporary(t);
  const { code, stdout, stderr } = await cli(["migrate", "upp"], { cwd });
  assert.deepEqual([code, stdout], [2, ""]);
  assert.equal(stderr, "error there is no command migrate upp\n  → did you mean up?\n  CLI_UNKNOWN_COMMAND · database unchanged\n");
});

for (const [words, text] of [
  ["migrate down --steps x", /steps/],
  ["migrate down --steps 0", /steps/],
  ["migrate to", /version/],
] as const) {
  test(`a value that the operation does not take: ${words}`, async (t) => {
    const { code, stderr } = await cli(words.split(" "), {
      cwd: await temporary(t),
      env: { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" },
    });
    assert.equal(code, 2);
    assert.match(stderr, text);
    assert.match(stderr, /INPUT_INVALID/);
  });
}

test("an old Node gets a sentence, not a syntax error", async (t) => {
  const { spawnSync } = await import("node:child_process");
  const { bin } = await import("../support/cli-run.ts");
  const old = spawnSync("sh", ["-c", "command -v -a node 2>/dev/null || command -v node"], { encoding: "utf8" }).stdout.trim().split("\n");
  const found = [...old, "/usr/bin/node", "/usr/local/bin/node"].find((path) => {
    const major = Number(/^v(\d+)/.exec(spawnSync(path, ["--version"], { encoding: "utf8" }).stdout ?? "")?.[1]);
    return major > 0 && major < 22;
  });
  if (found === undefined) return t.skip("no Node older than 22 on this machine");
  const { status, stderr } = spawnSync(found, [bin, "--version"], { encoding: "utf8" });
  assert.equal(status, 2);
  assert.match(stderr, /^pgsteward needs Node 22\.18 or newer; this is Node \d+\.\d+\.\d+\.\n$/);
});
