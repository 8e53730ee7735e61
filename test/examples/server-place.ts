/** A database of its own on the server that a developer or a CI has at hand. */
import { randomBytes } from "node:crypto";
import type { Session } from "../../src/core/engine.ts";
import { sqlstate } from "../../src/core/errors.ts";
import { id } from "../../src/core/sql.ts";
import { onServer, systemUrl, withDatabase } from "../support/migrate-server.ts";

export interface Place {
  readonly url: string;
  close(): Promise<void>;
}

export interface Wanted {
  /** What must be offered. */
  readonly extensions?: readonly string[];
  /** Roles that will be made; dropped with the database, unless they were there before. */
  readonly roles?: readonly string[];
}

/** On the server of TEST_DATABASE_URL or of 127.0.0.1:5432; where there is none that will do, the reason. */
export async function serverPlace({ extensions = [], roles = [] }: Wanted): Promise<Place | string> {
  const server = await systemUrl();
  if (server === undefined) return "no server: neither TEST_DATABASE_URL nor 127.0.0.1:5432";
  const { superuser, offered, present } = await onServer(server, factsOf);
  if (!superuser) return "its role is no superuser";
  const lacking = extensions.filter((name) => !offered.includes(name));
  if (lacking.length > 0) return `it does not offer ${lacking.join(", ")}`;
  const name = `test_example_${randomBytes(5).toString("hex")}`;
  await onServer(server, (admin) => admin.query(`create database ${id(name).text} template template0`));
  return {
    url: withDatabase(server, name),
    close: () =>
      onServer(server, async (admin) => {
        await admin.query(`drop database if exists ${id(name).text} with (force)`);
        for (const role of roles.filter((role) => !present.includes(role))) await dropRole(admin, role);
      }),
  };
}

interface Facts {
  readonly superuser: boolean;
  readonly offered: readonly string[];
  readonly present: readonly string[];
}

async function factsOf(admin: Session): Promise<Facts> {
  const { rows } = await admin.query<Facts>(
    `select (select rolsuper from pg_roles where rolname = current_user) as superuser,
      array(select name::text from pg_available_extensions) as offered,
      array(select rolname::text from pg_roles) as present`,
  );
  return rows[0] ?? { superuser: false, offered: [], present: [] };
}

/** Roles belong to all databases of a server: somebody else may use it by now. */
async function dropRole(admin: Session, role: string): Promise<void> {
  try {
    await admin.query(`drop role if exists ${id(role).text}`);
  } catch (error) {
    if (sqlstate(error) !== "2BP01") throw error;
  }
}
