/**
 * A session on which long statements are prepared at their first run. An experiment reads the catalog five times and more, always
 * with the same statements, and planning them takes two thirds of the time (measured: 30 ms instead of 95 ms a catalog).
 */
import type { Row, Rows, Session } from "../../core/engine.ts";
import { sqlstate } from "../../core/errors.ts";
import { splitStatements } from "../../core/sql-text.ts";

const prepared = new WeakMap<Session, Map<string, string>>();
const split = new Map<string, readonly string[]>();

/** Only what reading a catalog needs: `query` and `script`, inside a transaction. Prepared statements outlive a rollback, and end with the session. */
export function preparing(session: Session): Session {
  const names = prepared.get(session) ?? new Map<string, string>();
  prepared.set(session, names);
  const script = (text: string): Promise<Rows<Row>[]> => run(session, names, text);
  return { query: session.query.bind(session), script } as Partial<Session> as Session;
}

async function run(session: Session, names: Map<string, string>, text: string): Promise<Rows<Row>[]> {
  const statements = split.get(text) ?? splitStatements(text).map((statement) => statement.text);
  split.set(text, statements);
  await session.script("savepoint pgsteward_read");
  try {
    await prepare(session, names, statements);
    const short = statements.map((statement) => (names.has(statement) ? `execute ${names.get(statement)}` : statement)).join(";\n");
    return (await session.script(`${short};\nrelease savepoint pgsteward_read`)).slice(0, -1);
  } catch (error) {
    // A migration may say DEALLOCATE ALL; behind a pooler the names may be somebody else's.
    if (!["26000", "42P05"].includes(sqlstate(error) ?? "")) throw error;
    await session.script("rollback to savepoint pgsteward_read; release savepoint pgsteward_read");
    names.clear();
    return session.script(text);
  }
}

async function prepare(session: Session, names: Map<string, string>, statements: readonly string[]): Promise<void> {
  const fresh = statements.filter((statement) => statement.length > 400 && /^select\b/i.test(statement) && !names.has(statement));
  const named = fresh.map((statement, i) => [statement, `pgsteward_${names.size + i}`] as const);
  if (named.length > 0) await session.script(named.map(([statement, name]) => `prepare ${name} as ${statement}`).join(";\n"));
  for (const [statement, name] of named) names.set(statement, name);
}
