/** How a file says that its statements are no one transaction, as the tool has it that it was written for. */
import type { MigrationFile } from "../../file.ts";
import type { LayoutName } from "../../layouts/layout.ts";
import { apart } from "../safe/words.ts";

export interface Format {
  /** Understands backfills, and statements that are framed by BEGIN and COMMIT. */
  readonly ours: boolean;
  /** Takes several statements that are no one transaction. */
  readonly several: boolean;
  /** A comment in the up section, or words at the end of its marker. */
  readonly comment?: string;
  readonly marker?: string;
}

/** Why nothing can be written. */
export interface Refused {
  readonly refused: string;
}

const own: Format = { ours: true, several: true, comment: apart };
const goose: Format = { ours: false, several: true, comment: "-- +goose NO TRANSACTION" };
const dbmate: Format = { ours: false, several: false, marker: " transaction:false" };
/** A file is one message, which is one transaction as soon as it has two statements. */
const oneMessage: Format = { ours: false, several: false };

const byLayout: Readonly<Record<LayoutName, Format | Refused>> = {
  pgsteward: own,
  dbmate,
  prisma: oneMessage,
  "golang-migrate": oneMessage,
  flyway: { refused: "flyway takes a file out of its transaction by a second file beside it" },
  drizzle: { refused: "drizzle runs all files in one transaction" },
  supabase: { refused: "the Supabase CLI sends a file as one batch, which is one transaction" },
  "node-pg-migrate": { refused: "node-pg-migrate runs a file of SQL in one transaction" },
  "graphile-migrate": { refused: "graphile-migrate keeps a hash of the file in the file" },
};

/** `marker` is the line above the up section. */
export function formatOf({ kind, up }: MigrationFile, layout: LayoutName, marker: string): Format | Refused {
  if (kind === "ts") return { refused: "it is a script" };
  if (/\+goose\s+StatementBegin/i.test(up.text))
    return { refused: "goose runs what stands between StatementBegin and StatementEnd as one" };
  if (/^--\s*\+goose\b/i.test(marker)) return goose;
  return /^--\s*migrate:up\b/i.test(marker) ? dbmate : byLayout[layout];
}
