/**
 * A random life of a folder of migrations (files are added at the end and in between, and renamed; up, down, to, redo,
 * rollback and repair run) against a model: a list of what is in force.
 */
import assert from "node:assert/strict";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Session } from "../../src/core/engine.ts";
import { isLedgerAbsent } from "../../src/core/ledger.ts";
import type { Outcome } from "../../src/core/operation.ts";
import type { DownResult, UpResult } from "../../src/migrate/index.ts";
import type { Steward } from "../../src/steward.ts";
import { failureOf, project } from "../support/migrate-project.ts";

/** A file of the model. What it makes is named by `id`, so that a new name leaves its content alone. */
interface File {
  readonly id: number;
  version: number;
  slug: string;
}

/** What is in force, in the order of application, under the names that the history has. */
interface InForce {
  readonly file: File;
  name: string;
}

const verbs = ["add", "add", "add", "rename", "up", "up", "up to", "down", "rollback", "to", "to 0", "redo", "repair"] as const;
interface Command {
  readonly verb: (typeof verbs)[number];
  /** Picks a file, a version or a number. */
  readonly pick: number;
  readonly dryRun: boolean;
}
const command: fc.Arbitrary<Command> = fc.record({
  verb: fc.constantFrom(...verbs),
  pick: fc.nat(60),
  dryRun: fc.nat(5).map((n) => n === 0),
});

const highest = 60;
const nameOf = ({ version, slug }: File): string => `${String(version).padStart(3, "0")}_${slug}`;
const textOf = ({ id }: File): string => `create table t${id} (id int);\n-- Down migration\ndrop table t${id};\n`;

/** One life: the folder, the database and the model of both. */
class Life {
  readonly files: File[] = [];
  inForce: InForce[] = [];
  readonly dir: string;
  readonly steward: Steward;
  readonly session: Session;

  constructor(dir: string, steward: Steward, session: Session) {
    this.dir = dir;
    this.steward = steward;
    this.session = session;
  }

  sorted(): File[] {
    return this.files.toSorted((a, b) => a.version - b.version);
  }

  pending(): File[] {
    return this.sorted().filter((file) => !this.inForce.some((one) => one.file === file));
  }

  renamed(): InForce[] {
    return this.inForce.filter(({ file, name }) => name !== nameOf(file));
  }

  /** Pending ones that sort before one that is in force. */
  late(): File[] {
    const last = Math.max(0, ...this.inForce.map(({ file }) => file.version));
    return this.pending().filter(({ version }) => version < last);
  }

  /** A version that is not taken; the next one for an even number, else one anywhere. */
  freeVersion(pick: number): number {
    const taken = new Set(this.files.map(({ version }) => version));
    const last = Math.max(0, ...taken);
    const wanted = pick % 2 === 0 && last < highest ? last + 1 : (pick % highest) + 1;
    return taken.has(wanted) ? last + 1 : wanted;
  }

  async run({ verb, pick, dryRun }: Command): Promise<void> {
    const { migrate } = this.steward;
    const file = this.files[pick % Math.max(1, this.files.length)];
    const steps = (pick % 4) + 1;
    switch (verb) {
      case "add":
        return this.add(pick);
      case "rename":
        return file && this.rename(file, pick);
      case "repair":
        return this.repair(dryRun);
      case "up":
        return this.up(undefined, dryRun);
      case "up to":
        return file && this.up(file, dryRun);
      case "down":
        return this.undo(this.inForce.slice(-steps), [], () => migrate.down({ steps }, { dryRun }), dryRun);
      case "redo": {
        const chosen = this.inForce.slice(-steps);
        return this.undo(chosen, chosen, () => migrate.redo({ steps }, { dryRun }), dryRun);
      }
      case "rollback": {
        if (!file || this.renamed().length > 0) return;
        const at = this.inForce.findIndex((one) => one.file === file);
        const chosen = at < 0 ? [] : this.inForce.slice(at);
        return this.undo(chosen, [], () => migrate.rollback({ version: String(file.version) }, { dryRun }), dryRun);
      }
      case "to":
        return file && this.to(file);
      case "to 0":
        return this.undo(this.inForce, [], () => migrate.to({ version: "0" }, { dryRun }), dryRun);
    }
  }

  async add(pick: number): Promise<void> {
    const file = { id: this.files.length, version: this.freeVersion(pick), slug: "added" };
    this.files.push(file);
    await writeFile(join(this.dir, `${nameOf(file)}.sql`), textOf(file));
  }

  /** Under another name, sometimes also another number. */
  async rename(file: File, pick: number): Promise<void> {
    const before = nameOf(file);
    if (pick % 3 === 0) file.version = this.freeVersion(pick);
    file.slug = `renamed_${pick % 4}`;
    await rename(join(this.dir, `${before}.sql`), join(this.dir, `${nameOf(file)}.sql`));
  }

