/** The permanent fix beside the one-off one: a migration with the constraints that make the rules true for good. */
import { StewardError } from "../../core/errors.ts";
import { type Finding, finding } from "../../core/finding.ts";
import type { Context } from "../../core/operation.ts";
import type { Step } from "../../core/plan.ts";
import type { MigrationContent, NewMigration } from "../../migrate/index.ts";
import type { RowRule } from "../rule.ts";

type Permanent = NonNullable<RowRule["permanent"]>;

export interface Lasting {
  readonly steps: readonly Step[];
  readonly findings: readonly Finding[];
}

/**
 * A step that writes it into the project's folder of migrations, whose path `told` learns; none where no rule has one, or the
 * folder has them all. Where only the folder's tool can make a migration, the SQL for it.
 */
export async function lastingFix(ctx: Context, rules: readonly RowRule[], told: { migration: string | null }): Promise<Lasting> {
  const named = rules.flatMap(({ name, permanent }) => (permanent ? [{ name, permanent }] : []));
  if (named.length === 0) return { steps: [], findings: [] };
  const migration = await nextMigration(ctx, slugOf(named.map(({ name }) => name)));
  if (StewardError.is(migration))
    return {
      steps: [],
      findings: [
        unwritten(
          migration,
          named.map(({ permanent }) => permanent),
        ),
      ],
    };
  const missing = named.map(({ permanent }) => permanent).filter(({ up }) => !migration.holds(up.trim()));
  return { steps: missing.length === 0 ? [] : [writing(migration, contentOf(missing), told)], findings: [] };
}

async function nextMigration(ctx: Context, slug: string): Promise<NewMigration | StewardError> {
  const { newMigration } = await import("../../migrate/index.ts");
  return newMigration(ctx, slug).catch((error: unknown) => {
    if (StewardError.is(error) && ["MIGRATE_NEW_ELSEWHERE", "MIGRATE_DRIZZLE_FOLDER"].includes(error.code)) return error;
    throw error;
  });
}

function writing(migration: NewMigration, content: MigrationContent, told: { migration: string | null }): Step {
  return {
    title: "write a migration that keeps it from coming back",
    sql: `${content.up}\n\n-- Down migration\n\n${content.down}`,
    transaction: "own",
    run: async () => {
      told.migration = await migration.write(content);
    },
  };
}

function unwritten({ message, hint }: StewardError, permanents: readonly Permanent[]): Finding {
  const { up } = contentOf(permanents);
  return finding("warning", "CHECK_FIX_UNWRITTEN", "migration", `${message}; the SQL that keeps it from coming back:\n${up}`, hint, { up });
}

function slugOf(names: readonly string[]): string {
  const [first = ""] = names;
  return names.length === 1 ? `keep_${first.replace(/\W+/g, "_").toLowerCase()}`.slice(0, 60) : "keep_data_sound";
}

/** NOT VALID and VALIDATE in one transaction would keep the strong lock while the old rows are read: each statement is its own. */
function contentOf(permanents: readonly Permanent[]): MigrationContent {
  const up = permanents.map((one) => `-- ${one.title}\n${one.up.trim()}`).join("\n\n");
  const down = permanents
    .toReversed()
    .map((one) => one.down.trim())
    .join("\n");
  const alone = /\bvalidate\s+constraint\b|\bconcurrently\b/i.test(up);
  const description = permanents.map(({ title }) => title).join("; ");
  return { description, up: `${alone ? "-- pgsteward: no-transaction\n\n" : ""}${up}`, down };
}
