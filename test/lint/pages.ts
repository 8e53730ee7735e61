/** The rules' pages: their examples, and what lint says of them. */
import { basename } from "node:path";
import { readFiles, type SourceFile } from "../../scripts/source.ts";
import type { Session } from "../../src/core/engine.ts";
import type { Context } from "../../src/core/operation.ts";
import { sqlMigration } from "../../src/migrate/file.ts";
import type { Live } from "../../src/migrate/lint/live.ts";
import { lintChosen, type LintRun } from "../../src/migrate/lint/run.ts";

export interface Page {
  /** `LINT_REWRITE` */
  readonly code: string;
  readonly text: string;
  readonly setup: string;
  readonly bad: string;
  readonly good: string;
  /** What the example assumes of the server, from a comment of the page. */
  readonly settings: Readonly<Record<string, string>>;
}

export const pages: readonly Page[] = readFiles("docs/rules/lint-*.md").map(pageOf);

function pageOf({ path, text }: SourceFile): Page {
  const block = (name: string): string => new RegExp(`^\`\`\`sql ${name}\\n([^]*?)^\`\`\``, "m").exec(text)?.[1] ?? "";
  const [, key, value] = /<!-- ([\w ]+): (\w+) -->/.exec(text) ?? [];
  const code = basename(path, ".md").toUpperCase().replaceAll("-", "_");
  return {
    code,
    text,
    setup: block("setup"),
    bad: block("bad"),
    good: block("good"),
    settings: key === undefined ? {} : { [key]: value ?? "" },
  };
}

/** Lints an example as pending migrations behind the page's setup. Leaves the session as it was. */
export async function lintExample(
  session: Session,
  example: string,
  { setup, settings }: Pick<Page, "setup" | "settings">,
): Promise<LintRun> {
  const judged = filesOf(example).map(([name, text]) => ({ file: migration(name, text), judged: true }));
  const chosen = [...(setup === "" ? [] : [{ file: migration("001_setup", setup), judged: false }]), ...judged];
  const slots = settings["lock slots"];
  const live: Live | undefined = slots === undefined ? undefined : { tables: new Map(), lockSlots: Number(slots), timeZone: "UTC" };
  const version = settings["target"] === undefined ? undefined : Number(settings["target"]);
  return lintChosen(contextOn(session, settings["server"] !== "shared"), { chosen, live, version, roles: undefined, oneByOne: false });
}

/** `-- file: 002_a.sql` begins another file. */
function filesOf(example: string): [string, string][] {
  const parts = example.split(/^-- file: (\S+)\.sql\n/m);
  if (parts.length === 1) return [["002_example", example]];
  return parts.slice(1).flatMap((name, i) => (i % 2 === 0 ? [[name, parts[i + 2] ?? ""] as [string, string]] : []));
}

function migration(name: string, text: string): ReturnType<typeof sqlMigration> {
  return sqlMigration({ name, version: name.slice(0, 3), path: `migrations/${name}.sql`, text });
}

const offered = ["vector", "plpgsql"];

export function contextOn(session: Session, alone: boolean): Context {
  const discard = async (): Promise<void> => {
    const { rows } = await session.query<{ name: string }>("select rolname as name from pg_roles where rolname !~ '^pg_' and not rolsuper");
    const roles = rows.map(({ name }) => `drop owned by "${name}" cascade; drop role "${name}";`).join(" ");
    await session.script(
      `drop publication if exists changes; drop extension if exists vector cascade; drop schema if exists pgsteward cascade; drop schema public cascade; create schema public; ${roles}`,
    );
  };
  const scratch = async (extensions: readonly string[]): Promise<unknown> => ({
    session,
    version: 180_000,
    where: "test",
    missing: extensions.filter((name) => !offered.includes(name)),
    alone,
    discard,
  });
  const config = { root: "/", migrate: { ignoreSchemas: [], prelude: undefined } };
  return { config, clock: { now: () => 1_800_000_000_000 }, target: { environment: "testing" }, scratch } as unknown as Context;
}
