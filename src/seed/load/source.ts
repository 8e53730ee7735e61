/** Rows on their way into a table, as COPY takes them. */

export interface RowSource {
  readonly schema: string;
  readonly table: string;
  /** Columns in the order of the data; what is left out gets its default. */
  readonly columns: readonly string[];
  readonly format: "binary" | "text" | "csv";
  /** How many there are, where it is known before. */
  readonly rows: number | undefined;
  /** The data from the start, as often as it is asked for; headers and trailers of the format included. */
  data(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}
