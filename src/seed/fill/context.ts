/** What the parts of a table's making know of it. */
import type { Types, TypeShape } from "../../core/type-shapes.ts";
import type { Blocks } from "./blocks.ts";
import type { Bounds } from "./bounds.ts";
import type { Condition, Kind, ParseExpression } from "./expression.ts";
import type { Key } from "./hash.ts";
import type { Link, Relations } from "./relations.ts";
import type { ColumnShape } from "./shape.ts";
import type { ColumnSpec } from "./spec.ts";
import type { FilledTable } from "./table.ts";
import type { Uniqueness } from "./unique.ts";

/** The chosen row of the parent, −1 for none. */
export type Draw = (row: number, attempt: number) => number;

/** Why a table cannot be filled as it is. */
export interface Problem {
  readonly table: string;
  /** A constraint or a column. */
  readonly object: string;
  readonly problem: string;
  /** What to write into fill.ts. */
  readonly remedy: string;
}

/** Everything about one table that its columns need. */
export interface TableContext {
  readonly relations: Relations;
  readonly all: ReadonlyMap<string, Relations>;
  readonly filled: ReadonlyMap<string, FilledTable>;
  readonly types: Types;
  readonly conditions: readonly Condition[];
  readonly kinds: ReadonlyMap<string, Kind>;
  readonly bounds: (column: string) => Bounds;
  readonly base: (column: ColumnShape) => TypeShape;
  readonly uniqueness: Uniqueness;
  readonly blocks: Blocks;
  readonly offset: number;
  readonly specs: Readonly<Record<string, ColumnSpec>>;
  readonly key: (...names: readonly string[]) => Key;
  readonly draws: ReadonlyMap<Link, Draw>;
  readonly parse: ParseExpression;
  readonly problems: Problem[];
}
