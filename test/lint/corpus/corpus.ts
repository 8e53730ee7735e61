/** The corpus, and how a place is asked what each statement does. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Session } from "../../../src/core/engine.ts";
import { sqlMigration } from "../../../src/migrate/file.ts";
import { lockModes } from "../../../src/migrate/lint/lock-mode.ts";
import { loadParser } from "../../../src/migrate/lint/parse.ts";
import type { Stage } from "../../../src/migrate/lint/stage.ts";
import { type Trace, Tracer } from "../../../src/migrate/lint/trace.ts";
import { stageOn } from "../stages.ts";
import { type Case, itemsOf } from "./case.ts";
import { columns } from "./columns.ts";
import { constraints } from "./constraints.ts";
import { indexes } from "./indexes.ts";
import { objects } from "./objects.ts";
import { types } from "./types.ts";

export const corpus: readonly Case[] = [...columns, ...types, ...constraints, ...indexes, ...objects];

const read = (name: string): string => readFileSync(join(import.meta.dirname, name), "utf8");
export const base: string = read("base.sql");
export const rows: string = read("rows.sql");

/** What each statement does on a database with the corpus's tables; the error of one that is refused. */
export async function answers(
  session: Session,
  version: number,
  cases: readonly Case[],
  filled: boolean,
): Promise<readonly (Trace | undefined)[]> {
  const { parse } = await loadParser();
  const build = `drop schema public cascade; drop schema if exists elsewhere cascade; drop publication if exists changes; create schema public; ${base}; ${filled ? rows : ""}`;
  return stageOn(session, version, async (stage) => {
    const found: (Trace | undefined)[] = [];
    await session.script(`begin; ${build}; commit`);
    for (const one of cases) {
      if (one.before !== undefined) await session.script(one.before);
      const tracer = await Tracer.open(one.before === undefined ? undone(stage) : stage, parse);
      await tracer.file(sqlMigration({ name: "case", version: "", path: "case.sql", text: one.sql, whole: true }));
      found.push(tracer.traces[0]);
      if (one.before !== undefined) await session.script(`rollback; reset all; begin; ${build}; commit`);
    }
    return found;
  });
}

/** The stage, rolling back where it would commit: the next statement finds the same tables. */
function undone(stage: Stage): Stage {
  const script: Session["script"] = (text) => stage.session.script(text.endsWith(" commit") ? "rollback" : text);
  const session = { script, query: stage.session.query.bind(stage.session) } as Session;
  return { ...stage, session };
}

const short = ["AS", "RS", "RX", "SUE", "S", "SRE", "E", "AE"];
const bare = (name: string): string => name.replace(/^public\./, "");

/** A trace in the corpus's words. */
export function verdictOf(trace: Trace): readonly string[] {
  const locks = trace.locks
    .map(({ relation, mode }) => `${short[lockModes.indexOf(mode)]} ${bare(relation)}`)
    .filter((lock) => !lock.startsWith("AS "));
  const builds = trace.indexBuilds.map(({ index, concurrently }) => `build ${concurrently ? "concurrently " : ""}${bare(index)}`);
  return itemsOf(
    [
      ...locks,
      ...trace.rewrites.map((name) => `rewrite ${bare(name)}`),
      ...trace.scans.map((name) => `scan ${bare(name)}`),
      ...builds,
    ].join(";"),
  );
}

const allIndexes: Readonly<Record<string, readonly string[]>> = {
  t: ["t_pkey", "t_i_idx", "t_v_idx", "t_nn_key", "t_big_key"],
  child: ["child_pkey"],
  animal: ["animal_pkey"],
  fleeting: ["fleeting_pkey"],
  totals: ["totals_i_key"],
  events_2025: ["events_2025_kind_idx"],
  events_rest: ["events_rest_kind_idx"],
};

/** `indexes t` written out. */
export function writtenOut(items: readonly string[]): readonly string[] {
  return items
    .flatMap((item) => (item.startsWith("indexes ") ? (allIndexes[item.slice(8)] ?? []).map((index) => `build ${index}`) : [item]))
    .sort();
}
