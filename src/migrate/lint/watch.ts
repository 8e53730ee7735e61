/**
 * Which objects a statement made, altered or dropped, also inside a DO block that builds its SQL from pieces: told by
 * event triggers. They need a superuser (PostgreSQL 14 to 18) and run in PGlite too; without the right, catalogs are compared.
 */
import { readCatalog } from "../../core/catalog.ts";
import type { Row, Rows, Session } from "../../core/engine.ts";
import { sqlstate } from "../../core/errors.ts";
import { diffCatalogs } from "../../core/schema-diff.ts";

export interface SchemaObject {
  /** `table`, `table column`, `function`, `policy`, … */
  readonly type: string;
  /** `public.users`, `public.users.email`, `tenant on public.users`. */
  readonly identity: string;
}

export interface SchemaChanges {
  readonly created: readonly SchemaObject[];
  readonly altered: readonly SchemaObject[];
  readonly dropped: readonly SchemaObject[];
}

export const noChanges: SchemaChanges = { created: [], altered: [], dropped: [] };

export interface Watch {
  /** Appended to the statement's own message. */
  readonly query: string;
  /** From the results of `query`. */
  read(results: readonly Rows<Row>[]): Promise<SchemaChanges>;
}

/** A setting is the one place that can be written from a trigger without a lock, a row or a scan. */
const triggers = `
  create schema if not exists pgsteward;
  create or replace function pgsteward.lint_see() returns event_trigger language plpgsql as $$
  declare
    seen text;
  begin
    if tg_event = 'sql_drop' then
      select pg_catalog.string_agg(pg_catalog.json_build_object('change', 'dropped', 'type', d.object_type, 'identity', d.object_identity)::text, E'\\n')
      into seen from pg_catalog.pg_event_trigger_dropped_objects() d where not d.is_temporary;
    else
      select pg_catalog.string_agg(pg_catalog.json_build_object('change', d.command_tag, 'type', d.object_type, 'identity', d.object_identity)::text, E'\\n')
      into seen from pg_catalog.pg_event_trigger_ddl_commands() d where d.schema_name is distinct from 'pg_temp';
    end if;
    perform pg_catalog.set_config('pgsteward.seen', pg_catalog.concat_ws(E'\\n', pg_catalog.current_setting('pgsteward.seen', true), seen), false);
  end $$;
  drop event trigger if exists pgsteward_lint_drop;
  drop event trigger if exists pgsteward_lint_ddl;
  create event trigger pgsteward_lint_drop on sql_drop execute function pgsteward.lint_see();
  create event trigger pgsteward_lint_ddl on ddl_command_end execute function pgsteward.lint_see();`;

const told = "select pg_catalog.current_setting('pgsteward.seen', true) as seen, pg_catalog.set_config('pgsteward.seen', '', false)";

/** Starts to watch; in a transaction of its own. */
export async function watch(session: Session, ignoreSchemas: readonly string[]): Promise<Watch> {
  try {
    await session.script(`begin; ${triggers}; commit`);
    return { query: told, read: async (results) => parse((results[0]?.rows[0]?.["seen"] as string | null) ?? "") };
  } catch (error) {
    await session.script("rollback");
    if (sqlstate(error) !== "42501") throw error;
    return compareCatalogs(session, ignoreSchemas);
  }
}

function parse(seen: string): SchemaChanges {
  const events = seen
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { change: string; type: string | null; identity: string | null });
  const those = (wanted: (change: string) => boolean): SchemaObject[] =>
    events.flatMap(({ change, type, identity }) => (type !== null && identity !== null && wanted(change) ? [{ type, identity }] : []));
  return {
    created: those(makes),
    altered: those((change) => change !== "dropped" && !makes(change)),
    dropped: those((change) => change === "dropped"),
  };
}

const makes = (tag: string): boolean => tag.startsWith("CREATE ") || tag === "SELECT INTO";

const kindsToTypes: Readonly<Record<string, string>> = { column: "table column", constraint: "table constraint" };

async function compareCatalogs(session: Session, ignoreSchemas: readonly string[]): Promise<Watch> {
  let before = await readCatalog(session, { ignoreSchemas });
  return {
    query: "select null as seen",
    async read() {
      const after = await readCatalog(session, { ignoreSchemas });
      const differences = diffCatalogs(before, after);
      before = after;
      const those = (wanted: string): SchemaObject[] =>
        differences
          .filter(({ change }) => change === wanted)
          .map(({ kind, name }) => ({ type: kindsToTypes[kind] ?? kind, identity: name }));
      return { created: those("unexpected"), altered: those("changed"), dropped: those("missing") };
    },
  };
}