  async repair(dryRun: boolean): Promise<void> {
    const { result } = await this.steward.migrate.repair({}, { dryRun });
    assert.equal(result.repaired.length, this.renamed().length);
    if (!dryRun) for (const one of this.inForce) one.name = nameOf(one.file);
  }

  async up(to: File | undefined, dryRun: boolean): Promise<void> {
    const run = (): Promise<Outcome<UpResult>> => this.steward.migrate.up(to ? { to: String(to.version) } : {}, { dryRun });
    // A version is looked for under the history's names too: which one is meant is decided by the repair.
    if (this.renamed().length > 0) return to ? undefined : void (await failureOf(run(), "MIGRATE_RENAMED"));
    const chosen = this.pending().filter(({ version }) => version <= (to?.version ?? highest * 2));
    const late = this.late().map(nameOf);
    const { result, applied, findings } = await run();
    assert.deepEqual(result, { applied: chosen.map(nameOf), rebaselined: [], remaining: this.pending().length - chosen.length });
    assert.equal(applied, !dryRun && chosen.length > 0);
    assert.deepEqual(
      findings.map(({ code, object }) => [code, object]),
      late.map((name) => ["MIGRATE_OUT_OF_ORDER", name]),
    );
    if (!dryRun) this.inForce.push(...chosen.map((file) => ({ file, name: nameOf(file) })));
  }

  async undo(
    chosen: readonly InForce[],
    again: readonly InForce[],
    run: () => Promise<Outcome<DownResult>>,
    dryRun: boolean,
  ): Promise<void> {
    if (this.renamed().length > 0) return void (await failureOf(run(), "MIGRATE_RENAMED"));
    const { result } = await run();
    assert.deepEqual(result, { reverted: chosen.map(({ name }) => name).toReversed(), applied: again.map(({ name }) => name) });
    if (!dryRun) this.inForce = [...this.inForce.filter((one) => !chosen.includes(one)), ...again];
  }

  /** What lies behind the version is undone, and what is pending up to it is applied. */
  async to(file: File): Promise<void> {
    if (this.renamed().length > 0) return;
    const behind = this.inForce.filter((one) => one.file.version > file.version);
    const chosen = this.pending().filter(({ version }) => version <= file.version);
    const { result } = await this.steward.migrate.to({ version: nameOf(file) });
    assert.deepEqual(result, { reverted: behind.map(({ name }) => name).toReversed(), applied: chosen.map(nameOf) });
    this.inForce = [...this.inForce.filter((one) => !behind.includes(one)), ...chosen.map((one) => ({ file: one, name: nameOf(one) }))];
  }

  async recorded(): Promise<string[]> {
    try {
      return (await this.session.query<{ name: string }>("select name from pgsteward.migration order by position")).rows.map(
        ({ name }) => name,
      );
    } catch (error) {
      if (isLedgerAbsent(error)) return [];
      throw error;
    }
  }

  /** The model against folder, history and catalog. */
  async compare(): Promise<void> {
    const { ok, data } = await this.steward.migrate.status();
    const gone = this.renamed().map(({ name }) => [name, "renamed"]);
    const present = this.sorted()
      .filter((file) => !this.renamed().some((one) => one.file === file))
      .map((file) => [nameOf(file), this.pending().includes(file) ? "pending" : "applied"]);
    assert.deepEqual(
      data.migrations.map(({ name, state }) => [name, state]),
      [...gone, ...present],
    );
    assert.equal(ok, gone.length === 0 && this.pending().length === 0);
    assert.deepEqual(
      await this.recorded(),
      this.inForce.map(({ name }) => name),
    );
    const { rows } = await this.session.query<{ table: string }>("select tablename as table from pg_tables where schemaname = 'public'");
    assert.deepEqual(rows.map(({ table }) => table).sort(), this.inForce.map(({ file }) => `t${file.id}`).sort());
  }
}

test("whatever happens to folder and database, they are where a simple list says", async (t) => {
  const p = await project(t);
  const session = await p.session();
  let lives = 0;
  const live = async (commands: readonly Command[]): Promise<void> => {
    await session.script("drop schema public cascade; create schema public; drop schema if exists pgsteward cascade");
    const dir = join(p.dir, `life-${lives++}`);
    await mkdir(dir);
    await using steward = await p.steward({ migrate: { dir } });
    const life = new Life(dir, steward, session);
    await life.compare();
    for (const command of [...commands, { verb: "repair", pick: 0, dryRun: false }, { verb: "to 0", pick: 0, dryRun: false }] as const) {
      await life.run(command);
      await life.compare();
    }
    assert.deepEqual(life.inForce, []);
  };
  await fc.assert(fc.asyncProperty(fc.array(command, { minLength: 4, maxLength: 16 }), live), {
    numRuns: 25,
    interruptAfterTimeLimit: 20_000,
  });
  t.diagnostic(`${lives} lives`);
});
