/** The lock between processes. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { describeHolder, tryLock } from "../../src/engines/lock-file.ts";
import { exists, isRunning, ownProcess, startOf } from "../../src/engines/process-info.ts";
import { until } from "../support/project.ts";

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "pgsteward-lock-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** The file that says who holds the lock. */
function holderFile(path: string): string {
  return join(path, String(Math.max(...readdirSync(path).map(Number).filter(Number.isInteger))));
}

function pretend(path: string, change: object): void {
  const file = holderFile(path);
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, "utf8")) as object), ...change }));
}

test("held by one, until it lets go", (t) => {
  const path = directory(t);
  const first = tryLock(path, 0);
  assert.ok("held" in first);
  const second = tryLock(path, 0);
  assert.ok(!("held" in second));
  assert.equal(second.pid, process.pid);
  assert.match(describeHolder(second), /^this process \(.*\) since 1970-01-01T00:00:00.000Z$/);
  first.release();
  const third = tryLock(path, 0);
  assert.ok("held" in third);
  third.release();
});

test("a holder that is gone, or whose pid belongs to another process by now, holds nothing", (t) => {
  for (const change of [{ pid: 2 ** 22 + 1 }, { start: "another" }]) {
    const path = directory(t);
    tryLock(path, 0);
    pretend(path, change);
    const lock = tryLock(path, 0);
    assert.ok("held" in lock, JSON.stringify(change));
    lock.release();
  }
});

test("a holder on another machine is believed while it shows signs of life", (t) => {
  const path = directory(t);
  tryLock(path, 0);
  pretend(path, { host: "elsewhere/boot/pid" });
  const holder = tryLock(path, 0);
  assert.ok(!("held" in holder));
  assert.match(describeHolder(holder), / on elsewhere /);
  utimesSync(holderFile(path), new Date(0), new Date(0));
  assert.ok("held" in tryLock(path, 0));
});

test("an unreadable lock file, and whatever else lies in the directory, hold nothing", (t) => {
  const path = directory(t);
  writeFileSync(join(path, "7"), "half a li");
  writeFileSync(join(path, "notes.txt"), "");
  assert.ok("held" in tryLock(path, 0));
});

test("the directory does not grow", (t) => {
  const path = directory(t);
  for (let i = 0; i < 20; i++) {
    const lock = tryLock(path, 0);
    assert.ok("held" in lock);
    lock.release();
  }
  assert.ok(readdirSync(path).length <= 4);
});

test("processes that fight for it and are killed while they hold it: never two at once, never nobody for good", async (t) => {
  const path = directory(t);
  const witness = join(directory(t), "inside");
  const script = `
    const { tryLock } = await import(${JSON.stringify(new URL("../../src/engines/lock-file.ts", import.meta.url).href)});
    const { existsSync, readFileSync, unlinkSync, writeFileSync } = await import("node:fs");
    const alive = (pid) => { try { process.kill(pid, 0); return true; } catch { return false; } };
    const pause = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 2));
    for (let got = 0; got < 60; ) {
      const lock = tryLock(${JSON.stringify(path)}, Date.now());
      if (!("held" in lock)) { await pause(); continue; }
      const other = existsSync(${JSON.stringify(witness)}) ? Number(readFileSync(${JSON.stringify(witness)}, "utf8")) : 0;
      if (other && alive(other)) { console.log("two at once"); process.exit(3); }
      writeFileSync(${JSON.stringify(witness)}, String(process.pid));
      await pause();
      if (process.argv[1] === "mortal" && Math.random() < 0.05) process.kill(process.pid, "SIGKILL");
      unlinkSync(${JSON.stringify(witness)});
      lock.release();
      got++;
    }`;
  const run = (kind: string) =>
    spawn(process.execPath, ["--input-type=module", "-e", script, kind], { stdio: ["ignore", "inherit", "inherit"] });
  const ends = ["steady", "steady", "mortal", "mortal", "mortal"].map((kind) =>
    once(run(kind), "exit").then(([code, signal]) => `${kind} ${code ?? signal}`),
  );
  const ended = await Promise.all(ends);
  assert.deepEqual(ended.slice(0, 2), ["steady 0", "steady 0"]);
  assert.ok(
    ended.slice(2).every((end) => end === "mortal SIGKILL" || end === "mortal 0"),
    ended.join(),
  );
});

test("a process is told from another one with its pid, and a zombie is gone", async () => {
  assert.ok(isRunning(ownProcess()));
  assert.ok(!isRunning({ pid: process.pid, start: "another" }));
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  const { pid = 0 } = child;
  assert.notEqual(startOf(pid), undefined);
  child.kill("SIGKILL");
  await until(() => !exists(pid));
  assert.equal(startOf(pid), undefined);
});
