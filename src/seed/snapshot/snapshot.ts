/** `seed snapshot`: a small copy of a real database that holds together and names nobody, as files of seeders. */
import type { ActingOperation } from "../../core/operation.ts";
import type { SnapshotOptions } from "./wanted.ts";

export interface SnapshotTableResult {
  readonly table: string;
  readonly rows: number;
  /** Rows of the table in the database; `estimated` by the planner where it is large. */
  readonly of: number;
  readonly estimated: boolean;
  /** Columns whose values are not the original ones. */
  readonly replaced: readonly string[];
}

export interface SnapshotResult {
  readonly dir: string;
  readonly tables: readonly SnapshotTableResult[];
  readonly rows: number;
  /** Their names. */
  readonly files: readonly string[];
  /** The command that loads them. */
  readonly load: string;
}

export const snapshot: ActingOperation<SnapshotOptions, SnapshotResult> = {
  kind: "act",
  name: "seed snapshot",
  summary: "write a small anonymised copy of the database as seeders",
  risk: "reads",
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      where: z
        .array(z.string())
        .optional()
        .describe("rows to begin with: users=created_at > now() - interval '30 days'; may be given several times"),
      rows: z.coerce
        .number()
        .int()
        .positive()
        .optional()
        .describe("the most rows chosen of a table (default: 100, of --where and --tenant all)"),
      tenant: z.string().optional().describe("only what belongs to this tenant"),
      tenantColumn: z.string().optional().describe("the column that says whose a row is (default: found by its name)"),
      rules: z.string().optional().describe("the file of the rules (default: snapshot.ts in the folder of seeders)"),
      out: z.string().optional().describe("the folder for the files (default: the folder of seeders)"),
    });
  },
  examples: [
    "pgsteward seed snapshot --rows 50",
    `pgsteward seed snapshot --where "users=created_at > now() - interval '30 days'"`,
    "pgsteward seed snapshot --tenant 42",
  ],
  act: async (ctx, options) => (await import("./take.ts")).takeSnapshot(ctx, options),
};
