/** Test databases on a server: clones of a template database, made once for the same migrations and seeders. */
import { randomBytes } from "node:crypto";
import type { Engine, Session } from "../core/engine.ts";
import { literal, quoteIdentifier, sql } from "../core/sql.ts";

export interface Template {
  /** The project's, so that its older templates can go. */
  readonly project: string;
  readonly content: string;
  /** Migrates and seeds the empty database that it is given. */
  fill(database: string): Promise<void>;
}

/** Other branches of a project keep theirs: switching back costs nothing. */
const templatesKept = 4;

/** A fresh database with the template's content; returns its name. The template is made by the first who needs it. */
export async function cloneTemplate(engine: Engine, template: Template): Promise<string> {
  const admin = await engine.session({ room: "testing" });
  try {
    const name = `pgsteward_template_${template.content}_${Math.floor(engine.version / 10_000)}`;
    if (!(await exists(admin, name))) await makeTemplate(admin, name, template);
    await dropStale(admin);
    const clone = `pgsteward_test_${today()}_${randomBytes(5).toString("hex")}`;
    await admin.query(`create database ${quoteIdentifier(clone)} template ${quoteIdentifier(name)}`);
    return clone;
  } finally {
    await admin.close();
  }
}

export async function dropDatabase(engine: Engine, name: string): Promise<void> {
  const admin = await engine.session({ room: "testing" });
  try {
    await admin.query(`drop database if exists ${quoteIdentifier(name)} with (force)`);
  } finally {
    await admin.close();
  }
}

async function exists(admin: Session, name: string): Promise<boolean> {
  return (await admin.query(sql`select from pg_catalog.pg_database where datname = ${name}`)).count > 0;
}

/** Under a draft's name until it is whole: a killed run leaves no half template behind. */
async function makeTemplate(admin: Session, name: string, { project, fill }: Template): Promise<void> {
  await admin.query(sql`select pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended(${name}, 0))`);
  try {
    if (await exists(admin, name)) return;
    const draft = `${name}_draft`;
    await admin.query(`drop database if exists ${quoteIdentifier(draft)} with (force)`);
    await admin.query(`create database ${quoteIdentifier(draft)} template template0`);
    await fill(draft);
    await admin.query(`alter database ${quoteIdentifier(draft)} with is_template true allow_connections false`);
    await admin.query(sql`
      select pg_catalog.pg_terminate_backend(a.pid, 5000) from pg_catalog.pg_stat_activity a where a.datname = ${draft}`);
    await admin.query(`comment on database ${quoteIdentifier(draft)} is ${literal(`pgsteward/testing ${project}`)}`);
    await admin.query(`alter database ${quoteIdentifier(draft)} rename to ${quoteIdentifier(name)}`);
    await dropOlder(admin, project);
  } finally {
    await admin.query(sql`select pg_catalog.pg_advisory_unlock(pg_catalog.hashtextextended(${name}, 0))`);
  }
}

async function dropOlder(admin: Session, project: string): Promise<void> {
  const { rows } = await admin.query<{ name: string }>(sql`
    select d.datname as name from pg_catalog.pg_database d
    where d.datistemplate and pg_catalog.shobj_description(d.oid, 'pg_database') = ${`pgsteward/testing ${project}`}
    order by d.oid desc offset ${templatesKept}`);
  for (const { name } of rows) {
    // Somebody else may be cloning or dropping it at the same moment.
    await admin.query(`alter database ${quoteIdentifier(name)} with is_template false`).catch(() => undefined);
    await admin.query(`drop database if exists ${quoteIdentifier(name)}`).catch(() => undefined);
  }
}

function today(): number {
  return Math.floor((performance.timeOrigin + performance.now()) / 86_400_000);
}

/** What killed test runs left behind; nobody is in it, and it is older than a day. */
async function dropStale(admin: Session): Promise<void> {
  const { rows } = await admin.query<{ name: string }>(sql`
    select d.datname as name from pg_catalog.pg_database d
    where d.datname ~ '^pgsteward_test_[0-9]+_[0-9a-f]{10}$' and pg_catalog.split_part(d.datname, '_', 3)::pg_catalog.int4 < ${today() - 1}
      and not exists (select from pg_catalog.pg_stat_activity a where a.datname = d.datname)`);
  for (const { name } of rows) await admin.query(`drop database if exists ${quoteIdentifier(name)}`).catch(() => undefined);
}
