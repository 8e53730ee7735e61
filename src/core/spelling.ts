/** The known word nearest to a mistyped one, or undefined when none is near (more than a third of it is wrong). */
export function closest(word: string, known: readonly string[]): string | undefined {
  const ranked = known.map((name) => [editDistance(word.toLowerCase(), name.toLowerCase()), name] as const).sort(([a], [b]) => a - b);
  const best = ranked[0];
  return best && best[0] <= Math.max(1, Math.floor(best[1].length / 3)) ? best[1] : undefined;
}

/** Levenshtein distance, with a swap of neighbours counted as one edit (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows: number[][] = Array.from({ length: a.length + 1 }, (_, i) => [i]);
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let j = 0; j <= b.length; j++) (rows[0] as number[])[j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY;
      (rows[i] as number[])[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1), swap);
    }
  }
  return at(a.length, b.length);
}
