/** `snapshot.ts` in the folder of seeders: how much a snapshot takes, and what stands in for what is personal. */
import type { SnapshotKind } from "./kinds.ts";

/** A kind of fake; `keep` leaves the values as they are, `null` drops them, `fixed` is the same value in every row. */
export type SnapshotRule = SnapshotKind | "keep" | "null" | { readonly fixed: unknown };

export interface SnapshotSpec {
  /**
   * What fakes are computed with, at least 16 characters. Whoever knows it can find out by trying whether a certain
   * person is in the snapshot: take it from the environment, and do not commit it. Another salt makes other fakes.
   */
  readonly salt?: string | undefined;
  /** The most rows that are chosen of a table; those that they refer to come on top. Default: 100, of `--where` and `--tenant` all. */
  readonly rows?: number;
  /** The column that says whose a row is. Default: found by its name. */
  readonly tenantColumn?: string;
  /** By `users.email`, with the schema where it is not `public`. Both sides of a foreign key follow one rule. */
  readonly columns?: Readonly<Record<string, SnapshotRule>>;
  /** Tables that are left out; what refers to them becomes null. */
  readonly tables?: Readonly<Record<string, "skip">>;
}

/** Types the rules of a snapshot; returns what it is given. */
export function defineSnapshot(spec: SnapshotSpec): SnapshotSpec {
  return spec;
}
