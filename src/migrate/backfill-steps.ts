/** Backfills as steps: of a statement below the directive, and of a script that exports `backfill`. */
import type { Session } from "../core/engine.ts";
import type { StewardError } from "../core/errors.ts";
import type { Progress } from "../core/events.ts";
import type { Step } from "../core/plan.ts";
import { type Backfill, type Chunk, type Observed, observe, type Reached, runBackfill } from "./backfill.ts";
import { updateTarget } from "./backfill-directive.ts";
import { asksForBackfill } from "./file.ts";
import { recordPartial, recordSettings, startClock } from "./history.ts";
import { explainScript, explainSql } from "./locate.ts";
import { loadScript } from "./script.ts";
import { rememberSettings } from "./settings.ts";
import {
  atomically,
  finalRecord,
  frameOf,
  located,
  type Part,
  stateOf,
  type StepSettings,
  titleOf,
  withoutLeaks,
  type Work,
} from "./work.ts";

/** Of a script, told without loading it. */
export const runsInChunks = ({ direction, section }: Work): boolean => direction === "up" && asksForBackfill(section.text);

export function backfillStep(part: Part, backfill: Backfill): Step {
  const { work, segment, title, record, index, hashes } = part;
  const [statement] = segment.statements;
  const { head, tail } = frameOf(part, recordSettings);
  const chunks = new Chunks(part, segment.hash, hashes.slice(0, index), record);
  return {
    title,
    object: work.file.name,
    sql: `-- in chunks of ${backfill.batch} rows of ${backfill.table}\n${segment.text.trim()}`,
    transaction: "none",
    async run(session, progress) {
      if (!statement) return;
      const target = updateTarget(statement, work.section.path);
      await chunks.run(session, backfill, progress, async (chunk, note) => {
        const results = await atomically(session, `${head}${target.within(chunk.within(target.alias))}${tail(note, observe)}`);
        return results.at(-2)?.rows[0] as Observed;
      });
    },
    explain: (error) => {
      const where = { ...located(work, segment), prefix: [...head].length, begun: 2 + segment.settings.length };
      return chunks.explain(explainSql(error, where, chunks.begun ? Math.max(1, index) : index));
    },
  };
}

export function scriptBackfillStep(work: Work, settings: StepSettings): Step {
  const { file } = work;
  const title = titleOf(work);
  const chunks = new Chunks({ work, settings, index: 0, title }, file.upHash, [], finalRecord(work));
  const { lockTimeoutMs, statementTimeoutMs } = settings;
  return {
    title,
    object: file.name,
    sql: `-- in chunks: up() of ${file.path}, sha256 ${file.hash.slice(0, 12)}`,
    transaction: "none",
    async run(session, progress) {
      const script = await loadScript(file, "up");
      await chunks.run(session, script.backfill as Backfill, progress, (chunk, note) =>
        session.transaction(async (tx) => {
          await tx.script(recordSettings(lockTimeoutMs, statementTimeoutMs, [rememberSettings(true)]));
          await script.run(tx, chunk);
          const results = await tx.script(`${withoutLeaks(note)} ${observe}`);
          return results.at(-1)?.rows[0] as Observed;
        }),
      );
    },
    explain: (error) => chunks.explain(explainScript(error, file, chunks.begun ? "some" : "nothing")),
  };
}

/** A step's chunks. It remembers how far they came: when a lock timeout has the step tried again, the plan is old. */
class Chunks {
  readonly #step: Pick<Part, "work" | "settings" | "title" | "index">;
  readonly #hash: string;
  readonly #done: readonly string[];
  readonly #final: string;
  #reached: Reached | undefined;

  /** `hash`: what was edited since begins anew. `done`: hashes of the file's steps before it. `final`: the record of the last chunk. */
  constructor(step: Pick<Part, "work" | "settings" | "title" | "index">, hash: string, done: readonly string[], final: string) {
    this.#step = step;
    this.#hash = hash;
    this.#done = done;
    this.#final = final;
    const [known, rows, ...key] = step.work.open === step.index ? (step.work.after ?? []) : [];
    if (known === hash) this.#reached = { rows: Number(rows), key };
  }

  get begun(): boolean {
    return this.#reached !== undefined;
  }

  async run(
    session: Session,
    backfill: Backfill,
    progress: Progress,
    work: (chunk: Chunk, record: string) => Promise<Observed>,
  ): Promise<void> {
    const { settings, title } = this.#step;
    await session.script(`select ${startClock}false)`);
    await runBackfill(session, {
      ...settings,
      backfill,
      path: this.#step.work.section.path,
      from: this.#reached,
      work: async (chunk) => {
        const seen = await work(chunk, this.#record(chunk.reached));
        this.#reached = chunk.reached ?? this.#reached;
        return seen;
      },
      progress,
      slower: (why) => settings.events({ type: "wait", message: `${title}: ${why}` }),
    });
  }

  #record(reached: Reached | undefined): string {
    if (!reached) return this.#final;
    const { work, index } = this.#step;
    return recordPartial(work.file, stateOf(work.direction), this.#done, index, [this.#hash, String(reached.rows), ...reached.key]);
  }

  /** What a failure leaves behind: the chunks before it. */
  explain(told: StewardError): StewardError {
    if (!this.begun) return told;
    const hint = "mend what failed and run again: the backfill goes on behind its last chunk";
    return Object.assign(told, { database: "partly changed", ...(told.code === "MIGRATE_FAILED_PARTLY" && { hint }) });
  }
}
