/** The recorded order of files without a number (decision 0007). */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Standing } from "./compare.ts";
import type { Folder } from "./folder.ts";
import { orderFile, readOrder } from "./layouts/pgsteward.ts";

const heading = "# The order of migrations without a number, one name a line. Commit this file; pgsteward appends to it.\n";

/**
 * After files without a number were applied, appends them to `order`, and with them everything that ran before them, so
 * that a fresh database gets the same order. Where the folder cannot be written (a container), the next developer's
 * run records it: without the file the order is by name, the same on every machine.
 */
export async function recordOrder({ dir, layout, files }: Folder, applied: readonly Standing[]): Promise<void> {
  if (layout.name !== "pgsteward" || !applied.some(({ version }) => version === "")) return;
  const listed = await readOrder(dir);
  const known = new Set(listed);
  const last = files.findLastIndex(({ version, name }) => version === "" && !known.has(name));
  const fresh = files.slice(0, last + 1).filter(({ name }) => !known.has(name));
  if (fresh.length === 0) return;
  const path = join(dir, orderFile);
  const before = await readFile(path, "utf8").catch(() => heading);
  const text = `${before}${before.endsWith("\n") ? "" : "\n"}${fresh.map(({ name }) => `${name}\n`).join("")}`;
  await writeFile(path, text).catch(() => undefined);
}
