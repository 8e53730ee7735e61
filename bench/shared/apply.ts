/** One tool applies the corpus to a fresh database, and what it left behind is looked at. */
import type { Migration } from "./corpus.ts";
import { type Link, openLink } from "./link.ts";
import { runWell } from "./measure.ts";
import { ask, type Server, throughLink } from "./server.ts";
import type { Tool } from "./tools.ts";
import type { Workspace } from "./workspace.ts";

export interface Applied {
  readonly wallMs: number;
  /** Round trips on the wire; 0 without a link. */
  readonly trips: number;
}

/** Writes the folders once; the returned function applies one to a fresh database. */
export function applier(
  workspace: Workspace,
  server: Server,
  migrations: readonly Migration[],
  link?: Link,
): (tool: Tool) => Promise<Applied> {
  const folders = new Map<string, string>();
  return async (tool) => {
    const dir = folders.get(tool.name) ?? workspace.make();
    if (!folders.has(tool.name)) tool.write(dir, migrations);
    folders.set(tool.name, dir);
    return server.withDatabase(async (url) => {
      link?.reset();
      const { wallMs } = await runWell(tool.up(dir, link ? throughLink(url, link.port) : url));
      const trips = link?.trips() ?? 0;
      await refuseIncomplete(tool, url, migrations);
      return { wallMs, trips };
    });
  };
}

/** A tool that did less would be faster. */
async function refuseIncomplete(tool: Tool, url: string, migrations: readonly Migration[]): Promise<void> {
  const [found] = await ask<{ tables: number; rows: number; functions: number }>(
    url,
    `select (select count(*)::int from pg_class where relkind = 'r' and relname ~ '^item_') as tables,
      (select count(*)::int from pg_proc where proname ~ '^count_item_') as functions,
      (select (xpath('/row/n/text()', query_to_xml('select count(*) as n from item_1', false, true, '')))[1]::text::int) as rows`,
  );
  const wanted = { tables: Math.ceil(migrations.length / 5), rows: 10, functions: Math.floor(migrations.length / 5) };
  if (found?.tables !== wanted.tables || found.rows !== wanted.rows || found.functions !== wanted.functions) {
    throw new Error(`${tool.name} left ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
  }
}

/** How many round trips a tool needs: over a link without delay, because they do not depend on it. */
export async function countTrips(
  workspace: Workspace,
  server: Server,
  migrations: readonly Migration[],
  tools: readonly Tool[],
): Promise<readonly number[]> {
  const link = await openLink(server.address, 0);
  const apply = applier(workspace, server, migrations, link);
  const trips: number[] = [];
  for (const tool of tools) trips.push((await apply(tool)).trips);
  await link.close();
  return trips;
}
