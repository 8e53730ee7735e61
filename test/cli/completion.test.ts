/** The completion scripts load in the shells that are here, and complete commands, verbs and flags. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { cli } from "../support/cli-run.ts";
import { temporary, writeFiles } from "../support/migrate-project.ts";

const script = async (shell: string): Promise<string> => (await cli(["completion", shell], { cwd: tmpdir() })).stdout;
const has = (program: string): boolean => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

/** Words on the line, the last one unfinished → some words that must be offered, and some that must not. */
const lines: readonly (readonly [line: readonly string[], offered: readonly string[], not: readonly string[]])[] = [
  [[""], ["migrate", "db", "init", "doctor", "help", "completion"], ["up", "project", "--json"]],
  [["mi"], ["migrate"], ["db"]],
  [
    ["migrate", ""],
    ["up", "down", "status", "rollback"],
    ["migrate", "start"],
  ],
  [["migrate", "st"], ["status"], ["up"]],
  [["db", ""], ["start", "stop", "status", "psql", "url"], ["up"]],
  [["migrate", "up", "--"], ["--to", "--force", "--dry-run", "--json", "--lock-timeout"], ["--steps"]],
  [["migrate", "down", "--s"], ["--steps", "--state-dir"], ["--to"]],
  [["migrate", "up", "--force", "--d"], ["--dry-run"], ["--force"]],
  [["migrate", "up", "--dry-run", "--js"], ["--json"], []],
  [["migrate", "up", "--to", "3", "--js"], ["--json"], []],
  [["migrate", "rollback", "003", "--d"], ["--dry-run"], []],
  [["completion", ""], ["bash", "zsh", "fish"], ["up"]],
  [["frobnicate", ""], [], ["up", "migrate"]],
];

test("bash", { skip: !has("bash") && "no bash here" }, async (t) => {
  const dir = await temporary(t);
  await writeFiles(dir, { script: await script("bash") });
  for (const [line, offered, not] of lines) {
    const words = ["pgsteward", ...line].map((word) => `'${word}'`).join(" ");
    const program = `source '${join(dir, "script")}'; COMP_WORDS=(${words}); COMP_CWORD=${line.length}; _pgsteward; printf '%s\\n' "\${COMPREPLY[@]}"; complete -p pgsteward`;
    const { stdout, stderr, status } = spawnSync("bash", ["--norc", "-c", program], { encoding: "utf8" });
    assert.deepEqual([status, stderr], [0, ""]);
    const found = stdout.split("\n");
    for (const word of offered) assert.ok(found.includes(word), `${line.join(" ")} should offer ${word}, offers ${stdout}`);
    for (const word of not) assert.ok(!found.includes(word), `${line.join(" ")} should not offer ${word}`);
    assert.match(stdout, /complete .*-F _pgsteward pgsteward/);
  }
});

test("bash loads it as the manual says, from a process substitution", { skip: !has("bash") && "no bash here" }, async () => {
  const { bin } = await import("../support/cli-run.ts");
  const program = `source <('${process.execPath}' '${bin}' completion bash) && complete -p pgsteward`;
  const { stdout, status } = spawnSync("bash", ["--norc", "-c", program], { encoding: "utf8" });
  assert.equal(status, 0);
  assert.match(stdout, /_pgsteward/);
});

for (const shell of ["zsh", "fish"] as const) {
  test(`${shell} loads it`, { skip: !has(shell) && `no ${shell} here` }, async (t) => {
    const dir = await temporary(t);
    await writeFiles(dir, { script: await script(shell) });
    const program =
      shell === "zsh"
        ? `autoload -U compinit && compinit -u; source ${dir}/script`
        : `source ${dir}/script; complete -C 'pgsteward migrate st'`;
    const { status, stdout, stderr } = spawnSync(shell, ["-c", program], { encoding: "utf8", env: { ...process.env, HOME: dir } });
    assert.deepEqual([status, stderr], [0, ""]);
    if (shell === "fish") assert.match(stdout, /status/);
  });
}

test("the texts name every command, and nothing that a shell would run", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const text = await script(shell);
    for (const word of ["migrate", "rollback", "dry-run", "lock-timeout", "doctor"]) assert.ok(text.includes(word), `${shell}: ${word}`);
    assert.doesNotMatch(text, /`/);
  }
});

test("another shell is refused", async () => {
  const { code, stderr } = await cli(["completion", "tcsh"], { cwd: tmpdir() });
  assert.equal(code, 2);
  assert.match(stderr, /completion knows: bash, zsh, fish/);
});
