/** What an experiment found out about the down of a migration. */
import { describeDifference, type Difference } from "../../core/schema-diff.ts";
import type { Unfilled } from "./rows/fill.ts";
import { describeLoss, type Loss } from "./rows/losses.ts";

export type Verdict = "proved" | "lossy" | "not proved" | "no down" | "cannot be proved";

export interface FileProof {
  readonly name: string;
  readonly verdict: Verdict;
  /** Data that is not as it was after up and down. */
  readonly losses: readonly Loss[];
  /** The same in words. */
  readonly lost: readonly string[];
  /** What is not as it was, one line an object; what failed. Empty for a proof. */
  readonly problems: readonly string[];
  /** Why there is nothing to prove, or why it cannot be proved here. */
  readonly reason: string | null;
  /** Tables that no row could be made for: their data was not tried. */
  readonly unfilled: readonly Unfilled[];
  /** Tables that had to be empty, because the up section fails where they have rows. */
  readonly emptied: readonly Unfilled[];
  /** Tables whose columns stand in another order afterwards: no difference of the schema, but one of `select *`. */
  readonly reordered: readonly string[];
}

export interface ChainProof {
  readonly verdict: "proved" | "not proved" | "cannot be proved";
  readonly problems: readonly string[];
  readonly reason: string | null;
}

const nothing = { losses: [], lost: [], problems: [], reason: null, unfilled: [], emptied: [], reordered: [] };

/** A proof with what is given, everything else empty. */
export function proof(name: string, verdict: Verdict, facts: Partial<Omit<FileProof, "name" | "verdict" | "lost">> = {}): FileProof {
  return { name, verdict, ...nothing, ...facts, lost: (facts.losses ?? []).map(describeLoss) };
}

export function lines(differences: readonly Difference[], when: string): string[] {
  return differences.map((difference) => `${when}: ${describeDifference(difference)}`);
}
