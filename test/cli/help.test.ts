/** Help of everything: golden files, so that a change of what people read is seen in a diff. */
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { operationsOf, rooms } from "../../src/registry.ts";
import { assertGolden, normalised } from "../support/cli-golden.ts";
import { cli } from "../support/cli-run.ts";

const cwd = tmpdir();

test("the overview, by every way of asking", async () => {
  const { code, stdout, stderr } = await cli(["--help"], { cwd });
  assert.deepEqual([code, stderr], [0, ""]);
  assertGolden("help", stdout);
  for (const args of [[], ["help"], ["-h"]]) assert.equal((await cli(args, { cwd })).stdout, stdout, args.join(" "));
});

for (const room of Object.keys(rooms)) {
  test(`help of ${room} and of each of its commands`, { concurrency: 4 }, async (t) => {
    const operations = [...(await operationsOf(room)).values()];
    const pages = [...(room === "project" ? [] : [[room]]), ...operations.map(({ name }) => name.split(" "))];
    await Promise.all(
      pages.map((words) =>
        t.test(words.join(" "), async () => {
          const { code, stdout, stderr } = await cli([...words, "--help"], { cwd });
          assert.deepEqual([code, stderr], [0, ""]);
          const [own = "", common] = stdout.split("\n\nevery command\n");
          assertGolden(`help-${words.join("-")}`, `${normalised(own)}\n`);
          if (common !== undefined) assertGolden("help-every-command", common);
        }),
      ),
    );
  });
}

test("help before and behind the command is the same", async () => {
  const { stdout } = await cli(["migrate", "up", "--help"], { cwd });
  for (const args of [
    ["help", "migrate", "up"],
    ["migrate", "help", "up"],
    ["migrate", "up", "-h"],
    ["migrate", "up", "--to", "3", "--help"],
  ])
    assert.equal((await cli(args, { cwd })).stdout, stdout, args.join(" "));
});

test("the version", async () => {
  for (const flag of ["--version", "-v", "version"]) assert.equal((await cli([flag], { cwd })).stdout, "0.1.0\n");
});
