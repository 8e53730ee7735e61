/** PostgreSQL's table locks, and whom each one stops. */

/** Weakest first. */
export const lockModes = [
  "AccessShare",
  "RowShare",
  "RowExclusive",
  "ShareUpdateExclusive",
  "Share",
  "ShareRowExclusive",
  "Exclusive",
  "AccessExclusive",
] as const;

export type LockMode = (typeof lockModes)[number];

const rank = (mode: LockMode): number => lockModes.indexOf(mode);

export function strongest(modes: readonly LockMode[]): LockMode | undefined {
  return modes.toSorted((a, b) => rank(b) - rank(a))[0];
}

/** INSERT, UPDATE and DELETE have to wait. */
export function stopsWrites(mode: LockMode): boolean {
  return rank(mode) >= rank("Share");
}

/** SELECT has to wait too. */
export function stopsReads(mode: LockMode): boolean {
  return mode === "AccessExclusive";
}

export function isStronger(a: LockMode, b: LockMode): boolean {
  return rank(a) > rank(b);
}

/** As the manual spells it: ACCESS EXCLUSIVE. */
export function spelled(mode: LockMode): string {
  return mode.replace(/(?!^)(?=[A-Z])/g, " ").toUpperCase();
}
