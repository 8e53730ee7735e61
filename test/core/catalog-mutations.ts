/** The suite of catalog-mutations.sql: every single change shows as itself and as nothing else, and is gone when it is undone. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, it } from "node:test";
import { type Catalog, readCatalog } from "../../src/core/catalog.ts";
import type { Session } from "../../src/core/engine.ts";
import { diffCatalogs } from "../../src/core/schema-diff.ts";
import { corpus } from "./catalog-corpus.ts";
import { type Database, roles } from "./catalog-databases.ts";

interface Mutation {
  readonly run: string;
  /** `rollback` where there is no other way back. */
  readonly undo: string;
  /** `change kind name`, in the order of the differences; empty for what is no change of the schema. */
  readonly shows: readonly string[];
  readonly from: number;
}

export function describeMutations({ name, version, session }: Database): void {
  describe(name, () => {
    let original: Catalog;
    before(async () => {
      for (const statement of corpus(roles, version)) await session.script(statement);
      original = await readCatalog(session);
    });
    for (const mutation of mutations().filter(({ from }) => version >= from)) {
      it(mutation.run.replaceAll("\n", " "), async () => {
        const expected = original;
        const differences = await differencesBy(session, mutation, expected);
        // What one mutation leaves behind by mistake must not fail those after it.
        original = await readCatalog(session);
        assert.deepEqual(differences, mutation.shows);
        assert.deepEqual(diffCatalogs(expected, original), []);
        assert.equal(original.fingerprint, expected.fingerprint);
      });
    }
  });
}

async function differencesBy(session: Session, { run, undo, shows }: Mutation, original: Catalog): Promise<string[]> {
  await session.script(undo === "rollback" ? `begin; ${run}` : run);
  const changed = await readCatalog(session);
  await session.script(undo);
  assert.equal(changed.fingerprint === original.fingerprint, shows.length === 0, "the fingerprint and the differences agree");
  return diffCatalogs(original, changed).map(({ change, kind, name }) => `${change} ${kind} ${name}`);
}

export function mutations(): Mutation[] {
  const text = readFileSync(new URL("catalog-mutations.sql", import.meta.url), "utf8");
  const named = text.replaceAll(":reader", roles.reader).replaceAll(":writer", roles.writer);
  return named.trim().split("\n\n").slice(1).map(mutationOf);
}

function mutationOf(block: string): Mutation {
  const lines = block.split("\n");
  const notes = (key: string): string[] => lines.filter((line) => line.startsWith(`-- ${key}: `)).map((line) => line.slice(key.length + 5));
  const run = lines.filter((line) => !line.startsWith("--")).join("\n");
  const shows = notes("shows").filter((line) => line !== "nothing");
  return { run, undo: notes("undo")[0] ?? "", shows, from: Number(notes("from")[0] ?? 0) };
}
