/** The permanent fix beside the one-off one: a migration with the constraints that make the rules true for good. */
import type { Context } from "../../core/operation.ts";
import type { Step } from "../../core/plan.ts";
import type { RowRule } from "../rule.ts";

type Permanent = NonNullable<RowRule["permanent"]>;

/**
 * A step that writes it into the project's folder of migrations; undefined where no rule has one, or the folder has them all.
 * `told` learns the path. Errors: MIGRATE_NEW_ELSEWHERE.
 */
export async function migrationStep(
  ctx: Context,
  rules: readonly RowRule[],
  told: { migration: string | null },
): Promise<Step | undefined> {
  const named = rules.flatMap(({ name, permanent }) => (permanent ? [{ name, permanent }] : []));
  if (named.length === 0) return undefined;
  const { newMigration } = await import("../../migrate/index.ts");
  const migration = await newMigration(ctx, slugOf(named.map(({ name }) => name)));
  const missing = named.map(({ permanent }) => permanent).filter(({ up }) => !migration.holds(up.trim()));
  if (missing.length === 0) return undefined;
  const content = contentOf(missing);
  return {
    title: "write a migration that keeps it from coming back",
    sql: `${content.up}\n\n-- Down migration\n\n${content.down}`,
    transaction: "own",
    run: async () => {
      told.migration = await migration.write(content);
    },
  };
}

function slugOf(names: readonly string[]): string {
  const [first = ""] = names;
  return names.length === 1 ? `keep_${first.replace(/\W+/g, "_").toLowerCase()}`.slice(0, 60) : "keep_data_sound";
}

/** NOT VALID and VALIDATE in one transaction would keep the strong lock while the old rows are read: each statement is its own. */
function contentOf(permanents: readonly Permanent[]): { readonly description: string; readonly up: string; readonly down: string } {
  const up = permanents.map((one) => `-- ${one.title}\n${one.up.trim()}`).join("\n\n");
  const down = permanents
    .toReversed()
    .map((one) => one.down.trim())
    .join("\n");
  const alone = /\bvalidate\s+constraint\b|\bconcurrently\b/i.test(up);
  const description = permanents.map(({ title }) => title).join("; ");
  return { description, up: `${alone ? "-- pgsteward: no-transaction\n\n" : ""}${up}`, down };
}
