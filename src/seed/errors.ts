/** Every failure of the seed room. docs/errors.md is generated from this table. */

export const seedErrors = {} as const;
