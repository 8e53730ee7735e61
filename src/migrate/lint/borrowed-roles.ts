/**
 * Roles that a scratch database needs and its server has not. Roles live beside databases, and what lint executes is
 * committed: so that nobody ever meets them, they are committed under the name of a scratch database, which the next lint
 * clears away after a kill, and have their own name only inside a transaction.
 */
import { randomBytes } from "node:crypto";
import type { Session } from "../../core/engine.ts";
import { id } from "../../core/sql.ts";

const dayMs = 86_400_000;
const stale = /^pgsteward_scratch_(\d+)_[0-9a-f]{10}_\d+$/;

export class BorrowedRoles {
  readonly #prefix: string;
  /** Own name → name between transactions. */
  readonly #names = new Map<string, string>();

  constructor(now: number) {
    this.#prefix = `pgsteward_scratch_${Math.floor(now / dayMs)}_${randomBytes(5).toString("hex")}`;
  }

  add(names: readonly string[]): void {
    for (const name of names) this.#names.set(name, `${this.#prefix}_${this.#names.size}`);
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** Statements that begin a transaction: they have their own names in it. */
  take(): string {
    return this.#rename(([own, other]) => [other, own]);
  }

  /** Statements that end it. */
  giveBack(): string {
    return this.#rename(([own, other]) => [own, other]);
  }

  #rename(pair: (entry: [string, string]) => [string, string]): string {
    // In one order everywhere: two lints on one server wait for each other instead of deadlocking.
    const entries = [...this.#names].sort(([a], [b]) => (a < b ? -1 : 1));
    return entries
      .map((entry) => pair(entry).map((name) => id(name).text))
      .map(([from, to]) => `alter role ${from} rename to ${to};`)
      .join(" ");
  }

  /** Drops them with everything in this database that knows them. Where that is too much for one transaction, the next lint does it. */
  async drop(session: Session): Promise<void> {
    const names = [...this.#names.values()].map((name) => id(name).text).join(", ");
    if (names !== "")
      await session.script(`begin; drop owned by ${names} cascade; drop role ${names}; commit`).catch(() => session.script("rollback"));
  }
}

/** Drops what killed runs left behind, the day after tomorrow at the latest. */
export async function dropStaleRoles(session: Session, now: number): Promise<void> {
  const { rows } = await session.query<{ name: string }>(
    "select rolname as name from pg_catalog.pg_roles where rolname like 'pgsteward\\_scratch\\_%'",
  );
  const old = rows.filter(({ name }) => Number(stale.exec(name)?.[1] ?? Infinity) < Math.floor(now / dayMs) - 1);
  for (const { name } of old) await session.script(`drop role ${id(name).text}`).catch(() => undefined);
}
