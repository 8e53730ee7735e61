/** COPY of a source into a table. */
import type { Session } from "../../core/engine.ts";
import { id, quoteIdentifier } from "../../core/sql.ts";
import type { RowSource } from "./source.ts";

/** Resolves to the number of rows. `into` is another table of the same columns, qualified and quoted. */
export function copyInto(session: Session, source: RowSource, into: string = id(source.schema, source.table).text): Promise<number> {
  const columns = source.columns.map(quoteIdentifier).join(", ");
  return session.copyIn(`copy ${into} (${columns}) from stdin (format ${source.format})`, source.data());
}
