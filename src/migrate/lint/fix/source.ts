/** A file on disk, edited where its up section is; line ends and everything else stay as they are. */
import { chmod, open, readFile, realpath, rename, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type MigrationFile, sqlMigration } from "../../file.ts";
import type { LayoutName } from "../../layouts/layout.ts";
import type { Format, Refused } from "./format.ts";
import type { Edit, Rewrite } from "./rewrite.ts";

export interface Source {
  readonly file: MigrationFile;
  readonly bytes: Buffer;
  /** As the migration was read from it: line ends as LF, no byte order mark. */
  readonly text: string;
  /** Where the up section begins in `text`. */
  readonly offset: number;
  /** The line above the up section; empty where there is none. */
  readonly marker: string;
}

/** Undefined where the file does not hold the section as it was read. */
export async function readSource(file: MigrationFile): Promise<Source | undefined> {
  const bytes = await readFile(file.path);
  const text = new TextDecoder().decode(bytes).replaceAll("\r\n", "\n");
  const lines = text.split("\n");
  const offset = lines.slice(0, file.up.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
  if (!text.startsWith(file.up.text, offset)) return undefined;
  return { file, bytes, text, offset, marker: lines[file.up.line - 2] ?? "" };
}

/** Lines that go and lines that come, at a line of the file. */
export interface Hunk {
  readonly line: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

export interface Edited {
  readonly fixed: MigrationFile;
  /** What is written. */
  readonly content: string;
  readonly hunks: readonly Hunk[];
}

export function edit(source: Source, { edits, asks }: Rewrite, format: Format, layout: LayoutName): Edited | Refused {
  const { file, text, offset, marker } = source;
  const end = offset - 1;
  const marked = asks && format.marker !== undefined ? [{ start: end, end, text: format.marker }] : [];
  const all = [...marked, ...edits.map((one) => ({ ...one, start: one.start + offset, end: one.end + offset }))];
  const changed = applied(text, all);
  const beside = file.down !== undefined && file.down.path !== file.path;
  const whole = layout === "prisma" || layout === "golang-migrate";
  const { name, version, path, repeatable } = file;
  const fixed = sqlMigration({ name, version, path, repeatable, text: changed, whole, ...(beside && { down: file.down }) });
  if (fixed.up.text !== applied(file.up.text, edits) || fixed.down?.text !== file.down?.text || (asks && fixed.transaction))
    return { refused: `its sections could not be told apart any more${marker === "" ? "" : ` at ${marker}`}` };
  return { fixed, content: applied(...raw(source.bytes, text, all)), hunks: hunksOf(text, all) };
}

function applied(text: string, edits: readonly Edit[]): string {
  let [result, at] = ["", 0];
  for (const { start, end, text: put } of edits) {
    result += text.slice(at, start) + put;
    at = end;
  }
  return result + text.slice(at);
}

/** The bytes as text with their own line ends, and the edits in it: new lines end as the first one of the file does. */
function raw(bytes: Buffer, text: string, edits: readonly Edit[]): [text: string, edits: readonly Edit[]] {
  const content = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const mark = content.startsWith("\ufeff") ? 1 : 0;
  const places: number[] = [];
  let at = mark;
  for (const char of text.split("")) {
    if (char === "\n" && content[at] === "\r") at++;
    places.push(at++);
  }
  places.push(at);
  // Behind an edit at a line's end its CR is behind too.
  const place = (offset: number): number =>
    (content[(places[offset] ?? 0) - 1] === "\r" && text[offset] === "\n" ? -1 : 0) + (places[offset] ?? 0);
  const eol = /\r?\n/.exec(content)?.[0] ?? "\n";
  return [content, edits.map(({ start, end, text: put }) => ({ start: place(start), end: place(end), text: put.replaceAll("\n", eol) }))];
}

/** Whole lines; edits that touch the same line, or neighbours, are one. */
function hunksOf(text: string, edits: readonly Edit[]): Hunk[] {
  const groups: Edit[][] = [];
  for (const one of edits) {
    const last = groups.at(-1)?.at(-1);
    if (last && !text.slice(last.end, one.start).includes("\n")) groups.at(-1)?.push(one);
    else groups.push([one]);
  }
  return groups.map((group) => {
    const from = text.lastIndexOf("\n", (group[0]?.start ?? 0) - 1) + 1;
    const end = text.indexOf("\n", group.at(-1)?.end ?? 0);
    const to = end < 0 ? text.length : end;
    const moved = group.map((one) => ({ ...one, start: one.start - from, end: one.end - from }));
    return hunk(text.slice(0, from).split("\n").length, text.slice(from, to).split("\n"), applied(text.slice(from, to), moved).split("\n"));
  });
}

/** Without the lines that both have at their beginnings and ends. */
function hunk(line: number, before: readonly string[], after: readonly string[]): Hunk {
  let head = 0;
  while (head < Math.min(before.length, after.length) && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < Math.min(before.length, after.length) - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  return { line: line + head, removed: before.slice(head, before.length - tail), added: after.slice(head, after.length - tail) };
}

/** Writes all of it or nothing; false where the file is not as it was read. A file beside it becomes the file. */
export async function replaceFile({ file, bytes }: Source, content: string): Promise<boolean> {
  const path = await realpath(file.path);
  if (!(await readFile(path)).equals(bytes)) return false;
  const fresh = join(dirname(path), `.${basename(path)}.fixed`);
  const handle = await open(fresh, "w");
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await chmod(fresh, (await stat(path)).mode);
  await rename(fresh, path);
  return true;
}
