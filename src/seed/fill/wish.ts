/** What is known of a column whose values are to be made. */
import type { Types, TypeShape } from "../../core/type-shapes.ts";
import type { Bounds } from "./bounds.ts";
import type { Key } from "./hash.ts";
import type { Value } from "./value.ts";

export interface Wish {
  readonly table: string;
  readonly column: string;
  /** Below its domains. */
  readonly type: TypeShape;
  readonly modifier: number;
  readonly types: Types;
  readonly key: Key;
  readonly bounds: Bounds;
  /** Of an array whose elements are of a domain: what its checks say. */
  readonly element?: { readonly bounds: Bounds; readonly test: (value: Value) => boolean };
  /** How many rows there will be: times are spread over them. */
  readonly rows: number;
  /**
   * Set where no two values may be equal: a number for each row that no other row of its block has. `fresh` is false where the
   * table has rows already: generated texts then carry that number, so that they meet none of these.
   */
  readonly unique?: { readonly ordinal: (row: number) => number; readonly block: (row: number) => number; readonly fresh: boolean };
}
