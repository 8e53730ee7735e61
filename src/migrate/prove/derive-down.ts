/** `migrate derive-down`: writes the down section of a migration, derived from its SQL and proved. */
import { failure } from "../../core/errors.ts";
import type { ActingOperation, Context } from "../../core/operation.ts";
import { migrateErrors } from "../errors.ts";
import type { MigrationFile } from "../file.ts";
import { find, look } from "../look.ts";
import { extensionsOf, onScratch } from "../replay.ts";
import { count } from "../words.ts";
import type { DerivedDown } from "./derive/derived-down.ts";

export interface DeriveDownOptions {
  /** Version or name of the migration. */
  name?: string | undefined;
  /** Write the section into the file. Default false. */
  write?: boolean | undefined;
  /** Print the section. Default, also beside `write`. */
  print?: boolean | undefined;
  /** Replace a down section that has statements. Default false. */
  force?: boolean | undefined;
}

export interface DeriveDownResult {
  readonly name: string;
  /** Where the section is, or would go. */
  readonly path: string;
  readonly verdict: "proved" | "lossy";
  readonly sql: string;
  /** Data that it does not bring back. */
  readonly losses: readonly string[];
  readonly written: boolean;
  /** Where it was proved. */
  readonly where: string;
}

export const deriveDown: ActingOperation<DeriveDownOptions, DeriveDownResult> = {
  kind: "act",
  name: "migrate derive-down",
  summary: "derive the down section of a migration from its SQL, and prove it",
  risk: "reads",
  requires: ["name"],
  positional: ["name"],
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      name: z.string().describe("version or name of the migration"),
      write: z.boolean().optional().describe("write the section into the file, where it has none"),
      print: z.boolean().optional().describe("print the section (default)"),
      force: z.boolean().optional().describe("with --write, replace a down section that has statements"),
    });
  },
  examples: ["pgsteward migrate derive-down 004", "pgsteward migrate derive-down 004 --write"],
  async act(ctx, { name = "", write = false, force = false }) {
    const { folder, standings } = await look(ctx);
    const { file } = find(standings, name);
    if (!file) throw failure(migrateErrors, "MIGRATE_UNKNOWN_VERSION", { version: name });
    if (file.kind === "ts") throw failure(migrateErrors, "MIGRATE_DERIVE_SCRIPT", { path: file.path });
    const { placeOf, writeDown } = await import("./derive/write.ts");
    const place = placeOf(file, folder.layout.name);
    const { derived, where } = await deriveOnScratch(ctx, folder.files.slice(0, folder.files.indexOf(file)), file);
    const { verdict, sql, losses } = derived;
    if (verdict === "refused" || verdict === "not proved") throw notDerived(file, derived);
    if (write) await writeDown(file, place, sql, force);
    return { name: file.name, path: place.path, verdict, sql, losses, written: write, where };
  },
};

async function deriveOnScratch(
  ctx: Context,
  earlier: readonly MigrationFile[],
  file: MigrationFile,
): Promise<{ derived: DerivedDown; where: string }> {
  const { derivedDown } = await import("./derive/derived-down.ts");
  return onScratch(ctx, extensionsOf([...earlier, file]), async (bench) => {
    for (const before of earlier) await bench.apply(before);
    return { derived: await derivedDown(bench, file, { rows: 3, solved: new Map() }), where: bench.where };
  });
}

function notDerived({ name, path }: MigrationFile, { verdict, sql, refused, problems }: DerivedDown): Error {
  const detail = [...refused.map(({ statement, reason }) => `${statement}\n  ${reason}`), ...problems].join("\n");
  const what =
    verdict === "refused" ? `${count(refused.length, "statement")} have no inverse` : "what was derived does not bring back what was";
  return failure(
    migrateErrors,
    "MIGRATE_NOT_DERIVED",
    { name, path, what: what.replace(/^1 statement have/, "1 statement has"), refused, problems, sql },
    { detail },
  );
}
