/** `seed fill`: generated rows for a whole schema. */
import type { ChangingOperation } from "../../core/operation.ts";
import type { FillOptions } from "./want.ts";

export interface FillResult {
  /** By table, in the order of loading. */
  readonly tables: readonly { readonly table: string; readonly rows: number; readonly lane: string; readonly reason: string }[];
  readonly rows: number;
}

export const fill: ChangingOperation<FillOptions, FillResult> = {
  kind: "change",
  name: "seed fill",
  summary: "fill the tables of the schema with generated rows",
  risk: "changes",
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      rows: z.array(z.string()).optional().describe("rows of a table: users=100k; may be given several times"),
      only: z.array(z.string()).optional().describe("fill only this table; may be given several times"),
      scale: z.coerce.number().positive().optional().describe("multiplies the rows of tables that have no number of their own; default 1"),
      seed: z.coerce.number().int().nonnegative().optional().describe("another seed makes other values; default 1"),
      tenants: z.coerce.number().int().positive().optional().describe("rows of the table that owns others"),
      skew: z.enum(["none", "zipf"]).optional().describe("how rows are shared out to tenants; default none"),
      spec: z.string().optional().describe("the file of the specification; default fill.ts in the folder of seeders"),
      triggers: z.enum(["fire", "off"]).optional().describe("what happens with triggers that INSERT fires; asked for where there are some"),
      lane: z.enum(["staging", "arrays"]).optional().describe("load every table this way; default: chosen for each table"),
    });
  },
  examples: [
    "pgsteward seed fill",
    "pgsteward seed fill --rows users=100k --rows orders=300k --dry-run",
    "pgsteward seed fill --tenants 1000 --skew zipf --scale 10",
  ],
  async plan(ctx, options) {
    return (await import("./plan.ts")).planFill(ctx, options);
  },
};
