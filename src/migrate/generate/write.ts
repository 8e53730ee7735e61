/** A generated migration as files, named and laid out as the folder's tool has them. */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Context } from "../../core/operation.ts";
import { StewardError } from "../../core/errors.ts";
import type { Layout } from "../layouts/layout.ts";
import { newFiles } from "../new-files.ts";
import { placeOf } from "../prove/derive/write.ts";
import { sqlMigration } from "../file.ts";
import { type Content, type Files, type FolderPlan, planFolder } from "./drizzle-folder.ts";
import { descriptionOf } from "./origin.ts";
import type { Declaration } from "./source.ts";

export interface Target {
  readonly dir: string;
  readonly layout: Layout;
  readonly slug: string;
}

/** Where the migration would go, found out before anything is tried. Errors: MIGRATE_NEW_ELSEWHERE, MIGRATE_DRIZZLE_FOLDER. */
export async function planFiles(ctx: Context, declaration: Declaration, target: Target): Promise<FolderPlan> {
  const { dir, layout, slug } = target;
  const now = new Date(ctx.clock.now());
  if (layout.name === "drizzle") {
    const instead = `print the SQL with \`pgsteward migrate generate ${slug} --no-write\` and put it into \`npx drizzle-kit generate --custom --name ${slug}\`, or name a folder of pgsteward's own layout with --dir`;
    return planFolder(declaration, { root: ctx.config.root, dir, slug, now, signal: ctx.signal, instead });
  }
  return filesOfLayout(target, now);
}

/** The same for what no schema declares. Errors: MIGRATE_NEW_ELSEWHERE. */
export async function filesOfLayout({ dir, layout, slug }: Target, now: Date): Promise<FolderPlan> {
  const entries = await readdir(dir).catch(() => []);
  const [first = ["", ""], second] = newFiles({ layout: layout.name, entries, slug, stamp: undefined, ts: false, now });
  const [path] = first;
  const files = ({ header, up, down }: Pick<Content, "header" | "up" | "down">): Files => {
    const template = /^-- Description:$/m.test(first[1]) ? first[1].replace(/^-- Description:$/m, header) : `${header}\n${first[1]}`;
    const filled: Files = [[path, fill(template, up, down)]];
    if (down === undefined) return second ? [...filled, second] : filled;
    const beside = second?.[0] ?? downBeside(dir, path, layout, template);
    return beside === undefined ? filled : [...filled, [beside, `${down}\n`]];
  };
  return { name: nameOf(path), files: (content) => Promise.resolve(files(content)) };
}

/** By which the next `generate` knows what it made, and what it was told to keep. */
export function headerOf({ source, files }: Pick<Declaration, "source" | "files">, keep: readonly string[]): string {
  const names = files.length > 3 ? `${files.length} files` : files.map((file) => basename(file)).join(", ");
  return `-- Description: ${descriptionOf(source === "schema" ? names : `${source} (${names})`, keep)}`;
}

const nameOf = (path: string): string =>
  basename(path) === "migration.sql" ? dirname(path) : basename(path).replace(/(?:\.up)?\.sql$/, "");

const downMarker = /^--\s*(?:migrate:down|down migration)\b/i;

/** The statements above the marker of the down section, the down below it; without a marker the file is all up. */
function fill(template: string, up: string, down: string | undefined): string {
  const lines = template.split("\n");
  const at = lines.findIndex((line) => downMarker.test(line));
  if (at < 0) return `${template.trimEnd()}\n\n${up}\n`;
  const head = lines.slice(0, at).join("\n").trimEnd();
  return `${head}\n\n${up}\n\n${lines[at]}\n\n${down === undefined ? "" : `${down}\n`}`;
}

/** A file of its own for the down; undefined where it stands in the file, or the tool would run it with the up. */
function downBeside(dir: string, path: string, { name: layout }: Layout, text: string): string | undefined {
  const whole = join(dir, path);
  try {
    const place = placeOf(sqlMigration({ name: nameOf(path), version: "", path: whole, text }), layout);
    return place.marker === undefined ? join(dirname(path), basename(place.path)) : undefined;
  } catch (error) {
    if (StewardError.is(error) && error.code === "MIGRATE_DOWN_NO_PLACE") return undefined;
    throw error;
  }
}

/** True where the layout has a place for a down. */
export function takesDown(layout: Layout): boolean {
  return layout.name !== "supabase";
}

/** Writes all or nothing: the files, the last of which makes the others count. Answers with the path of the migration. */
export async function writeAll(dir: string, files: Files): Promise<void> {
  const written: string[] = [];
  try {
    for (const [path, text] of files) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      const isJournal = basename(path) === "_journal.json";
      await writeFile(join(dir, path), text, { flag: isJournal ? "w" : "wx" });
      if (!isJournal) written.push(join(dir, path));
    }
  } catch (error) {
    for (const path of written) await rm(path, { force: true });
    throw error;
  }
}
