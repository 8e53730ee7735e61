/** COPY of a source into a table. */
import type { Session } from "../../core/engine.ts";
import { id, quoteIdentifier } from "../../core/sql.ts";
import type { RowSource } from "./source.ts";

export interface CopyOptions {
  /** Another table of the same columns, qualified and quoted. */
  readonly into?: string;
  /** The table was given new files in this transaction: rows can be written as frozen. Default false. */
  readonly freeze?: boolean;
}

/** Resolves to the number of rows. */
export function copyInto(session: Session, source: RowSource, { into, freeze = false }: CopyOptions = {}): Promise<number> {
  const columns = source.columns.map(quoteIdentifier).join(", ");
  const options = freeze ? `format ${source.format}, freeze` : `format ${source.format}`;
  return session.copyIn(`copy ${into ?? id(source.schema, source.table).text} (${columns}) from stdin (${options})`, source.data());
}
