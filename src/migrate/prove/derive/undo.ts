/** A piece of the way back from one schema to another. */
export interface Undo {
  /** One statement, or several that belong together, each but the last with its semicolon. */
  readonly sql: string;
  /** What it is about: `table public.users`, `policy public.users.tenant`. */
  readonly object: string;
  /** What the object is a part of: where one of these is dropped later, this is not needed. */
  readonly within?: readonly string[];
  readonly drops?: true;
  /** It makes the object: where that is dropped later, neither is needed. */
  readonly makes?: true;
  /** Data that it cannot bring back. */
  readonly lossy?: string;
}
