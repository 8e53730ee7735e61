/** A table whose rows can be computed: any of them, alone, in any order. */
import type { Codec } from "./codec.ts";
import type { Blocks } from "./blocks.ts";
import type { Condition } from "./expression.ts";
import { hash32, type Key } from "./hash.ts";
import type { ColumnShape, TableShape } from "./shape.ts";
import type { Maker, Value } from "./value.ts";

export interface FilledColumn {
  readonly shape: ColumnShape;
  readonly codec: Codec;
  readonly make: Maker;
  /** Columns of one slot are made anew together; undefined where nothing may change. */
  readonly slot: number | undefined;
}

/** A condition that has to be looked at for every row, and what can be made anew where it does not hold. */
export interface Watched {
  readonly condition: Condition;
  readonly slots: readonly number[];
}

/** More than this many steps no row has needed in the schemas that were tried; the server refuses what is still wrong. */
const mostSteps = 400;

export class FilledTable {
  readonly shape: TableShape;
  readonly columns: readonly FilledColumn[];
  readonly blocks: Blocks;
  readonly #watched: readonly Watched[];
  readonly #key: Key;
  readonly #places: ReadonlyMap<string, number>;
  /** Columns that a search may have changed. */
  readonly #searched: ReadonlySet<number>;

  constructor(shape: TableShape, columns: readonly FilledColumn[], blocks: Blocks, watched: readonly Watched[], key: Key) {
    this.shape = shape;
    this.columns = columns;
    this.blocks = blocks;
    this.#watched = watched;
    this.#key = key;
    this.#places = new Map(columns.map((column, i) => [column.shape.name, i]));
    const slots = new Set(watched.flatMap((each) => each.slots));
    this.#searched = new Set(columns.flatMap(({ slot }, i) => (slot !== undefined && slots.has(slot) ? [i] : [])));
  }

  get rows(): number {
    return this.blocks.rows;
  }

  /** The value of one column in one row. */
  value(column: string, row: number): Value {
    return this.reader(column)(row);
  }

  /** Reads a column of any row. */
  reader(column: string): (row: number) => Value {
    const place = this.#places.get(column);
    if (place === undefined) return () => null;
    const { make } = this.columns[place] as FilledColumn;
    return this.#searched.has(place) ? (row) => this.row(row)[place] as Value : (row) => make(row, 0);
  }

  /** All values of a row, into `out`. */
  row(row: number, out: Value[] = []): Value[] {
    const { columns } = this;
    for (let i = 0; i < columns.length; i++) out[i] = (columns[i] as FilledColumn).make(row, 0);
    if (this.#watched.length > 0) this.#search(row, out);
    return out;
  }

  /** The first condition that does not hold, for people; undefined where all do. */
  broken(row: number): Condition | undefined {
    const values = this.row(row);
    return this.#watched.find(({ condition }) => !condition.test((name) => this.#at(values, name)))?.condition;
  }

  #at(values: readonly Value[], name: string): Value {
    const place = this.#places.get(name);
    return place === undefined ? null : (values[place] as Value);
  }

  /**
   * Makes one column after the other anew, of those that a broken condition names, until all conditions hold. Which one and how
   * often is a function of the row: the same row always ends the same.
   */
  #search(row: number, out: Value[]): void {
    const get = (name: string): Value => this.#at(out, name);
    const tries: number[] = [];
    for (let step = 1; step < mostSteps; step++) {
      const broken = this.#watched.find(({ condition, slots }) => slots.length > 0 && !condition.test(get));
      if (!broken) return;
      const slot = broken.slots[hash32(this.#key, row, step) % broken.slots.length] as number;
      const attempt = (tries[slot] ?? 0) + 1;
      tries[slot] = attempt;
      this.columns.forEach((column, i) => {
        if (column.slot === slot) out[i] = column.make(row, attempt);
      });
    }
  }
}
