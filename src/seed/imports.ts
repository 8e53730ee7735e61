/** The modules behind a seeder: a dataset that it imports is a part of what it consists of. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { sha256 } from "../core/hash.ts";

/** `from "./a.ts"`, `import "../b.js"`, `import("./c.json")`. A mention in a comment counts too: it can only name too much. */
const specifiers = /\b(?:from|import)\s*\(?\s*(["'])(\.{1,2}\/[^"'\n]+)\1/g;
/** Erased before Node runs it. */
const types = /\b(?:import|export)\s+type\b[^;"']*\bfrom\s*(["'])[^"'\n]+\1/g;

/**
 * sha256 of a module and of all that it imports by relative paths; of one that imports nothing so, of its content. Packages,
 * and files that its code opens, do not count.
 */
export async function hashOfModule(path: string, content: Buffer): Promise<string> {
  const hashes = new Map([[path, sha256(content)]]);
  await follow(path, content, hashes);
  if (hashes.size === 1) return sha256(content);
  const lines = [...hashes].map(([file, hash]) => `${relative(dirname(path), file).replaceAll("\\", "/")} ${hash}`);
  return sha256(lines.sort().join("\n"));
}

async function follow(path: string, content: Buffer, hashes: Map<string, string>): Promise<void> {
  if (path.endsWith(".json")) return;
  for (const [, , specifier = ""] of content.toString("utf8").replaceAll(types, "").matchAll(specifiers)) {
    const imported = resolve(dirname(path), specifier);
    // What is not there fails when the seeder is loaded, and says so.
    if (hashes.has(imported) || !existsSync(imported)) continue;
    const text = await readFile(imported);
    hashes.set(imported, sha256(text));
    await follow(imported, text, hashes);
  }
}
