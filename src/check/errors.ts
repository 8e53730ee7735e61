/** Every failure of the check room. docs/errors.md is generated from this table. */

export const checkErrors = {} as const;
