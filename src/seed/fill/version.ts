/**
 * What a seed means. Raised whenever any value changes: the same seed, table, column and row then make another value, and
 * `seed undo` could not compute again what an older version made. test/seed/fill/golden.test.ts guards it.
 */
export const generatorVersion = 1;
