/** A table's rows as COPY takes them: binary where every type has it, else text. */
import type { RowSource } from "../load/source.ts";
import type { FilledTable } from "./table.ts";
import type { Value } from "./value.ts";
import { Writer } from "./writer.ts";

export interface RowOptions {
  /** Size of the chunks; says nothing about the bytes. Default 64 KiB. */
  readonly chunkBytes?: number;
  /** First row, and the row behind the last. Default: all. */
  readonly from?: number;
  readonly to?: number;
  /** Only these columns. Default: all that are generated. */
  readonly columns?: readonly string[];
  /** Called after every chunk with the number of rows that are made. */
  readonly made?: (rows: number) => void;
}

export function rowsOf(table: FilledTable, options: RowOptions = {}): RowSource {
  const { from = 0, to = table.rows, columns } = options;
  const chosen = table.columns.filter(({ shape }) => columns === undefined || columns.includes(shape.name));
  const format = chosen.every(({ codec }) => codec.binary) ? "binary" : "text";
  const places = chosen.map((column) => table.columns.indexOf(column));
  const { schema, name } = table.shape;
  return {
    schema,
    table: name,
    columns: chosen.map(({ shape }) => shape.name),
    format,
    rows: to - from,
    data: () => (format === "binary" ? binary(table, places, { ...options, from, to }) : text(table, places, { ...options, from, to })),
  };
}

type Span = RowOptions & { readonly from: number; readonly to: number };

/** Larger ones are mapped and unmapped by the system each time: a third of the CPU of a million rows (measured at 256 KiB). */
const usualChunkBytes = 65_536;

function* binary(
  table: FilledTable,
  places: readonly number[],
  { from, to, chunkBytes = usualChunkBytes, made }: Span,
): Iterable<Uint8Array> {
  const writer = new Writer(chunkBytes);
  writer.bytes("PGCOPY\n\xff\r\n\0");
  writer.int32(0);
  writer.int32(0);
  const encoders = places.map((place) => table.columns[place]?.codec.binary as (writer: Writer, value: Value) => void);
  const values: Value[] = [];
  for (let row = from; row < to; row++) {
    table.row(row, values);
    writer.int16(places.length);
    for (let i = 0; i < places.length; i++)
      writer.field(encoders[i] as (writer: Writer, value: Value) => void, values[places[i] as number] as Value);
    const full = writer.take();
    if (full.length === 0) continue;
    yield* full;
    made?.(row + 1 - from);
  }
  writer.int16(-1);
  yield* writer.take(true);
  made?.(to - from);
}

function* text(
  table: FilledTable,
  places: readonly number[],
  { from, to, chunkBytes = usualChunkBytes, made }: Span,
): Iterable<Uint8Array> {
  let lines = "";
  for (let row = from; row < to; row++) {
    lines += `${textsOf(table, places, row).map(escaped).join("\t")}\n`;
    if (lines.length < chunkBytes) continue;
    yield Buffer.from(lines);
    lines = "";
    made?.(row + 1 - from);
  }
  yield Buffer.from(lines);
  made?.(to - from);
}

/** The values of a row in PostgreSQL's text format. */
export function textsOf(table: FilledTable, places: readonly number[], row: number): (string | null)[] {
  const values = table.row(row);
  return places.map((place) => {
    const value = values[place] as Value;
    return value === null ? null : (table.columns[place]?.codec.text(value) ?? null);
  });
}

const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escaped(value: string | null): string {
  return value === null ? "\\N" : value.replace(/[\\\n\r\t]/g, (char) => escapes[char] as string);
}
