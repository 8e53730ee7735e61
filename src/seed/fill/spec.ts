/** `fill.ts` in the folder of seeders: what the names, types and checks of a schema do not say by themselves. */

/** How the values of a column are made, instead of by its name and type. */
export type ColumnSpec =
  | { readonly oneOf: readonly Plain[]; readonly weights?: readonly number[]; readonly nulls?: number }
  | { readonly between: readonly [from: number | string, to: number | string]; readonly nulls?: number }
  | { readonly matching: string; readonly nulls?: number };

/** As JSON has it; a time as an ISO string. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

export interface TableSpec {
  /** How many, or as many as `times` another table has. */
  readonly rows?: number | { readonly per: string; readonly times: number };
  readonly columns?: Readonly<Record<string, ColumnSpec>>;
}

export interface FillSpec {
  /** Default 1. */
  readonly seed?: number;
  /** The table whose rows own others: `public.tenants`. Default: found by the foreign keys. */
  readonly tenants?: string;
  /** How rows are shared out to tenants. Default `none`. */
  readonly skew?: "none" | "zipf";
  /** By name, qualified where it is not in `public`. */
  readonly tables?: Readonly<Record<string, TableSpec>>;
}

/** Types a filling; returns what it is given. */
export function defineFill(spec: FillSpec): FillSpec {
  return spec;
}

/** One of these values; `weights` say how often each comes, and need not add up to anything. */
export function oneOf(values: readonly Plain[], weights?: readonly number[]): ColumnSpec {
  return weights === undefined ? { oneOf: values } : { oneOf: values, weights };
}

/** Evenly between two numbers or two ISO times, both included. */
export function between(from: number | string, to: number | string): ColumnSpec {
  return { between: [from, to] };
}

/** A text that a regular expression of PostgreSQL matches. */
export function matching(pattern: string | RegExp): ColumnSpec {
  return { matching: typeof pattern === "string" ? pattern : pattern.source };
}

/** Null in this share of the rows, from 0 to 1. */
export function sometimesNull(share: number, column: ColumnSpec): ColumnSpec {
  return { ...column, nulls: share };
}
