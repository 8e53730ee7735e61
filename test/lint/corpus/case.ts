/** A statement of the corpus and what it does to tables in use. */

export interface Case {
  readonly sql: string;
  /**
   * Locks (`AE t`; modes AS RS RX SUE S SRE E AE, without AS, and without indexes of a table that is locked as strongly), rewrites, scans,
   * index builds (`build t_i_idx`, `indexes t` for all of t's, `build concurrently x`), parted by semicolons. Empty: nothing.
   */
  readonly does: string;
  /** The first major version that takes it. */
  readonly since?: number;
  /** Where a version does something else: its verdict. */
  readonly on?: Readonly<Record<number, string>>;
  /** Where the rows themselves make a difference: what a table that has some sees. The scratch database has none. */
  readonly filled?: string;
  /** Statements before it, in a transaction of their own. */
  readonly before?: string;
}

export const major = (version: number): number => Math.floor(version / 10_000);

/** What the case does on a server of this version; undefined where it is no statement there. */
export function expected(one: Case, version: number, filled = false): readonly string[] | undefined {
  if (major(version) < (one.since ?? 0)) return undefined;
  return itemsOf((filled ? one.filled : undefined) ?? one.on?.[major(version)] ?? one.does);
}

export function itemsOf(text: string): readonly string[] {
  return text
    .split(";")
    .map((item) => item.trim())
    .filter(Boolean)
    .sort();
}
