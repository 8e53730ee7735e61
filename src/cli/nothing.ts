/** What is said where there was nothing to do: the usual answer of a deploy, printed without the rest of the views. */
export const nothing: Readonly<Record<string, string>> = {
  "migrate up": "nothing to apply: the database is up to date",
  "migrate down": "nothing to undo",
  "migrate rollback": "nothing to undo",
  "migrate to": "nothing to do: the database is there already",
  "migrate repair": "nothing to repair",
  "migrate baseline": "nothing to record",
  "seed run": "nothing to seed",
  "seed undo": "nothing to undo",
  "seed reset": "nothing to empty: there is no table",
  "seed mark": "it says so already",
};
