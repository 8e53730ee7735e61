/** One check of the conformance suite. */
import type { Abilities, Engine, Session } from "../../src/core/engine.ts";

export interface Check {
  readonly name: string;
  /** Runs only where the engine has this ability; `several` stands for more than one session. */
  readonly needs?: keyof Abilities | "several";
  readonly run: (engine: Engine) => Promise<void>;
}

/** A check on one session of its own. */
export function onSession(name: string, run: (session: Session, engine: Engine) => Promise<void>, needs?: Check["needs"]): Check {
  return { name, ...(needs && { needs }), run: (engine) => withSession(engine, (session) => run(session, engine)) };
}

export async function withSession<T>(engine: Engine, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await engine.session({ room: "conformance" });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
