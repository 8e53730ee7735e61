/** A database for experiments with schemas: every one in a transaction that is rolled back, as on a scratch database. */
import { randomBytes } from "node:crypto";
import { type Catalog, readCatalog } from "../../src/core/catalog.ts";
import type { Session } from "../../src/core/engine.ts";
import { StewardError } from "../../src/core/errors.ts";
import { describeDifference, diffCatalogs } from "../../src/core/schema-diff.ts";
import { openSession } from "../../src/engines/session.ts";
import { readSchema } from "../../src/migrate/diff/read.ts";
import type { Schema } from "../../src/migrate/diff/schema.ts";
import { type Change, statementsBetween } from "../../src/migrate/diff/statements.ts";
import type { Roles } from "../core/catalog-corpus.ts";
import { onServer, serverUrl, withDatabase } from "../support/migrate-server.ts";

export const roles: Roles = { reader: `diff_${process.pid}_reader`, writer: `diff_${process.pid}_writer` };

export interface Sight {
  readonly schema: Schema;
  readonly catalog: Catalog;
}

export interface Bench {
  readonly session: Session;
  readonly version: number;
  close(): Promise<void>;
}

/** An empty database on a server; the native one of the run where none is named. */
export async function openBench(server?: string): Promise<Bench> {
  const base = server ?? (await serverUrl());
  const name = `diff_${randomBytes(5).toString("hex")}`;
  await onServer(base, (admin) => admin.query(`create database ${name} template template0`));
  const session = await openSession({ url: withDatabase(base, name) });
  const close = async (): Promise<void> => {
    await session.close();
    await onServer(base, (admin) => admin.query(`drop database ${name} with (force)`));
  };
  return { session, version: session.facts.version, close };
}

/** In a transaction with the roles in place, which is rolled back. */
export async function trying<T>({ session }: Pick<Bench, "session">, body: () => Promise<T>): Promise<T> {
  await session.script(`begin; create role ${roles.reader}; create role ${roles.writer}`);
  try {
    return await body();
  } finally {
    await session.script("rollback");
  }
}

export async function look(session: Session): Promise<Sight> {
  return { schema: await readSchema(session), catalog: await readCatalog(session) };
}

/** What the statements make of an empty database. */
export function made(bench: Bench, statements: string): Promise<Sight> {
  return trying(bench, async () => {
    await run(bench.session, statements);
    return look(bench.session);
  });
}

export async function run(session: Session, statements: string): Promise<void> {
  if (statements.trim() !== "") await session.script(statements);
}

/** What is left after the changes are run: the differences, or the statement that failed. */
export async function outcome(session: Session, changes: readonly Change[], wanted: Catalog): Promise<readonly string[]> {
  const texts = changes.map(({ sql }) => sql).filter((sql) => sql !== "");
  try {
    await run(session, texts.join(";\n"));
  } catch (error) {
    if (!StewardError.is(error)) throw error;
    return [`${error.message}: ${failedAmong(texts, error)}`];
  }
  return diffCatalogs(wanted, await readCatalog(session)).map(describeDifference);
}

function failedAmong(texts: readonly string[], error: StewardError): string {
  const completed = (error.data["completed"] as readonly unknown[] | undefined)?.length ?? 0;
  return texts.join(";\n").split(";\n")[completed] ?? "?";
}

export interface Passage {
  readonly changes: readonly Change[];
  readonly left: readonly string[];
}

/** Turns what `start` makes into another schema. */
export function pass(bench: Bench, start: string, from: Sight, to: Sight): Promise<Passage> {
  const changes = statementsBetween(from.schema, to.schema);
  return trying(bench, async () => {
    await run(bench.session, start);
    return { changes, left: await outcome(bench.session, changes, to.catalog) };
  });
}

/** For messages: what was tried. */
export function told({ changes, left }: Passage): string {
  return [...changes.map(({ sql, note }) => `${note ? `-- ${note.kind}: ${note.text}\n` : ""}${sql};`), "left:", ...left].join("\n");
}
